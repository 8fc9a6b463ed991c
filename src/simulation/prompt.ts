/** From a template, a codebook and a person to the messages a model reads, and from its words back to a value. */
import { random } from "../study/index.js";
import type { Codebook, Item, Row, Value } from "../study/index.js";
import type { ChatMessage } from "../engine/types.js";
import { positionText, shortLabel, sizeToken } from "./position.js";
import { answerOptions } from "./template.js";
import type { Answered, AnswerForm, Template } from "./template.js";

export interface RenderOptions {
  /** The order in which this item's options are shown: indices into the codebook's options. Default: the codebook's. */
  order?: readonly number[];
  /** Default true; false leaves attributes out (the paper's ablation), treatments stay. */
  demographics?: boolean;
  /** Respondents shown with their answers before the person asked about (few-shot). */
  examples?: readonly { person: Row; answers: readonly Answered[] }[];
  /** Texts that do not depend on the person, kept for the next one: of this template and codebook only. */
  cache?: Map<string, string>;
}

/** Texts kept in a cache before it is emptied. */
const most = 20_000;

function cached(cache: Map<string, string> | undefined, key: string, make: () => string): string {
  if (!cache) return make();
  let text = cache.get(key);
  if (text === undefined) {
    if (cache.size >= most) cache.clear();
    cache.set(key, (text = make()));
  }
  return text;
}

/**
 * The conversation up to a question: system message, who the person is and what they were told, earlier items with
 * their answers as turns, then the item. The person's own answers in `person` are never read: only `answersSoFar` are.
 */
export function renderConversation(
  template: Template,
  codebook: Codebook,
  person: Row,
  answersSoFar: readonly Answered[],
  item: Item,
  options: RenderOptions = {},
): ChatMessage[] {
  const messages = system(template, codebook, person, options);
  for (const example of options.examples ?? [])
    messages.push(...turns(template, codebook, example.person, example.answers, options, template.example?.each));
  const then = options.examples?.length ? template.example?.then : undefined;
  messages.push(...turns(template, codebook, person, answersSoFar, options, then));
  const question = askItem(template, item, options.order, earlierTexts(template, codebook, answersSoFar), options);
  messages.push({
    role: "user",
    content: answersSoFar.length
      ? finishOnce(template, question, options)
      : finish(template, opened(template, codebook, person, options, then, question)),
  });
  return messages;
}

/** A whole interview with all its answers, as finetuning reads it. Items without an answer are left out. */
export function renderInterview(
  template: Template,
  codebook: Codebook,
  person: Row,
  answers: readonly Answered[],
  options: Omit<RenderOptions, "order"> = {},
): ChatMessage[] {
  return [
    ...system(template, codebook, person, options),
    ...turns(template, codebook, person, answers, options, undefined),
  ];
}

function system(template: Template, codebook: Codebook, person: Row, options: RenderOptions): ChatMessage[] {
  if (template.system === undefined) return [];
  return [
    { role: "system", content: finish(template, fill(template.system, study(template, codebook, person, options))) },
  ];
}

function turns(
  template: Template,
  codebook: Codebook,
  person: Row,
  answers: readonly Answered[],
  options: RenderOptions,
  lead: string | undefined,
): ChatMessage[] {
  return answers.flatMap((answered, i): ChatMessage[] => {
    const item = itemOf(codebook, answered.item);
    const earlier = earlierTexts(template, codebook, answers.slice(0, i));
    const question = askItem(template, item, answered.order, earlier, options);
    const { value, order } = answered;
    return [
      {
        role: "user",
        content:
          i === 0
            ? finish(template, opened(template, codebook, person, options, lead, question))
            : finishOnce(template, question, options),
      },
      {
        role: "assistant",
        content: cached(options.cache, `answer ${item.name} ${value} ${order}`, () =>
          answerText(template, item, value, order),
        ),
      },
    ];
  });
}

function opened(
  template: Template,
  codebook: Codebook,
  person: Row,
  options: RenderOptions,
  lead: string | undefined,
  question: string,
): string {
  const opening = fill(template.opening, study(template, codebook, person, options));
  return `${lead ?? ""}${opening}${question}`;
}

function study(template: Template, codebook: Codebook, person: Row, options: RenderOptions): Record<string, string> {
  return {
    title: codebook.title,
    description: codebook.description,
    introduction: codebook.introduction ?? "",
    persona: personaText(template, codebook, person, options),
    treatment: treatmentText(template, codebook, person, options),
  };
}

