/** From people to training examples: one interview a person, only their answers learned. */
import { isOrdered } from "../study/scale.js";
import { inTurns } from "../study/turns.js";
import { random } from "../study/index.js";
import type { Item, Respondents, Row } from "../study/index.js";
import type { TrainingExample } from "../engine/types.js";
import { checkExample, describeProblems, type ExampleMaking } from "../engine/openai/index.js";
import { estimatingMargins, spreadAnswers } from "./margins.js";
import { answersOf, isMissing } from "../simulation/interview.js";
import { answerText, optionTexts, renderInterview } from "../simulation/prompt.js";
import type { Template } from "../simulation/template.js";
import { templateOf } from "../simulation/templates/index.js";

export interface ExampleOptions extends ExampleMaking {
  /** Name of a prompt template or one of your own; default "plain". */
  template?: string | Template;
  /** Default true; false leaves the person's attributes out of the prompt. */
  demographics?: boolean;
  /** Seed of the order in which options are shown. */
  seed?: number;
  /** Whether nominal options are shown in a random order; default as the template says. */
  permute?: boolean;
  /** Adds each answer's options, which losses on option probabilities and smoothing need. OpenAI's own format has none. */
  options?: boolean;
}

/** One training conversation a person (and the copies asked for behind them); people without any answer are left out. */
export function trainingExamples(people: Respondents, options: ExampleOptions = {}): TrainingExample[] {
  return [...interviews(people, options)].filter((example) => example !== undefined);
}

/** Undefined where only time has passed. */
function* interviews(people: Respondents, options: ExampleOptions): Generator<TrainingExample | undefined> {
  const template = templateOf(options.template ?? "plain");
  const seed = options.seed ?? 0;
  const { copies, share, below = Infinity, actionsFrom = 0 } = options.attributeDropout ?? { copies: 0, share: 0 };
  const known = people.items("attribute", "treatment").map((item) => item.name);
  const draw = random(seed, "attribute dropout");
  const rows = people.ids.map((_, i) => people.row(i));
  const variants = [rows];
  for (let copy = 0; copy < copies && people.n < below; copy++)
    variants.push(
      rows.map((row) => {
        const dropped = known.filter(() => draw() < share);
        return { ...row, ...Object.fromEntries(dropped.map((name) => [name, null])) };
      }),
    );
  const margins = new Map<string, Map<string, number>>();
  const marginOf = (item: Item) => {
    let margin = margins.get(item.name);
    if (margin) return margin;
    margins.set(item.name, (margin = new Map()));
    const said = people.column(item.name).filter((value) => !isMissing(value));
    for (const value of said) {
      const text = answerText(template, item, value!);
      margin.set(text, (margin.get(text) ?? 0) + 1 / said.length);
    }
    return margin;
  };
  const width = options.marginSmoothing?.spread;
  const spreads = options.options && width ? yield* spreadsOf(people, template, marginOf, width) : undefined;
  const targetOf = (item: Item, text: readonly string[], answer: string, order?: readonly number[]) => {
    const added = options.marginSmoothing?.[item.role === "action" ? "actions" : "beliefs"];
    if (added === undefined || order) return undefined;
    const others = added / (added + people.n);
    let target: number[];
    const spread = spreads?.get(item.name);
    if (spread) {
      const { margin, rows } = spread;
      const own = rows.get(answer)!;
      target = text.map((t) => others * margin.get(t)! + (1 - others) * own.get(t)!);
    } else {
      if (!added) return undefined;
      const margin = marginOf(item);
      target = text.map((t) => others * (margin.get(t) ?? 0) + (t === answer ? 1 - others : 0));
    }
    const total = target.reduce((a, b) => a + b, 0);
    return target.map((p) => p / total);
  };
  const interview = (row: Row, i: number, copy: number): TrainingExample[] => {
    const answers = answersOf(people, i, template, seed, options.permute);
    const learned = (item: string) => !copy || people.n >= actionsFrom || people.item(item).role !== "action";
    if (!answers.some(({ item }) => learned(item))) return [];
    const messages = renderInterview(template, people.codebook, row, answers, {
      ...(options.demographics === undefined ? {} : { demographics: options.demographics }),
    });
    let next = 0;
    return [
      {
        messages: messages.map((message) => {
          if (message.role !== "assistant") return message;
          const { item: name, order } = answers[next++]!;
          if (!learned(name)) return { ...message, weight: 0 };
          if (!options.options) return message;
          const item = people.item(name);
          // Options may be written alike (a long interval in percent): they are one answer.
          const text = [...new Set(optionTexts(template, item, order))];
          if (!text.length) return message;
          const target = targetOf(item, text, message.content, order);
          return { ...message, options: { text, ordered: isOrdered(item), ...(target && { target }) } };
        }),
      },
    ];
  };
  for (const [copy, those] of variants.entries())
    for (const [i, row] of those.entries()) yield* interview(row, i, copy);
}

interface Spread {
  /** Estimated share of each answer among all people. */
  margin: Map<string, number>;
  /** By the answer given. */
  rows: Map<string, Map<string, number>>;
}

/** For each ordered item of three or more options. */
function* spreadsOf(
  people: Respondents,
  template: Template,
  marginOf: (item: Item) => ReadonlyMap<string, number>,
  width: number,
): Generator<undefined, Map<string, Spread>> {
  const items = people.items("belief", "action").flatMap((item) => {
    const options = isOrdered(item) ? [...new Set(optionTexts(template, item))] : [];
    const said = people.column(item.name).filter((value) => !isMissing(value)).length;
    if (options.length < 3 || !said) return [];
    const from = options.map((t) => marginOf(item).get(t) ?? 0);
    return [{ item, options, from, counts: from.map((share) => Math.round(share * said)) }];
  });
  const spreads = new Map<string, Spread>();
  for (const length of new Set(items.map(({ options }) => options.length))) {
    const alike = items.filter(({ options }) => options.length === length);
    const margins = yield* estimatingMargins(alike.map(({ counts }) => counts));
    for (const [i, { item, options, from }] of alike.entries()) {
      yield;
      const named = (values: readonly number[]) => new Map(options.map((t, k) => [t, values[k]!]));
      const rows = spreadAnswers(from, margins[i]!, width);
      spreads.set(item.name, {
        margin: named(margins[i]!),
        rows: new Map(rows.flatMap((row, k) => (row ? [[options[k]!, named(row)]] : []))),
      });
    }
  }
  return spreads;
}

/** Training examples as JSON lines, each checked by OpenAI's rules. */
export function toJSONL(examples: readonly TrainingExample[]): string {
  return [...jsonLines(examples)].join("");
}

function* jsonLines(examples: Iterable<TrainingExample | undefined>): Generator<string> {
  let line = 0;
  for (const example of examples) {
    if (!example) {
      yield "";
      continue;
    }
    line++;
    const text = JSON.stringify(example);
    const message = checkExample(JSON.parse(text));
    if (message) throw new Error(`training examples are not valid: ${describeProblems([{ line, message }])}`);
    yield `${text}\n`;
  }
}

/** The people's answers as OpenAI's finetuning JSONL, for a service or a GPU machine of your own. */
export function exportJSONL(people: Respondents, options: ExampleOptions = {}): string {
  return toJSONL(trainingExamples(people, options));
}

/** The same text, made person by person while timers and widgets go on. */
export async function makeJSONL(people: Respondents, options: ExampleOptions = {}): Promise<string> {
  return (await inTurns(jsonLines(interviews(people, options)))).join("");
}
