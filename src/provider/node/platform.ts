/** The embedded provider on Node: models from folders, state in a folder, native runtime in a worker. */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { DeviceSettings } from "../../engine/node/settings.js";
import type { Engine } from "../../engine/types.js";
import type { ModelCard, ModelHost } from "../../engine/openai/index.js";
import { folderState } from "../../engine/openai/node/state.js";
import type { Platform } from "../home.js";

const builtIn = fileURLToPath(new URL("../../../data/base-model", import.meta.url));

/** The folder a model id names: the built-in model, or a folder of one's own with config.json. */
function folderOf(id: string): string | undefined {
  if (id === "proband-base") return existsSync(join(builtIn, "config.json")) ? builtIn : undefined;
  const folder = resolve(id);
  return existsSync(join(folder, "config.json")) ? folder : undefined;
}

function cardOf(id: string, folder: string): ModelCard {
  const path = join(folder, "proband.json");
  const created = Math.floor(statSync(join(folder, "config.json")).mtimeMs / 1000);
  if (!existsSync(path)) return { id, created };
  let said: object;
  try {
    said = JSON.parse(readFileSync(path, "utf8")) as object;
  } catch (error) {
    throw new Error(`${path} is not valid JSON: ${(error as Error).message}`, { cause: error });
  }
  return { ...said, id, created };
}

const engines = new Map<string, Promise<Engine>>();

/** Models of this machine. `only` restricts to these ids (a server opens no folder a client names); `device` as openModel's. */
export function folderModels(only?: readonly string[], device: DeviceSettings = {}): ModelHost {
  const allowed = (id: string) => !only || only.includes(id);
  return {
    async list() {
      const ids = only ?? ["proband-base"];
      return ids.flatMap((id) => {
        const folder = folderOf(id);
        return folder ? [cardOf(id, folder)] : [];
      });
    },
    async find(id) {
      const folder = allowed(id) ? folderOf(id) : undefined;
      return folder === undefined ? undefined : cardOf(id, folder);
    },
    open(id) {
      const folder = folderOf(id);
      if (!folder) throw new Error(`no model folder for ${id}`);
      let engine = engines.get(folder);
      if (!engine) {
        engine = import("../../engine/node/index.js").then(({ openModel }) => openModel(folder, device));
        engine.catch(() => engines.delete(folder));
        engines.set(folder, engine);
      }
      return engine;
    },
  };
}

export const nodePlatform: Platform = {
  defaultHome: () => resolve(process.env["PROBAND_HOME"] ?? ".proband"),
  state: (home) => folderState(home),
  models: () => folderModels(),
  env: (name) => process.env[name],
};

/** Ends the workers of opened models, so that a program can end. */
export async function closeModels(): Promise<void> {
  const open = [...engines.values()];
  engines.clear();
  for (const engine of open)
    await engine.then(
      (e) => e.close(),
      () => undefined,
    );
}
