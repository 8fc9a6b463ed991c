/** Reads a Hugging Face `config.json` of a Llama-family model. */
import { EngineError } from "../errors.js";

export interface ModelConfig {
  architecture: "llama" | "qwen2";
  hiddenSize: number;
  layers: number;
  heads: number;
  keyValueHeads: number;
  headSize: number;
  intermediateSize: number;
  vocabularySize: number;
  normEpsilon: number;
  /** Output head shares the embedding's weight. */
  tied: boolean;
  /** Biases on q, k, v (Qwen2, or Llama's attention_bias), on o, and in the MLP. */
  bias: { qkv: boolean; o: boolean; mlp: boolean };
  rope: Rope;
  contextLength: number;
  /** End-of-text tokens that config.json (or generation_config.json) names. */
  eosTokens: number[];
}

export type Rope = { theta: number } & (
  | { type: "default" }
  | { type: "linear"; factor: number }
  | { type: "dynamic"; factor: number; original: number }
  | { type: "llama3"; factor: number; low: number; high: number; original: number }
);

type Json = Record<string, unknown>;

const supported =
  "LlamaForCausalLM (Llama, SmolLM2, TinyLlama …), Qwen2ForCausalLM (Qwen2, Qwen2.5), MistralForCausalLM";

/** Parses config.json. `file` names it in errors. */
export function parseConfig(text: string, file = "config.json"): ModelConfig {
  let json: Json;
  try {
    json = JSON.parse(text) as Json;
  } catch (error) {
    throw new EngineError("bad_file", `${file} is not valid JSON: ${(error as Error).message}`, { file });
  }
  const name = (json["architectures"] as string[] | undefined)?.[0] ?? `model_type ${String(json["model_type"])}`;
  const type = String(json["model_type"] ?? "");
  const qwen = name.startsWith("Qwen2For") || (type === "qwen2" && !json["architectures"]);
  const llama =
    /^(Llama|Mistral)ForCausalLM$/.test(name) || (["llama", "mistral"].includes(type) && !json["architectures"]);
  if (!qwen && !llama)
    throw new EngineError(
      "unknown_architecture",
      `${file}: the architecture ${name} is not one the embedded engine knows. It runs ${supported}. Choose such a model, or serve this one with vLLM or Ollama and use its base URL.`,
      { file },
    );
  const number = (key: string, fallback?: number): number => {
    const value = json[key] ?? fallback;
    if (typeof value !== "number" || !Number.isFinite(value) || value <= 0)
      throw new EngineError("bad_file", `${file}: ${key} must be a positive number, not ${JSON.stringify(json[key])}`, {
        file,
      });
    return value;
  };
  const refuse = (setting: string) => {
    throw new EngineError("unsupported_setting", `${file}: ${setting} is not supported by the embedded engine.`, {
      file,
    });
  };
  if ((json["hidden_act"] ?? "silu") !== "silu") refuse(`hidden_act ${JSON.stringify(json["hidden_act"])}`);
  if ((json["partial_rotary_factor"] ?? 1) !== 1) refuse("partial_rotary_factor");
  if (json["quantization_config"]) refuse("quantization_config (use the unquantised weights)");

  const hiddenSize = number("hidden_size"),
    heads = number("num_attention_heads"),
    keyValueHeads = number("num_key_value_heads", heads);
  const headSize = number("head_dim", hiddenSize / heads);
  if (!Number.isInteger(headSize) || headSize % 2 || heads % keyValueHeads)
    throw new EngineError(
      "bad_file",
      `${file}: ${heads} heads of size ${headSize} with ${keyValueHeads} key-value heads do not fit together`,
      { file },
    );
  let contextLength = number("max_position_embeddings", 2048);
  const rope = parseRope(json, contextLength, file);
  if (rope.type === "dynamic") contextLength = Math.floor(rope.original * rope.factor);
  const window = json["sliding_window"];
  if (typeof window === "number" && json["use_sliding_window"] !== false)
    contextLength = Math.min(contextLength, window);
  const eos = json["eos_token_id"];
  return {
    architecture: qwen ? "qwen2" : "llama",
    hiddenSize,
    layers: number("num_hidden_layers"),
    heads,
    keyValueHeads,
    headSize,
    intermediateSize: number("intermediate_size"),
    vocabularySize: number("vocab_size"),
    normEpsilon: number("rms_norm_eps", 1e-6),
    tied: Boolean(json["tie_word_embeddings"] ?? false),
    bias: {
      qkv: qwen || Boolean(json["attention_bias"]),
      o: !qwen && Boolean(json["attention_bias"]),
      mlp: Boolean(json["mlp_bias"]),
    },
    rope,
    contextLength,
    eosTokens: Array.isArray(eos) ? (eos as number[]) : typeof eos === "number" ? [eos] : [],
  };
}

function parseRope(json: Json, contextLength: number, file: string): Rope {
  // transformers 5 writes rope_parameters; before it, rope_theta and rope_scaling.
  const parameters = (json["rope_parameters"] ?? json["rope_scaling"] ?? {}) as Json;
  const theta = Number(parameters["rope_theta"] ?? json["rope_theta"] ?? 10000);
  const type = String(parameters["rope_type"] ?? parameters["type"] ?? "default");
  const factor = Number(parameters["factor"] ?? 1);
  const original = Number(parameters["original_max_position_embeddings"] ?? contextLength);
  const rope: Rope | undefined =
    type === "default"
      ? { type, theta }
      : type === "linear"
        ? { type, theta, factor }
        : type === "dynamic"
          ? { type, theta, factor, original: contextLength }
          : type === "llama3"
            ? {
                type,
                theta,
                factor,
                original,
                low: Number(parameters["low_freq_factor"]),
                high: Number(parameters["high_freq_factor"]),
              }
            : undefined;
  if (!rope || Object.values(rope).some((v) => typeof v === "number" && !(v > 0)))
    throw new EngineError(
      "unsupported_setting",
      `${file}: rotary embedding ${JSON.stringify(parameters)} is not supported; expected type default, linear, dynamic or llama3 with their factors.`,
      { file },
    );
  return rope;
}

/** The config.json of a model, so that what was trained here opens in transformers. */
export function writeConfig(config: ModelConfig): string {
  const { rope } = config;
  const scaling =
    rope.type === "default"
      ? null
      : {
          rope_type: rope.type,
          factor: rope.factor,
          ...(rope.type === "llama3" && {
            low_freq_factor: rope.low,
            high_freq_factor: rope.high,
            original_max_position_embeddings: rope.original,
          }),
        };
  const json = {
    architectures: [config.architecture === "qwen2" ? "Qwen2ForCausalLM" : "LlamaForCausalLM"],
    model_type: config.architecture,
    hidden_size: config.hiddenSize,
    num_hidden_layers: config.layers,
    num_attention_heads: config.heads,
    num_key_value_heads: config.keyValueHeads,
    head_dim: config.headSize,
    intermediate_size: config.intermediateSize,
    vocab_size: config.vocabularySize,
    max_position_embeddings: rope.type === "dynamic" ? rope.original : config.contextLength,
    rms_norm_eps: config.normEpsilon,
    tie_word_embeddings: config.tied,
    attention_bias: config.bias.qkv && config.architecture === "llama",
    mlp_bias: config.bias.mlp,
    hidden_act: "silu",
    rope_theta: rope.theta,
    rope_scaling: scaling,
    eos_token_id: config.eosTokens.length === 1 ? config.eosTokens[0] : config.eosTokens,
    torch_dtype: "float32",
  };
  return JSON.stringify(json, null, 2) + "\n";
}
