/** State in a folder. */
import { appendFile, mkdir, open, readdir, readFile, rename, rm } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import type { State } from "../state.js";
import { diskError } from "../../node/files.js";
import { takeLock } from "./lock.js";

export function folderState(folder: string): State {
  const root = resolve(folder);
  // Ids come from outside: none may lead out of the folder. ":" is not allowed in Windows file names.
  const at = (path: string) => {
    const full = resolve(root, path.replaceAll(":", "%3A"));
    if (full !== root && !full.startsWith(root + sep)) throw new Error(`path ${path} leaves the state folder`);
    return full;
  };
  const absent = (error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  };
  let written = 0;
  return {
    read: (path) => readFile(at(path)).catch(absent),
    async write(path, data) {
      const target = at(path);
      const temporary = `${target}.${process.pid}.${++written}.tmp`;
      try {
        await mkdir(dirname(target), { recursive: true });
        const file = await open(temporary, "w", 0o600);
        try {
          await file.writeFile(data);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(temporary, target);
      } catch (error) {
        await rm(temporary, { force: true }).catch(() => undefined);
        throw diskError(target, "write", error);
      }
    },
    async append(path, text) {
      try {
        await mkdir(dirname(at(path)), { recursive: true });
        await appendFile(at(path), text, { mode: 0o600 });
      } catch (error) {
        throw diskError(at(path), "write", error);
      }
    },
    remove: (path) => rm(at(path), { recursive: true, force: true }),
    async list(path) {
      const names = await readdir(at(path)).catch(absent);
      return (names ?? [])
        .filter((name) => !name.endsWith(".tmp"))
        .map((name) => name.replaceAll("%3A", ":"))
        .sort();
    },
    location: at,
    async claim(name) {
      const lock = takeLock(join(root, "locks", `${name.replaceAll(/[^\w-]/g, "_")}.lock`));
      return "release" in lock ? async () => lock.release() : undefined;
    },
  };
}
