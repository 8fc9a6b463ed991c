import { readFileSync, watch } from "node:fs";
import { basename, dirname, resolve } from "node:path";

/** Reads a module and says when it is saved. The folder is watched, since editors replace files. */
export function watchSource(file: string, changed: (source: string) => void) {
  const path = resolve(file);
  let source = readFileSync(path, "utf8");
  let timer: ReturnType<typeof setTimeout> | undefined;
  const watcher = watch(dirname(path), { persistent: false }, (_event, name) => {
    if (name !== null && name !== basename(path)) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      try {
        const now = readFileSync(path, "utf8");
        // Empty for a moment while it is being written.
        if (now.trim() && now !== source) changed((source = now));
      } catch {
        // Gone for a moment, or for good: what is shown stays.
      }
    }, 30);
  });
  return { source, stop: () => watcher.close() };
}
