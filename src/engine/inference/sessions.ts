/** Compiled graphs and weights of one opened model, for scoring and generation. */
import { createLayout } from "../model/batch.js";
import type { ModelConfig } from "../model/config.js";
import { logitsGraph, scoringGraph, type Compiled } from "../model/heads.js";
import { adaptableLinears, loraNames, loraScale, type LoraShape } from "../model/parameters.js";
import type { Weights } from "../model/weights.js";
import { createPool, createPrefixCache, type PrefixCache } from "./prefix-cache.js";
import { floats, type InferenceSession, type Runtime, type Tensor } from "../runtime.js";

/** Weights that stand in for the base's: an adapter, or a fully finetuned model. */
export interface Adapter {
  lora: LoraShape | null;
  weights: Weights;
}

export interface Network {
  config: ModelConfig;
  layout: ReturnType<typeof createLayout>;
  /** Keys and values of earlier prompts under these weights. */
  cache: PrefixCache;
  /** Runs the scoring or the generating graph. */
  run(feeds: Record<string, Tensor>): Promise<Record<string, Tensor>>;
}

export interface Networks {
  scoring(adapter?: Adapter): Promise<Network>;
  logits(adapter?: Adapter): Promise<Network>;
  forget(adapter: Adapter): void;
  release(): Promise<void>;
}

export interface NetworkOptions {
  /** Default 64 million. */
  mergeLimit?: number;
  /** Bytes for keys and values of earlier prompts. Default 256 MB. */
  cacheBytes?: number;
}

export function createNetworks(
  runtime: Runtime,
  config: ModelConfig,
  base: Weights,
  options: NetworkOptions = {},
): Networks {
  const { mergeLimit = 64e6, cacheBytes = 256e6 } = options;
  const pool = createPool(cacheBytes);
  const layout = createLayout(runtime, config);
  const sessions = new Map<string, Promise<{ session: InferenceSession; compiled: Compiled }>>();
  const known = new Map<Adapter | undefined, { feeds: Record<string, Tensor>; cache: PrefixCache }>();
  const networks = new Map<string, Map<Adapter | undefined, Network>>([
    ["scoring", new Map()],
    ["logits", new Map()],
  ]);
  let size = 0;
  for (const { data } of base.values()) size += data.length;
  const merging = size < mergeLimit;

  function compile(kind: "scoring" | "logits", lora: LoraShape | undefined) {
    const key = JSON.stringify([kind, lora]);
    let made = sessions.get(key);
    if (!made) {
      const compiled = (kind === "scoring" ? scoringGraph : logitsGraph)(config, { lora, cache: true });
      made = runtime.ort.InferenceSession.create(compiled.model, runtime.session).then((session) => ({
        session,
        compiled,
      }));
      sessions.set(key, made);
    }
    return made;
  }

  function weightsOf(adapter: Adapter | undefined, compiled: Compiled, beside: boolean) {
    let entry = known.get(adapter);
    if (!entry) {
      const own = adapter && (beside || !adapter.lora ? adapter.weights : merged(config, base, adapter));
      const feeds: Record<string, Tensor> = {};
      for (const { parameter } of compiled.parameters) {
        const { data } = own?.get(parameter.name) ?? base.get(parameter.name)!;
        feeds[parameter.name] = floats(runtime, data, parameter.shape);
      }
      entry = { feeds, cache: createPrefixCache(runtime, config, pool) };
      known.set(adapter, entry);
    }
    return entry;
  }

  async function network(kind: "scoring" | "logits", adapter?: Adapter): Promise<Network> {
    const made = networks.get(kind)!.get(adapter);
    if (made) return made;
    const lora = adapter?.lora && !merging ? adapter.lora : undefined;
    const { session, compiled } = await compile(kind, lora);
    const { feeds, cache } = weightsOf(adapter, compiled, Boolean(lora));
    const network: Network = {
      config,
      layout,
      cache,
      run: async (inputs) => (await session.run({ ...feeds, ...inputs })) as Record<string, Tensor>,
    };
    // Two calls may have compiled at once; the queue tells networks apart by identity.
    const first = networks.get(kind)!.get(adapter);
    if (!first) networks.get(kind)!.set(adapter, network);
    return first ?? network;
  }

  return {
    scoring: (adapter) => network("scoring", adapter),
    logits: (adapter) => network("logits", adapter),
    forget(adapter) {
      known.get(adapter)?.cache.clear();
      known.delete(adapter);
      for (const list of networks.values()) list.delete(adapter);
    },
    async release() {
      for (const made of sessions.values()) await (await made).session.release();
    },
  };
}

/** The weights that an adapter changes, with its change added: W + scale · B · A; and those it replaces. */
export function merged(config: ModelConfig, base: Weights, adapter: Adapter): Weights {
  if (!adapter.lora) return adapter.weights;
  // Those it replaces first: peft saves an adapted head with the adapter, and then adds to that one.
  const out: Weights = new Map([...adapter.weights].filter(([name]) => base.has(name)));
  const scale = loraScale(adapter.lora),
    { rank } = adapter.lora;
  for (const linear of adaptableLinears(config)) {
    const names = loraNames(linear);
    const a = adapter.weights.get(names.a)?.data,
      b = adapter.weights.get(names.b)?.data;
    if (!a || !b) continue;
    const name = `${linear.name}.weight`;
    const { shape, data } = out.get(name) ?? base.get(name)!;
    const w = data.slice();
    for (let o = 0; o < linear.out; o++)
      for (let r = 0; r < rank; r++) {
        const factor = scale * b[o * rank + r]!;
        if (factor === 0) continue;
        const from = r * linear.in,
          to = o * linear.in;
        for (let i = 0; i < linear.in; i++) w[to + i]! += factor * a[from + i]!;
      }
    out.set(name, { name, shape, data: w });
  }
  return out;
}
