import { sameIds } from "./identities.js";
import { Respondents } from "./respondents.js";
import { random } from "./random.js";
import type { Codebook, Item, Value } from "./types.js";

export interface ArmOptions {
  /** The treatment item that gets the arm (default: the only treatment; a study without one gets an item "arm"). */
  treatment?: string;
  /** Value of the arm in the data. An existing value puts everyone in that arm as it is, for comparison. */
  value: string | number;
  /** A few words for tables (default: the value). */
  label?: string;
  /** What people in this arm are told. Needed for a new arm. */
  text?: string;
  /** New wordings of questions: item → text. */
  wording?: Record<string, string>;
  /** Values of other treatments that everyone gets; the others stay as each person had them. */
  set?: Record<string, string | number>;
  /** How many people to draw (default: all). */
  n?: number;
  seed?: number;
}

/**
 * Drafts a treatment arm or a wording that was never run: the same people, put into the arm, without answers, with a
 * codebook that has it; ready for `simulation.run`. Draw the control group with the same call and an existing value,
 * then `sampling.powerFromPrototype` says how many humans the real study needs.
 */
export function withArm(study: Respondents, options: ArmOptions): Respondents {
  const codebook = codebookWithArm(study.codebook, options);
  const treatment = treatmentOf(study.codebook, options) ?? "arm";
  const answers = new Set(codebook.items.filter((i) => i.role === "belief" || i.role === "action").map((i) => i.name));
  const assigned: Record<string, Value> = { ...options.set, [treatment]: options.value };
  for (const [name, value] of Object.entries(options.set ?? {})) {
    const item = study.item(name);
    if (item.role !== "treatment") throw new Error(`set.${name}: expected a treatment; it is a ${item.role}`);
    if ("options" in item.scale && !item.scale.options.some((o) => o.value === value))
      throw new Error(
        `set.${name}: there is no ${JSON.stringify(value)}; expected ${item.scale.options.map((o) => o.value).join(", ")}`,
      );
  }
  const n = options.n ?? study.n;
  if (!Number.isInteger(n) || n < 1 || n > study.n)
    throw new Error(`n: expected a whole number from 1 to ${study.n} (the people there are), found ${n}`);
  const drawn =
    n === study.n
      ? study.ids.map((_, i) => i)
      : random(options.seed ?? 1, "arm")
          .permutation(study.n)
          .slice(0, n)
          .sort((a, b) => a - b);
  const people = study.take(drawn);
  const derived = new Set(codebook.items.filter((i) => i.derived?.some((d) => d in assigned)).map((i) => i.name));
  const columns = new Map<string, readonly Value[]>();
  for (const item of codebook.items) {
    if (answers.has(item.name) || derived.has(item.name)) continue;
    if (item.name in assigned)
      columns.set(
        item.name,
        people.ids.map(() => assigned[item.name]!),
      );
    else if (people.has(item.name)) columns.set(item.name, people.column(item.name));
  }
  sameIds(codebook, study.codebook);
  return new Respondents({
    codebook,
    ids: people.ids,
    columns,
    provenance: study.provenance,
    origin: { ...study.origin, part: `arm ${options.value}`, ...(options.n ? { seed: options.seed ?? 1 } : {}) },
    ...(people.weights ? { weights: people.weights } : {}),
  });
}

function treatmentOf(codebook: Codebook, options: ArmOptions): string | undefined {
  const treatments = codebook.items.filter((i) => i.role === "treatment" && !i.derived);
  if (options.treatment) {
    if (!treatments.some((i) => i.name === options.treatment))
      throw new Error(
        `treatment: ${options.treatment} is no treatment of ${codebook.name}; it has ${treatments.map((i) => i.name).join(", ") || "none"}`,
      );
    return options.treatment;
  }
  if (treatments.length > 1)
    throw new Error(`treatment: say which one gets the arm, of ${treatments.map((i) => i.name).join(", ")}`);
  return treatments[0]?.name;
}

function codebookWithArm(codebook: Codebook, options: ArmOptions): Codebook {
  const name = treatmentOf(codebook, options);
  const { value, text, label = String(value) } = options;
  const old = name === undefined ? undefined : codebook.items.find((i) => i.name === name)!;
  const options_ = old && "options" in old.scale ? old.scale.options : [{ value: "as asked", label: "as asked" }];
  const existing = options_.some((o) => o.value === value);
  if (existing && text !== undefined)
    throw new Error(
      `value: ${JSON.stringify(value)} is an arm of the study; give a new value for a new text, or leave text out to use that arm`,
    );
  if (!existing && text === undefined && !options.wording)
    throw new Error(`text: say what people in the new arm ${JSON.stringify(value)} are told (or which wording is new)`);
  const item: Item = {
    ...(old ?? { name: "arm", role: "treatment", label: "treatment arm", text: "Which version people got" }),
    scale: { kind: "nominal", options: existing ? options_ : [...options_, { value, label }] },
  } as Item;
  const items = old ? codebook.items.map((i) => (i === old ? item : i)) : [item, ...codebook.items];
  for (const wording of Object.keys(options.wording ?? {}))
    if (!codebook.items.some((i) => i.name === wording))
      throw new Error(
        `wording.${wording}: there is no such item; the codebook has ${codebook.items.map((i) => i.name).join(", ")}`,
      );
  const texts = { ...codebook.treatments?.[item.name] };
  if (!old) texts["as asked"] = "";
  if (!existing) texts[String(value)] = text ?? "";
  const { file: _, ...rest } = codebook;
  return {
    ...rest,
    version: existing && !options.wording ? codebook.version : `${codebook.version}+arm-${value}`,
    items: items.map((i) => (options.wording?.[i.name] === undefined ? i : { ...i, text: options.wording[i.name]! })),
    treatments: { ...codebook.treatments, [item.name]: texts },
  };
}
