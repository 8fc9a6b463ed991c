/**
 * How a study is put to a model, as plain data: a template can be written in JSON, diffed, hashed and shared. The
 * words are in templates/; what is filled in comes from the codebook and the person.
 */
import { optionsOf } from "../study/scale.js";
import type { Item, Option, Scale, Value } from "../study/index.js";

export type ScaleKind = Scale["kind"];

/**
 * How an answer among options is written:
 * - "label": the option's words ("Clinton");
 * - "code": the option's number where its value is one, otherwise its place in the codebook counting from 1 ("0");
 * - "key": a letter by its place as shown (A, B, C …), which permuting the options changes;
 * - "position": its place on the scale in percent, or a letter by its place in the codebook (see position.ts).
 */
export type AnswerForm = "label" | "code" | "key" | "position";

/**
 * A prompt template. Text fields take placeholders in braces.
 * Of the study: {title}, {description}, {introduction}. Of the person: {persona}, {treatment}.
 * Of an item: {name}, {label}, {text}, {options} (nominal, ordinal), {labels} (named points of an interval), {min},
 * {max}, {step}, {unit}, {count} (number of options), {short} (the label's words), {size} (the scale as a token), {earlier} (the answers so far). Of a value, in `attribute` and `option`: {value} (as in the data),
 * {answer} (its words), {code}, {key}, {position}.
 */
export interface Template {
  name: string;
  /** Changes with every change of wording; the hash of the whole template is recorded with each answer anyway. */
  version: string;
  /** The system message; none when absent. */
  system?: string;
  /** What the first user turn says before the first question: who the person is and what was done to them. */
  opening: string;
  persona: {
    /** Around the attributes ({attributes}). */
    line: string;
    attribute: Record<ScaleKind, string>;
    separator: string;
    /** Instead, where the person has no attributes or they are left out (the no-demographics variant). */
    none?: string;
  };
  treatment: {
    /** "text": the words that arm read, from the codebook; "attribute": its label and code, as an attribute is written. */
    as: "text" | "attribute";
    /** Around the treatments ({treatments}). */
    line: string;
    separator: string;
  };
  question: Record<ScaleKind, string>;
  /** One option in {options}. */
  option: { nominal: string; ordinal: string };
  optionSeparator: string;
  /** How answers are written. Intervals and counts are written as numbers, where not as positions. */
  answer: { nominal: AnswerForm; ordinal: AnswerForm; interval?: "position"; count?: "position" };
  /** Whether the options of nominal items are shown in a random order (and worded ordinal ones forwards or backwards). */
  permute: boolean;
  /** Everything in lower case (the built-in model's tokenizer knows only that). */
  lowercase?: boolean;
  /** Before each respondent shown as an example (few-shot), and before the person asked about once there are examples. */
  example?: { each: string; then: string };
}

/** An answer already given, carried along in the conversation. `order` is the order in which its options were shown. */
export interface Answered {
  item: string;
  value: Value;
  order?: readonly number[];
}

/** The options of an item where it has a list of at most 201: of an interval its grid, of a count without an end none. */
export function answerOptions(item: Item): Option[] | undefined {
  if (item.scale.kind === "count" && item.scale.max === undefined) return undefined;
  const options = optionsOf(item);
  return options.length <= 201 ? options : undefined;
}

const studyFields = ["title", "description", "introduction", "persona", "treatment"];
const itemFields = [
  "name",
  "label",
  "text",
  "options",
  "labels",
  "min",
  "max",
  "step",
  "unit",
  "count",
  "short",
  "size",
  "earlier",
];
const valueFields = [
  "name",
  "label",
  "text",
  "value",
  "answer",
  "code",
  "key",
  "min",
  "max",
  "unit",
  "short",
  "position",
];

/** Throws where a template is not one: a missing part, or a placeholder that nothing fills. */
export function checkTemplate(template: Template): Template {
  const at = `template ${template.name ?? "(unnamed)"}`;
  const check = (where: string, text: unknown, fields: string[]) => {
    if (typeof text !== "string") throw new Error(`${at}: ${where} must be text, found ${JSON.stringify(text)}`);
    for (const [, name] of text.matchAll(/\{(\w+)\}/g))
      if (!fields.includes(name!))
        throw new Error(`${at}: ${where} has {${name}}, which nothing fills; known here: ${fields.join(", ")}`);
  };
  if (!template.name || !template.version) throw new Error(`${at}: a template needs a name and a version`);
  if (template.system !== undefined) check("system", template.system, studyFields);
  check("opening", template.opening, studyFields);
  check("persona.line", template.persona?.line, ["attributes"]);
  check("treatment.line", template.treatment?.line, ["treatments"]);
  for (const kind of ["nominal", "ordinal", "interval", "count"] as const) {
    check(`persona.attribute.${kind}`, template.persona.attribute?.[kind], valueFields);
    check(`question.${kind}`, template.question?.[kind], itemFields);
  }
  const forms = {
    nominal: ["label", "code", "key", "position"],
    ordinal: ["label", "code", "key", "position"],
    interval: ["position"],
    count: ["position"],
  };
  for (const kind of ["nominal", "ordinal", "interval", "count"] as const) {
    const form = template.answer?.[kind];
    if (form === undefined ? kind === "nominal" || kind === "ordinal" : !forms[kind].includes(form))
      throw new Error(`${at}: answer.${kind} must be one of ${forms[kind].join(", ")}, found ${JSON.stringify(form)}`);
  }
  if (typeof template.permute !== "boolean")
    throw new Error(`${at}: permute must be true or false, found ${JSON.stringify(template.permute)}`);
  for (const part of ["each", "then"] as const)
    if (template.example) check(`example.${part}`, template.example[part], []);
  check("option.nominal", template.option?.nominal, valueFields);
  check("option.ordinal", template.option?.ordinal, valueFields);
  return template;
}
