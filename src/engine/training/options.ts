/** Checks what a training is asked for, before anything is read or computed. */
import { EngineError } from "../errors.js";
import type { ModelConfig } from "../model/config.js";
import { linearNames, loraTargets, type LoraShape } from "../model/parameters.js";
import type { TrainOptions } from "../types.js";

const bad = (message: string) => new EngineError("bad_option", message);

/** Throws for a name that nobody knows: a misspelt option would be ignored unseen. */
export function onlyOptions(options: object, names: readonly string[], within = ""): void {
  for (const name of Object.keys(options))
    if (!names.includes(name)) throw bad(`there is no option ${within}${name}; there are ${names.join(", ")}`);
}

interface Range {
  least: number;
  /** `least` itself is too small. */
  above?: boolean;
  most?: number;
  /** Also `most` itself is too large. */
  below?: boolean;
  whole?: boolean;
}

/** A number within a range; absent options pass. */
export function numberOption(options: object, name: string, range: Range, within = ""): void {
  const value = (options as Record<string, unknown>)[name];
  if (value === undefined) return;
  const { least, above, most = Infinity, below, whole } = range;
  const fits =
    typeof value === "number" &&
    (above ? value > least : value >= least) &&
    (below ? value < most : value <= most) &&
    (whole ? Number.isInteger(value) : Number.isFinite(value));
  if (fits) return;
  const from = least === -Infinity ? "" : above ? ` greater than ${least}` : ` of at least ${least}`;
  const to = most === Infinity ? "" : below ? ` and below ${most}` : ` and at most ${most}`;
  throw bad(`${within}${name} must be a ${whole ? "whole " : ""}number${from}${to}, not ${String(value)}`);
}

/** One of several names; absent options pass. */
function nameOption(options: object, name: string, names: readonly string[]): void {
  const value = (options as Record<string, unknown>)[name];
  if (value !== undefined && !names.includes(value as string))
    throw bad(`${name} must be one of ${names.join(", ")}, not ${String(value)}`);
}

const known = [
  ...["lora", "epochs", "learningRate", "batchSize", "warmupSteps", "schedule", "weightDecay", "clipNorm", "loss"],
  ...["smoothing", "seed", "validation", "patience", "checkpoints", "epochAdapters", "gradientCheckpointing"],
  ...["signal", "onStep", "output"],
];

export function checkTrainOptions(options: TrainOptions): void {
  onlyOptions(options, known);
  for (const name of ["epochs", "batchSize", "learningRate", "seed"] as const)
    if (options[name] === undefined) throw bad(`${name} is missing`);
  numberOption(options, "epochs", { least: 0, above: true });
  numberOption(options, "batchSize", { least: 1, whole: true });
  numberOption(options, "learningRate", { least: 0, above: true });
  numberOption(options, "seed", { least: -Infinity, whole: true });
  numberOption(options, "warmupSteps", { least: 0, whole: true });
  numberOption(options, "weightDecay", { least: 0 });
  numberOption(options, "clipNorm", { least: 0 });
  numberOption(options, "smoothing", { least: 0, most: 1 });
  numberOption(options, "patience", { least: 1, whole: true });
  nameOption(options, "schedule", ["constant", "linear", "cosine"]);
  nameOption(options, "loss", ["cross-entropy", "kl", "wasserstein"]);
  if (options.patience !== undefined && !options.validation?.length)
    throw bad("patience counts epochs without a better validation loss and needs validation examples");
  if (options.epochAdapters) numberOption(options.epochAdapters, "last", { least: 1, whole: true }, "epochAdapters.");
  loraShape(options.lora);
}

/** LoRA's settings with their defaults; null for full finetuning. */
export function loraShape(lora: TrainOptions["lora"], config?: ModelConfig): LoraShape | null {
  if (lora === null) return null;
  const given = lora ?? { rank: 8, alpha: 16 };
  onlyOptions(given, ["rank", "alpha", "dropout", "targets", "rsLora"], "lora.");
  for (const name of ["rank", "alpha"] as const) if (given[name] === undefined) throw bad(`lora.${name} is missing`);
  numberOption(given, "rank", { least: 1, whole: true }, "lora.");
  numberOption(given, "alpha", { least: 0, above: true }, "lora.");
  numberOption(given, "dropout", { least: 0, most: 1, below: true }, "lora.");
  const { rank, alpha, dropout = 0, targets = [...linearNames], rsLora = false } = given;
  const unknown = Array.isArray(targets) ? targets.filter((t) => !loraTargets.includes(t as never)) : [targets];
  if (unknown.length || !targets.length)
    throw bad(
      `lora.targets: ${unknown.map(String).join(", ") || "none"} ${unknown.length ? "unknown" : "given"}; expected some of ${loraTargets.join(", ")}`,
    );
  if (config?.tied && targets.includes("lm_head"))
    throw bad(
      "lora.targets: lm_head is the embedding in this model (tie_word_embeddings), which LoRA would pull apart; leave it out",
    );
  return { rank, alpha, dropout, targets: loraTargets.filter((t) => targets.includes(t)), rsLora };
}
