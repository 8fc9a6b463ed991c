/** Where models and adapters lie: a disk, or memory in a browser. Paths use "/". */
import { inMemory, joined, type ByteSource } from "./safetensors.js";

export interface FileSystem {
  /** A file's bytes; undefined where there is none. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Random access to a file, for weights that are read tensor by tensor. */
  open(path: string): Promise<ByteSource | undefined>;
  /** Writes a whole file or nothing: a crash leaves the old one. The bytes in one array, or in pieces. */
  write(path: string, bytes: Uint8Array | Iterable<Uint8Array>): Promise<void>;
  /** Changes when the file does. */
  version(path: string): Promise<string | undefined>;
  list(folder: string): Promise<string[]>;
  remove(path: string): Promise<void>;
  /** One name for a place however it is written, whether or not something is there. */
  canonical(path: string): Promise<string>;
}

/** Files in memory. */
export function memoryFiles(initial: Record<string, Uint8Array> = {}): FileSystem {
  const files = new Map(Object.entries(initial).map(([path, bytes]) => [path, { bytes, version: 0 }]));
  let versions = 0;
  return {
    read: async (path) => files.get(path)?.bytes,
    open: async (path) => {
      const file = files.get(path);
      return file && inMemory(path, file.bytes);
    },
    write: async (path, bytes) =>
      void files.set(path, { bytes: bytes instanceof Uint8Array ? bytes : joined(bytes), version: ++versions }),
    version: async (path) => files.get(path)?.version.toString(),
    list: async (folder) =>
      [...files.keys()].filter((p) => p.startsWith(folder + "/")).map((p) => p.slice(folder.length + 1)),
    remove: async (path) => {
      for (const key of files.keys()) if (key === path || key.startsWith(path + "/")) files.delete(key);
    },
    // Paths in memory are names: "a/" and "./a" are "a".
    canonical: async (path) =>
      path
        .split("/")
        .filter((part) => part && part !== ".")
        .join("/"),
  };
}

export async function readText(files: FileSystem, path: string): Promise<string | undefined> {
  const bytes = await files.read(path);
  return bytes && new TextDecoder().decode(bytes);
}

export const writeText = (files: FileSystem, path: string, text: string) =>
  files.write(path, new TextEncoder().encode(text));