function personaText(template: Template, codebook: Codebook, person: Row, options: RenderOptions): string {
  const { persona } = template;
  const attributes =
    options.demographics === false
      ? []
      : codebook.items
          .filter((item) => item.role === "attribute" && !item.derived && !item.hidden && present(person[item.name]))
          .map((item) => describe(template, item, person[item.name]!, options));
  if (!attributes.length) return persona.none ?? "";
  return fill(persona.line, { attributes: attributes.join(persona.separator) });
}

function treatmentText(template: Template, codebook: Codebook, person: Row, options: RenderOptions): string {
  const { treatment } = template;
  const parts = codebook.items
    .filter((item) => item.role === "treatment" && !item.derived && present(person[item.name]))
    .map((item) => {
      const value = person[item.name]!;
      const read = codebook.treatments?.[item.name]?.[String(value)];
      return treatment.as === "text" && read !== undefined ? read : describe(template, item, value, options);
    })
    .filter((part) => part !== "");
  return parts.length ? fill(treatment.line, { treatments: parts.join(treatment.separator) }) : "";
}

function describe(template: Template, item: Item, value: Value, { cache }: RenderOptions): string {
  return cached(cache, `describe ${item.name} ${value}`, () =>
    fill(template.persona.attribute[item.scale.kind], { ...itemValues(item), ...valueValues(item, value) }),
  );
}

/**
 * The first twelve answers as written, the first one last, for templates that repeat them right before the answer:
 * the k-th answer then always stands k places before it.
 */
const earlierTexts = (template: Template, codebook: Codebook, answers: readonly Answered[]): string =>
  answers
    .slice(0, 12)
    .reverse()
    .map(({ item, value, order }) => answerText(template, itemOf(codebook, item), value, order))
    .join(" ");

/** The question of an item, options in the given order. */
function askItem(
  template: Template,
  item: Item,
  order: readonly number[] | undefined,
  earlier: string,
  { cache }: RenderOptions,
): string {
  const said = template.question[item.scale.kind].includes("{earlier}") ? earlier : "";
  return cached(cache, `ask ${item.name} ${order} ${said}`, () => questionText(template, item, order, said));
}

function questionText(template: Template, item: Item, order: readonly number[] | undefined, earlier: string): string {
  const { scale } = item;
  const values: Record<string, string> = { ...itemValues(item), options: "", labels: "", earlier };
  if (scale.kind === "nominal" || scale.kind === "ordinal")
    values.options = (order ?? scale.options.map((_, i) => i))
      .map((i, place) => fill(template.option[scale.kind], valueValues(item, scale.options[i]!.value, place)))
      .join(template.optionSeparator);
  if (scale.kind === "interval" && scale.labels)
    values.labels = Object.entries(scale.labels)
      .sort(([a], [b]) => Number(a) - Number(b))
      .map(([value, label]) => `${value} = ${label}`)
      .join(template.optionSeparator);
  return fill(template.question[scale.kind], values);
}

function itemValues(item: Item): Record<string, string> {
  const { scale } = item;
  const values: Record<string, string> = { name: item.name, label: item.label, text: item.text, unit: "", step: "" };
  values.short = shortLabel(item.label);
  values.size = sizeToken(item);
  if (scale.kind === "nominal" || scale.kind === "ordinal") {
    const codes = scale.options.map((_, i) => codeOf(item, i));
    values.min = String(Math.min(...codes));
    values.max = String(Math.max(...codes));
    values.count = String(scale.options.length);
  } else if (scale.kind === "interval") {
    Object.assign(values, { min: String(scale.min), max: String(scale.max), step: String(scale.step) });
    values.count = String(Math.round((scale.max - scale.min) / scale.step) + 1);
  } else {
    Object.assign(values, { min: "0", max: scale.max === undefined ? "" : String(scale.max), count: "" });
  }
  if ((scale.kind === "interval" || scale.kind === "count") && scale.unit) values.unit = scale.unit;
  return values;
}

function valueValues(item: Item, value: Value, place?: number): Record<string, string> {
  const index = optionIndex(item, value);
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal") {
    const option = scale.options[index];
    return {
      label: place === undefined ? item.label : (option?.label ?? String(value)),
      value: String(value),
      answer: option?.label ?? String(value),
      code: index < 0 ? String(value) : String(codeOf(item, index)),
      key: place === undefined ? "" : keyAt(place),
      position: index < 0 ? String(value) : positionText(item, value),
    };
  }
  const named = scale.kind === "interval" ? scale.labels?.[String(value)] : undefined;
  const position = positionText(item, value);
  return { value: String(value), answer: named ?? String(value), code: String(value), key: "", position };
}

