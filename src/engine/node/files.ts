/** Model folders and adapters on disk. */
import { mkdir, open, readdir, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { EngineError } from "../errors.js";
import type { FileSystem } from "../files.js";

const missing = (error: unknown) => ["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? "");

export function diskFiles(): FileSystem {
  return {
    async read(path) {
      try {
        return await readFile(path);
      } catch (error) {
        if (missing(error)) return undefined;
        throw diskError(path, "read", error);
      }
    },
    async open(path) {
      try {
        const found = await stat(path);
        if (found.isDirectory()) throw new Error("it is a folder");
        const { size } = found;
        return {
          name: path,
          size,
          async read(offset, length) {
            const file = await open(path);
            try {
              const bytes = new Uint8Array(length);
              for (let done = 0; done < length;) {
                const { bytesRead } = await file.read(bytes, done, Math.min(length - done, 1 << 30), offset + done);
                if (!bytesRead) throw new EngineError("bad_file", `${path} ends too early (truncated)`, { file: path });
                done += bytesRead;
              }
              return bytes;
            } finally {
              await file.close();
            }
          },
        };
      } catch (error) {
        if (missing(error)) return undefined;
        throw diskError(path, "read", error);
      }
    },
    async write(path, bytes) {
      const part = `${path}.part-${process.pid}`;
      try {
        await mkdir(dirname(path), { recursive: true });
        const file = await open(part, "w");
        try {
          for (const part of bytes instanceof Uint8Array ? [bytes] : bytes) await file.writeFile(part);
          await file.sync();
        } finally {
          await file.close();
        }
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true }).catch(() => {});
        throw diskError(path, "write", error);
      }
    },
    async version(path) {
      try {
        const { mtimeMs, size } = await stat(path);
        return `${mtimeMs}-${size}`;
      } catch {
        return undefined;
      }
    },
    async list(folder) {
      try {
        return (await readdir(folder)).sort();
      } catch (error) {
        if (missing(error)) return [];
        throw diskError(folder, "read", error);
      }
    },
    async remove(path) {
      await rm(path, { recursive: true, force: true });
      // Parts of a write that a kill interrupted.
      const name = `${basename(path)}.part-`;
      for (const entry of await readdir(dirname(path)).catch(() => []))
        if (entry.startsWith(name)) await rm(join(dirname(path), entry), { force: true });
    },
    // Of a folder that is not there yet, the part that is: links lead there too.
    async canonical(path) {
      let there = resolve(path),
        rest = "";
      for (;;)
        try {
          return join(await realpath(there), rest);
        } catch {
          if (dirname(there) === there) return resolve(path);
          rest = join(basename(there), rest);
          there = dirname(there);
        }
    },
  };
}

/** An error of the file system as one that says the file and what to do. */
export function diskError(path: string, action: "read" | "write", cause: unknown): Error {
  if (cause instanceof EngineError) return cause;
  const { code, message } = cause as NodeJS.ErrnoException;
  const why =
    code === "ENOSPC"
      ? "the disk is full. Free some space and start again; what was written before is whole"
      : code === "EACCES" || code === "EPERM"
        ? "permission denied"
        : message;
  return new EngineError("disk", `cannot ${action} ${path}: ${why}`, { file: path }, { cause });
}
