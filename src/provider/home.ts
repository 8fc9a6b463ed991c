/** The embedded provider's place: which models, and where files, jobs, adapters and the registry are kept. */
import { createHandler, memoryState, type Handler, type ModelHost, type State } from "../engine/openai/index.js";

/** What a platform brings: Node has folders and native code, a browser memory and WebAssembly. */
export interface Platform {
  /** The place used where no `home` is named. */
  defaultHome(): string;
  state(home: string): State;
  models(home: string): ModelHost;
  env(name: string): string | undefined;
}

export interface Home {
  name: string;
  state: State;
  models: ModelHost;
  handler: Handler;
}

const nothing: ModelHost = {
  list: async () => [],
  find: async () => undefined,
  open: async (id) => {
    throw new Error(
      `model ${id} cannot be opened: no engine is attached here; import "proband/provider", or usePlatform(…)`,
    );
  },
};

let platform: Platform = {
  defaultHome: () => "memory",
  state: () => memoryState(),
  models: () => nothing,
  env: () => undefined,
};

const homes = new Map<string, Home>();

/** Chooses the platform; Node's adapter does so when it is imported. */
export function usePlatform(next: Platform): void {
  platform = next;
}

/** The home of this name, opened once a process. */
export function openHome(name = platform.defaultHome()): Home {
  let home = homes.get(name);
  if (!home) {
    const state = platform.state(name);
    const models = platform.models(name);
    home = { name, state, models, handler: createHandler({ models, state }) };
    homes.set(name, home);
  }
  return home;
}

export const environment = (name: string): string | undefined => platform.env(name) || undefined;