/** How an answer is written in the assistant's turn. */
export function answerText(template: Template, item: Item, value: Value, order?: readonly number[]): string {
  if (!present(value)) throw new Error(`item ${item.name}: a missing answer has no text`);
  const form = formOf(template, item);
  if (form === undefined) return String(value);
  if (form === "position") return positionText(item, value);
  const index = optionIndex(item, value);
  const { scale } = item;
  if (index < 0 || (scale.kind !== "nominal" && scale.kind !== "ordinal"))
    throw new Error(`item ${item.name}: ${JSON.stringify(value)} is not among its options`);
  const text =
    form === "label"
      ? scale.options[index]!.label
      : form === "code"
        ? String(codeOf(item, index))
        : keyAt(order ? order.indexOf(index) : index);
  return template.lowercase ? text.toLowerCase() : text;
}

/** The texts of all options of an item, in the codebook's order; undefined where the item has no list of options. */
export function optionTexts(template: Template, item: Item, order?: readonly number[]): string[] | undefined {
  return answerOptions(item)?.map((option) => answerText(template, item, option.value, order));
}

/** How answers to this item are written; undefined for numbers. */
export function formOf(template: Template, item: Item): AnswerForm | undefined {
  const { kind } = item.scale;
  return template.answer[kind];
}

/**
 * The order in which an item's options are shown to a person: nominal options permuted with anchored ones kept at
 * their places, worded ordinal ones forwards or backwards; undefined where the codebook's order is used.
 */
export function optionOrder(
  template: Template,
  item: Item,
  seed: number,
  personId: string,
  permute = template.permute,
): number[] | undefined {
  const { scale } = item;
  if (!permute || (scale.kind !== "nominal" && scale.kind !== "ordinal")) return undefined;
  const draw = random(seed, "option order", personId, item.name);
  const free = scale.options.flatMap((option, i) => (option.anchored ? [] : [i]));
  let shuffled: number[];
  if (scale.kind === "nominal") shuffled = draw.permutation(free.length).map((i) => free[i]!);
  else if (formOf(template, item) === "code") return undefined;
  else shuffled = draw() < 0.5 ? free : free.toReversed();
  const next = shuffled[Symbol.iterator]();
  return scale.options.map((option, i) => (option.anchored ? i : next.next().value!));
}

/** The number of an option: its value where that is one, otherwise its place counting from 1. */
function codeOf(item: Item, index: number): number {
  const { scale } = item;
  if (scale.kind !== "nominal" && scale.kind !== "ordinal") throw new Error(`item ${item.name} has no options`);
  const numeric = scale.options.every((option) => typeof option.value === "number");
  return numeric ? (scale.options[index]!.value as number) : index + 1;
}

/** Codes of an item's options in the codebook's order. */
export function optionCodes(item: Item): number[] {
  const { scale } = item;
  return scale.kind === "nominal" || scale.kind === "ordinal" ? scale.options.map((_, i) => codeOf(item, i)) : [];
}

export function optionIndex(item: Item, value: Value): number {
  const { scale } = item;
  if (scale.kind !== "nominal" && scale.kind !== "ordinal") return -1;
  return scale.options.findIndex((option) => String(option.value) === String(value));
}

/** A, B … Z, AA, AB … */
export function keyAt(place: number): string {
  const letter = String.fromCharCode(65 + (place % 26));
  return place < 26 ? letter : keyAt(Math.floor(place / 26) - 1) + letter;
}

function itemOf(codebook: Codebook, name: string): Item {
  const item = codebook.items.find((i) => i.name === name);
  if (!item) throw new Error(`the codebook of ${codebook.name} has no item ${name}`);
  return item;
}

const present = (value: Value | undefined): value is number | string =>
  value !== null && value !== undefined && value !== "" && !(typeof value === "number" && Number.isNaN(value));

const fill = (text: string, values: Record<string, string>) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

const finishOnce = (template: Template, text: string, { cache }: RenderOptions): string =>
  cached(cache, `finish ${text}`, () => finish(template, text));

/** Empty placeholders leave gaps; a reader should not see them. */
function finish(template: Template, text: string): string {
  const tidy = (/[ \t]\n|\n\n\n/.test(text) ? text.replace(/[ \t]+\n/g, "\n").replace(/\n{3,}/g, "\n\n") : text).trim();
  return template.lowercase ? tidy.toLowerCase() : tidy;
}
