/** Reads a Hugging Face `config.json` of a Llama-family model. */
import { EngineError, parseJson } from "../errors.js";
import { parseRope, ropeScaling, type Rope } from "./rope.js";

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

type Json = Record<string, unknown>;

const supported =
  "LlamaForCausalLM (Llama, SmolLM2, TinyLlama …), Qwen2ForCausalLM (Qwen2, Qwen2.5), MistralForCausalLM";

/** Parses config.json. `file` names it in errors. */
export function parseConfig(text: string, file = "config.json"): ModelConfig {
  const json = parseJson<Json>(text, file);
  const type = String(json["model_type"] ?? "");
  const named = [json["architectures"] ?? []].flat()[0];
  const name = named === undefined ? `model_type ${type || "(not given)"}` : String(named);
  const qwen = name === "Qwen2ForCausalLM" || (type === "qwen2" && named === undefined);
  const llama =
    /^(Llama|Mistral)ForCausalLM$/.test(name) || (["llama", "mistral"].includes(type) && named === undefined);
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
  const whole = (key: string, fallback?: number): number => {
    const value = number(key, fallback);
    if (!Number.isInteger(value))
      throw new EngineError("bad_file", `${file}: ${key} must be a whole number, not ${value}`, { file });
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

  const hiddenSize = whole("hidden_size"),
    heads = whole("num_attention_heads"),
    keyValueHeads = whole("num_key_value_heads", heads);
  const headSize = number("head_dim", hiddenSize / heads);
  if (!Number.isInteger(headSize) || headSize % 2 || heads % keyValueHeads)
    throw new EngineError(
      "bad_file",
      `${file}: ${heads} heads of size ${headSize} with ${keyValueHeads} key-value heads do not fit together`,
      { file },
    );
  let contextLength = whole("max_position_embeddings", 2048);
  const rope = parseRope(json, contextLength, headSize, file);
  if (rope.type === "dynamic" || rope.type === "yarn")
    contextLength = Math.max(contextLength, Math.floor(rope.original * rope.factor));
  const window = json["sliding_window"];
  // Qwen2 names a window that it uses only where it says so.
  if (typeof window === "number" && (json["use_sliding_window"] ?? !qwen))
    contextLength = Math.min(contextLength, window);
  const eos = json["eos_token_id"];
  return {
    architecture: qwen ? "qwen2" : "llama",
    hiddenSize,
    layers: whole("num_hidden_layers"),
    heads,
    keyValueHeads,
    headSize,
    intermediateSize: whole("intermediate_size"),
    vocabularySize: whole("vocab_size"),
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

/** The config.json of a model, so that what was trained here opens in transformers. */
export function writeConfig(config: ModelConfig): string {
  const { rope } = config;
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
    rope_scaling: ropeScaling(rope),
    eos_token_id: config.eosTokens.length === 1 ? config.eosTokens[0] : config.eosTokens,
    torch_dtype: "float32",
  };
  return JSON.stringify(json, null, 2) + "\n";
}
