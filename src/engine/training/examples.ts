/** Conversations to training rows: which tokens are learned, which options stood beside an answer. */
import { EngineError } from "../errors.js";
import type { LossKind } from "../model/heads.js";
import { optionTree } from "../model/tree.js";
import { checkMessages, type ChatTokenizer } from "../tokenizer.js";
import type { TrainingExample } from "../types.js";
import type { OptionGroup, Target, TrainingRow } from "./trainer.js";

export interface RowOptions {
  loss: LossKind;
  /** Share of an ordered option's target given to its neighbours, half to each; on scales of up to 21 options. */
  smoothing: number;
  contextLength: number;
}

/** Longer scales are answered in round numbers: the next point is an answer that hardly anybody gives. */
const SMOOTHED_UP_TO = 21;

/** Options aimed at less than this need no example of where they end. */
const RARE = 0.01;

type Message = TrainingExample["messages"][number];

/** Turns examples into rows. Errors name the example's number, and its set where it is not the training set. */
export function trainingRows(
  tokenizer: ChatTokenizer,
  examples: TrainingExample[],
  options: RowOptions,
  set: "training" | "validation" = "training",
): TrainingRow[] {
  if (!Array.isArray(examples)) throw new EngineError("bad_example", `the ${set} examples must be an array`, { set });
  if (!examples.length) throw new EngineError("bad_example", `there are no ${set} examples`, { set });
  const ended = endsGiven(tokenizer, examples);
  const rows = examples.map((example, i) => {
    const place = { line: i + 1, set };
    if (typeof example !== "object" || example === null)
      throw new EngineError(
        "bad_example",
        `example ${i + 1} must be an object with messages, not ${JSON.stringify(example)}`,
        place,
      );
    try {
      return trainingRow(tokenizer, example, i + 1, options, ended);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      const where = set === "validation" && !error.message.startsWith(set) ? "validation " : "";
      throw new EngineError(error.code, where + error.message, place, { cause: error });
    }
  });
  if (options.loss !== "cross-entropy" && set === "training" && rows.every((row) => !row.groups))
    throw new EngineError(
      "bad_option",
      `the loss ${options.loss} is one of option probabilities, and no answer carries its options. Give each answer options: { text: ["1", "2", …], ordered: true }, or take the loss cross-entropy.`,
    );
  return rows;
}

