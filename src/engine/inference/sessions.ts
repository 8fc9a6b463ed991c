/** Compiled graphs and weights of one opened model, for scoring and generation. */
import { createLayout } from "../model/batch.js";
import type { ModelConfig } from "../model/config.js";
import { logitsGraph, scoringGraph, type Compiled } from "../model/heads.js";
import { layerLinears, loraNames, loraScale, type LoraShape } from "../model/parameters.js";
import type { Weights } from "../model/weights.js";
import { floats, type InferenceSession, type Runtime, type Tensor } from "../runtime.js";

/** Weights that stand in for the base's: an adapter, or a fully finetuned model. */
export interface Adapter {
  lora: LoraShape | null;
  weights: Weights;
}

export interface Network {
  config: ModelConfig;
  layout: ReturnType<typeof createLayout>;
  /** Runs the scoring or the generating graph. */
  run(feeds: Record<string, Tensor>, outputs?: string[]): Promise<Record<string, Tensor>>;
}

export interface Networks {
  scoring(adapter?: Adapter): Promise<Network>;
  logits(adapter?: Adapter): Promise<Network>;
  forget(adapter: Adapter): void;
  release(): Promise<void>;
}

/** Below this many elements an adapter is merged into a copy of the weights; above, it is computed beside them. */
const mergeLimit = 64e6;

export function createNetworks(runtime: Runtime, config: ModelConfig, base: Weights): Networks {
  const layout = createLayout(runtime, config);
  const sessions = new Map<string, Promise<{ session: InferenceSession; compiled: Compiled }>>();
  const feeds = new Map<Adapter | undefined, Record<string, Tensor>>();
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

  async function network(kind: "scoring" | "logits", adapter?: Adapter): Promise<Network> {
    const lora = adapter?.lora && !merging ? adapter.lora : undefined;
    const { session, compiled } = await compile(kind, lora);
    let weights = feeds.get(adapter);
    if (!weights) {
      const own: Weights | undefined =
        adapter && (lora || !adapter.lora ? adapter.weights : merged(config, base, adapter));
      weights = {};
      for (const { parameter } of compiled.parameters) {
        const { data } = own?.get(parameter.name) ?? base.get(parameter.name)!;
        weights[parameter.name] = floats(runtime, data, parameter.shape);
      }
      feeds.set(adapter, weights);
    }
    return {
      config,
      layout,
      run: async (inputs, outputs) =>
        (await (outputs
          ? session.run({ ...weights, ...inputs }, outputs)
          : session.run({ ...weights, ...inputs }))) as Record<string, Tensor>,
    };
  }

  return {
    scoring: (adapter) => network("scoring", adapter),
    logits: (adapter) => network("logits", adapter),
    forget: (adapter) => void feeds.delete(adapter),
    async release() {
      for (const made of sessions.values()) await (await made).session.release();
    },
  };
}

/** The weights that an adapter changes, with its change added: W + scale · B · A. */
export function merged(config: ModelConfig, base: Weights, adapter: Adapter): Weights {
  if (!adapter.lora) return adapter.weights;
  const out: Weights = new Map();
  const scale = loraScale(adapter.lora),
    { rank } = adapter.lora;
  for (let l = 0; l < config.layers; l++)
    for (const linear of Object.values(layerLinears(config, l))) {
      const names = loraNames(linear);
      const a = adapter.weights.get(names.a)?.data,
        b = adapter.weights.get(names.b)?.data;
      if (!a || !b) continue;
      const name = `${linear.name}.weight`;
      const { shape, data } = base.get(name)!;
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
