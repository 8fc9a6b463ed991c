/**
 * The embedded provider in a page: the built-in model, finetuned models and ledgers travel inside the page as files, and
 * the engine runs on WebAssembly in the page's own worker. What is recorded is found, as after a restart; what is not is
 * computed.
 */
import { createEngine } from "../engine/engine.js";
import type { FileSystem } from "../engine/files.js";
import { memoryFiles } from "../engine/files.js";
import type { ModelCard, ModelHost, State } from "../engine/openai/index.js";
import type { Runtime } from "../engine/runtime.js";
import type { Engine } from "../engine/types.js";
import { usePlatform } from "./home.js";

export interface PageSetup {
  /** `models/NAME/…` are model folders, `state/…` what a home folder holds. */
  files: Record<string, Uint8Array>;
  /** Starts the WebAssembly runtime; called when the first model is opened. */
  runtime(): Promise<Runtime>;
}

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Makes the embedded provider work from these files. */
export function usePageModels(setup: PageSetup): void {
  const files = memoryFiles(setup.files);
  const state = stateOver(files);
  const names = [
    ...new Set(Object.keys(setup.files).flatMap((f) => /^models\/([^/]+)\/config\.json$/.exec(f)?.[1] ?? [])),
  ];
  const card = async (id: string): Promise<ModelCard> => {
    const said = await files.read(`models/${id}/proband.json`);
    return { ...(said ? (JSON.parse(decoder.decode(said)) as object) : {}), id, created: 0 };
  };
  let runtime: Promise<Runtime> | undefined;
  const engines = new Map<string, Promise<Engine>>();
  const models: ModelHost = {
    list: () => Promise.all(names.map(card)),
    find: async (id) => (names.includes(id) ? card(id) : undefined),
    open(id) {
      if (!names.includes(id))
        throw new Error(`the model ${id} is not in this page; in it: ${names.join(", ") || "none"}`);
      let engine = engines.get(id);
      const replay = setup.files[`models/${id}/replay.json`];
      if (replay) return Promise.resolve(replayed(JSON.parse(decoder.decode(replay)) as object));
      if (!engine) {
        runtime ??= setup.runtime();
        engine = runtime.then((r) => createEngine(r, files, `models/${id}`));
        engine.catch(() => engines.delete(id));
        engines.set(id, engine);
      }
      return engine;
    },
  };
  usePlatform({ defaultHome: () => "page", state: () => state, models: () => models, env: () => undefined });
}

/** What is known of a model whose weights are not in the page: enough to find what was recorded, not to compute. */
function replayed(facts: object): Engine {
  const refuse = () => {
    throw new Error(
      "the engine is not in this page: it was exported without it, and this was not recorded. The published output stays",
    );
  };
  return new Proxy(facts, {
    get: (known, name) => (name === "then" ? undefined : name in known ? known[name as never] : refuse),
  }) as Engine;
}

/** What a home folder offers, over files in memory. */
function stateOver(files: FileSystem): State {
  // Names with ":" are written both ways: as they are, and escaped where a file system refuses them.
  const at = (path: string) => `state/${path.replaceAll("%3A", ":")}`;
  const bytes = (data: string | Uint8Array) => (typeof data === "string" ? encoder.encode(data) : data);
  const claims = new Set<string>();
  return {
    read: (path) => files.read(at(path)),
    write: (path, data) => files.write(at(path), bytes(data)),
    async append(path, text) {
      const before = (await files.read(at(path))) ?? new Uint8Array();
      const added = encoder.encode(text);
      const all = new Uint8Array(before.length + added.length);
      all.set(before);
      all.set(added, before.length);
      await files.write(at(path), all);
    },
    remove: (path) => files.remove(at(path)),
    list: async (folder) => [...new Set((await files.list(at(folder))).map((name) => name.split("/")[0]!))].sort(),
    location: at,
    async claim(name) {
      if (claims.has(name)) return undefined;
      claims.add(name);
      return async () => void claims.delete(name);
    },
  };
}