function trainingRow(
  tokenizer: ChatTokenizer,
  { messages }: TrainingExample,
  line: number,
  options: RowOptions,
  ended: ReadonlySet<number | undefined>,
): TrainingRow {
  checkMessages(messages, line);
  const bad = (why: string) => new EngineError("bad_example", `example ${line}: ${why}`, { line });
  if (!messages.some((m) => m.role === "assistant" && m.weight !== 0))
    throw bad("no assistant message to learn (one with a weight other than 0)");
  const ids: number[] = [],
    targets: Target[] = [],
    choices: { end: number; answer: number[]; message: Message; target: number[] }[] = [];
  let seen = "";
  messages.forEach((message, i) => {
    if (message.role !== "assistant") return;
    const prompt = tokenizer.promptText(messages.slice(0, i));
    if (!prompt.startsWith(seen))
      throw bad(
        "the model's chat template rewrites earlier turns, so that several answers cannot be learned in one conversation. Give one example for each answer.",
      );
    ids.push(...tokenizer.encode(prompt.slice(seen.length)));
    const answer = tokenizer.answer(message.content);
    const end = ids.length - 1;
    ids.push(...answer);
    seen = prompt + tokenizer.answerText(message.content);
    if (message.weight === 0) return;
    if (message.content === "") throw bad(`message ${i + 1} (assistant) is empty, so there is nothing to learn`);
    const target = optionTarget(message, options.smoothing, (why) => bad(`message ${i + 1}: ${why}`));
    const certain = !target || (options.loss === "cross-entropy" && target.filter((p) => p > 0).length === 1);
    if (certain) answer.forEach((token, k) => targets.push({ at: end + k, token, weight: 1 }));
    else choices.push({ end, answer, message, target });
  });
  const parents = ids.map((_, i) => i - 1);
  const groups: OptionGroup[] = [];
  for (const { end, answer, message, target } of choices) {
    // With cross-entropy only options that are aimed at need their tokens on the row.
    const cross = options.loss === "cross-entropy";
    const kept = message.options!.text.map((_, o) => o).filter((o) => !cross || target[o]! > 0);
    const tree = optionTree(kept.map((o) => tokenizer.answer(message.options!.text[o]!)));
    // Aimed at are the tokens that tell options apart. That an answer ends where it must is learned from those that were
    // given, and hardly matters for what is hardly aimed at: otherwise every option of a long scale would take a token of
    // the row to be followed by its end.
    const after = new Map<number, Set<number>>();
    for (const path of tree.options)
      for (const { node, token } of path) after.set(node, (after.get(node) ?? new Set()).add(token));
    const aimed = tree.options.map((path, o) => {
      const { node } = path.at(-1)!;
      const known = ended.has(tree.nodes[node]?.token) || target[kept[o]!]! < RARE;
      return cross && known && path.length > 1 && after.get(node)!.size === 1 ? path.slice(0, -1) : path;
    });
    const needed = new Set<number>();
    for (const { node } of aimed.flat())
      for (let n = node; n >= 0 && !needed.has(n); n = tree.nodes[n]!.parent) needed.add(n);
    // The given answer's tokens are on the row already; other options branch off it behind the row's end.
    const at: number[] = [];
    const depth: number[] = [];
    tree.nodes.forEach(({ token, parent }, n) => {
      if (!needed.has(n)) return;
      depth[n] = parent < 0 ? 0 : depth[parent]! + 1;
      const before = parent < 0 ? end : at[parent]!;
      const onRow = before === end + depth[n]! && answer[depth[n]!] === token;
      at[n] = onRow ? before + 1 : ids.push(token) - 1;
      if (!onRow) parents.push(before);
    });
    const place = (node: number) => (node < 0 ? end : at[node]!);
    const members = aimed.map((o) => o.map(({ node, token }) => ({ at: place(node), token })));
    if (!cross) groups.push({ options: members, target, weight: 1, ordered: Boolean(message.options!.ordered) });
    else {
      members.forEach((member, o) => {
        for (const m of member) targets.push({ ...m, weight: target[kept[o]!]! });
      });
      const last = answer.length - 1;
      if (!targets.some((t) => t.at === end + last)) targets.push({ at: end + last, token: answer[last]!, weight: 1 });
    }
  }
  if (ids.length > options.contextLength)
    throw new EngineError(
      "too_long",
      `example ${line} has ${ids.length} tokens, the model takes ${options.contextLength}. Shorten it, or split it into several examples.`,
      { line },
    );
  const branched = ids.length > 0 && parents.some((p, i) => p !== i - 1);
  return { ids, targets, ...(branched && { parents }), ...(groups.length && { groups }) };
}

/** Tokens behind which an answer that was given ends. */
function endsGiven(tokenizer: ChatTokenizer, examples: TrainingExample[]): ReadonlySet<number | undefined> {
  const ended = new Set<number | undefined>();
  const texts = new Set(
    examples.flatMap((example) =>
      // What is no list of messages is refused with its number later.
      Array.isArray(example?.messages)
        ? example.messages.filter((m) => m?.role === "assistant" && m.weight !== 0).map((m) => m.content)
        : [],
    ),
  );
  for (const text of texts) if (typeof text === "string" && text !== "") ended.add(tokenizer.answer(text).at(-2));
  return ended;
}

/** Target probabilities of a message's options; undefined where it has none. */
function optionTarget(message: Message, smoothing: number, bad: (why: string) => Error): number[] | undefined {
  const { options } = message;
  if (!options) return undefined;
  const { text } = options;
  if (!Array.isArray(text) || !text.length || new Set(text).size < text.length)
    throw bad(`options.text must be different answers, not ${JSON.stringify(text)}`);
  const n = options.text.length;
  let target: number[];
  if (options.target) {
    const total = options.target.reduce((a, b) => a + b, 0);
    if (options.target.length !== n || options.target.some((p) => !(p >= 0)) || !(total > 0))
      throw bad(`options.target must give each of the ${n} options a probability of 0 or more, not all 0`);
    target = options.target.map((p) => p / total);
  } else {
    const chosen = options.text.indexOf(message.content);
    if (chosen < 0) throw bad(`the answer ${JSON.stringify(message.content)} is none of its options`);
    target = options.text.map((_, o) => (o === chosen ? 1 : 0));
  }
  if (!options.ordered || !smoothing || n < 3 || n > SMOOTHED_UP_TO) return target;
  // At an end of the scale the share for the missing neighbour goes to the end itself.
  const smooth = new Array<number>(n).fill(0);
  target.forEach((p, o) => {
    smooth[o]! += p * (1 - smoothing);
    smooth[Math.max(0, o - 1)]! += (p * smoothing) / 2;
    smooth[Math.min(n - 1, o + 1)]! += (p * smoothing) / 2;
  });
  return smooth;
}
