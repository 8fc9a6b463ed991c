/** Where files, jobs, batches and adapters are kept: a folder in Node, memory in a browser. Paths are relative, with "/". */
export interface State {
  read(path: string): Promise<Uint8Array | undefined>;
  /** Replaces the whole file; a reader sees the old or the new one, never half of it. */
  write(path: string, data: string | Uint8Array): Promise<void>;
  append(path: string, text: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Names in a folder, sorted; none where there is no such folder. */
  list(folder: string): Promise<string[]>;
  /** What an engine is given as the place of a file or folder. */
  location(path: string): string;
  /** Takes a piece of work for this process; returns how to let go, or undefined while another process has it. */
  claim(name: string): Promise<(() => Promise<void>) | undefined>;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** State that lasts as long as the page or process. */
export function memoryState(): State {
  const files = new Map<string, Uint8Array>();
  const claims = new Set<string>();
  const bytes = (data: string | Uint8Array) => (typeof data === "string" ? encoder.encode(data) : data);
  return {
    read: async (path) => files.get(path),
    write: async (path, data) => void files.set(path, bytes(data)),
    async append(path, text) {
      files.set(path, bytes(decoder.decode(files.get(path) ?? new Uint8Array()) + text));
    },
    async remove(path) {
      for (const key of [...files.keys()]) if (key === path || key.startsWith(path + "/")) files.delete(key);
    },
    async list(folder) {
      const names = [...files.keys()].filter((key) => key.startsWith(folder + "/"));
      return [...new Set(names.map((key) => key.slice(folder.length + 1).split("/")[0]!))].sort();
    },
    location: (path) => `memory:${path}`,
    async claim(name) {
      if (claims.has(name)) return undefined;
      claims.add(name);
      return async () => void claims.delete(name);
    },
  };
}

export async function readJson<T>(state: State, path: string): Promise<T | undefined> {
  const data = await state.read(path);
  return data && (JSON.parse(decoder.decode(data)) as T);
}

export async function readLines<T>(state: State, path: string): Promise<T[]> {
  const data = await state.read(path);
  if (!data) return [];
  const lines = decoder.decode(data).split("\n");
  // A line cut short by a crash is the last one; it was never acknowledged.
  const tail = lines.pop();
  const parsed = lines.filter(Boolean).map((line) => JSON.parse(line) as T);
  if (tail) {
    try {
      parsed.push(JSON.parse(tail) as T);
    } catch {
      /* torn */
    }
  }
  return parsed;
}

/** Ids as OpenAI writes them: a prefix and 24 letters and digits. */
export function newId(prefix: string): string {
  const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
  const random = crypto.getRandomValues(new Uint8Array(24));
  return prefix + Array.from(random, (b) => alphabet[b % alphabet.length]).join("");
}

export const seconds = () => Math.floor(Date.now() / 1000);
