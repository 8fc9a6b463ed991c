/** What an adapter_config.json of peft says: which linear maps of the model it changes, with which rank and scale. */
import { EngineError, parseJson } from "../errors.js";
import type { ModelConfig } from "./config.js";
import { adaptableLinears, loraScale, type Linear, type LoraTarget } from "./parameters.js";

export interface AdaptedLinear {
  linear: Linear;
  rank: number;
  alpha: number;
}

export interface PeftConfig {
  linears: AdaptedLinear[];
  /** Adapted names of linears, each at least in one layer. */
  targets: LoraTarget[];
  dropout: number;
  rsLora: boolean;
}

type Json = Record<string, unknown>;

/** Settings that change what the tensors mean, with what to do about each. */
const refused: Record<string, string> = {
  use_dora: "train without DoRA",
  lora_bias: "train without it",
  fan_in_fan_out: "it is for other architectures",
  trainable_token_indices: "train without new tokens",
  alora_invocation_tokens: "activated LoRA is not done",
  use_qalora: "train without it",
  use_bdlora: "train without it",
  layer_replication: "train without it",
  target_parameters: "train on linear maps",
  arrow_config: "train without it",
  kasa_config: "train without it",
};
/** Ways to begin that subtract something from the base's weights, which the base on disk still has. */
const changesBase = /^(pissa|olora|loftq|corda|lora_ga)/i;

const filled = (value: unknown) =>
  typeof value === "object" && value !== null ? Object.keys(value).length > 0 : Boolean(value);

/** Reads adapter_config.json for a model. The linears it adapts are found as peft finds them. */
export function parsePeft(text: string, file: string, config: ModelConfig): PeftConfig {
  const json = parseJson<Json>(text, file);
  const refuse = (why: string) => new EngineError("unsupported_setting", `${file}: ${why}`, { file });
  if (json["peft_type"] !== "LORA") throw refuse(`peft_type ${String(json["peft_type"])}; only LORA is supported`);
  for (const [key, advice] of Object.entries(refused))
    if (filled(json[key])) throw refuse(`${key} is not supported: ${advice}`);
  const init = json["init_lora_weights"];
  if (typeof init === "string" && changesBase.test(init))
    throw refuse(
      `init_lora_weights ${init} changed the base's weights. Save the adapter with peft's save_pretrained(…, path_initial_model_for_weight_conversion=…), which makes it one for the base as it is`,
    );
  const number = (value: unknown, key: string): number => {
    if (typeof value !== "number" || !(value > 0) || !Number.isFinite(value))
      throw new EngineError("bad_file", `${file}: ${key} must be a positive number, not ${JSON.stringify(value)}`, {
        file,
      });
    return value;
  };
  const pattern = (key: string, source: string): RegExp => {
    try {
      return new RegExp(source);
    } catch {
      throw refuse(`${key} ${JSON.stringify(source)} cannot be read as a regular expression`);
    }
  };
  /** Whether a module is meant: a text is a regular expression for the whole name, a list has ends of names. */
  const matcher = (key: string): ((name: string) => boolean) => {
    const given = json[key];
    if (given === undefined || given === null) return () => false;
    if (typeof given === "string") {
      const whole = pattern(key, `^(?:${given})$`);
      return (name) => whole.test(name);
    }
    if (!Array.isArray(given) || given.some((g) => typeof g !== "string"))
      throw refuse(`${key} must be a text or a list of texts, not ${JSON.stringify(given)}`);
    return (name) => given.some((g: string) => name === g || name.endsWith(`.${g}`));
  };
  const everywhere = json["target_modules"] === "all-linear";
  const meant = matcher("target_modules"),
    excluded = matcher("exclude_modules");
  const chosen = json["layers_to_transform"] as number | number[] | null | undefined;
  const layers = chosen === null || chosen === undefined ? [] : [chosen].flat();
  const bySetting = (key: string, usual: string) => {
    const table = (json[key] ?? {}) as Record<string, unknown>;
    const patterns = Object.keys(table).map(
      (k) => [pattern(key, `^(?:.*\\.)?(?:${k})$`), number(table[k], key)] as const,
    );
    return (name: string): number => patterns.find(([p]) => p.test(name))?.[1] ?? number(json[usual], usual);
  };
  const rank = bySetting("rank_pattern", "r"),
    alpha = bySetting("alpha_pattern", "lora_alpha");
  const linears: AdaptedLinear[] = [];
  for (const linear of adaptableLinears(config)) {
    const { name, layer } = linear;
    // The head is in no layer, and to peft none of "all-linear".
    if (layers.length && (layer === undefined || !layers.includes(layer))) continue;
    if ((everywhere ? layer !== undefined : meant(name)) && !excluded(name))
      linears.push({ linear, rank: rank(name), alpha: alpha(name) });
  }
  if (!linears.length)
    throw refuse(
      `target_modules ${JSON.stringify(json["target_modules"])} name no linear map of this model. Was the adapter trained on another?`,
    );
  return {
    linears,
    targets: [...new Set(linears.map((l) => l.linear.target))],
    dropout: Number(json["lora_dropout"] ?? 0),
    rsLora: Boolean(json["use_rslora"]),
  };
}

/** Whether every layer has the same adapted linears with one rank and one scale. */
export function isUniform({ linears, targets }: PeftConfig, config: ModelConfig): boolean {
  const [first] = linears;
  return (
    linears.length === adaptableLinears(config).filter((l) => targets.includes(l.target)).length &&
    linears.every((l) => l.rank === first!.rank && l.alpha === first!.alpha)
  );
}

/** The factor on B · A of one linear. */
export const scaleOf = ({ rank, alpha }: AdaptedLinear, { rsLora }: PeftConfig) => loraScale({ rank, alpha, rsLora });
