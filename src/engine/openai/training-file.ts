/** Reads and checks chat-format training data line by line, by OpenAI's rules, naming the line of each error. */
import { inTurns } from "../../study/turns.js";
import type { TrainingExample } from "../types.js";

export interface TrainingFileProblem {
  line: number;
  message: string;
}

const roles = ["system", "developer", "user", "assistant"];

export interface TrainingFile {
  examples: TrainingExample[];
  /** The line of each example. */
  lines: number[];
  problems: TrainingFileProblem[];
}

/** Examples of a JSONL file and every problem found in it. Empty lines are skipped, as OpenAI does. */
export async function parseTrainingFile(content: string): Promise<TrainingFile> {
  const file: TrainingFile = { examples: [], lines: [], problems: [] };
  for (const read of await inTurns(readLines(content)))
    if ("message" in read) file.problems.push(read);
    else {
      file.examples.push(read.example);
      file.lines.push(read.line);
    }
  return file;
}

function* readLines(content: string): Generator<{ line: number; example: TrainingExample } | TrainingFileProblem> {
  for (const [i, raw] of content.split(/\r?\n/).entries()) {
    const text = i === 0 ? raw.replace(/^\uFEFF/, "") : raw;
    if (!text.trim()) continue;
    const line = i + 1;
    let parsed: unknown;
    try {
      parsed = JSON.parse(text);
    } catch (error) {
      yield { line, message: `cannot be parsed as JSON (${(error as Error).message})` };
      continue;
    }
    const message = checkExample(parsed);
    yield message ? { line, message } : { line, example: normalise(parsed as TrainingExample) };
  }
}

/** What is wrong with one example; undefined when it is right. */
export function checkExample(example: unknown): string | undefined {
  if (typeof example !== "object" || example === null || Array.isArray(example)) return "must be a JSON object";
  const { messages, tools, functions } = example as { messages?: unknown; tools?: unknown[]; functions?: unknown[] };
  if (!Array.isArray(messages)) return 'must have a "messages" array';
  if (!messages.length) return '"messages" must not be empty';
  if (tools?.length || functions?.length) return "has tools, which are not done here";
  for (const [j, message] of messages.entries()) {
    const at = `messages[${j}]`;
    if (typeof message !== "object" || message === null) return `${at} must be an object`;
    const { role, content: given, weight, options, ...more } = message as Record<string, unknown>;
    for (const [key, value] of Object.entries(more))
      if (value !== null && key !== "name")
        return `${at} has the unknown key ${JSON.stringify(key)}; known: role, content, name, weight, options`;
    if (typeof role !== "string" || !roles.includes(role))
      return `${at}.role must be one of ${roles.join(", ")}, found ${JSON.stringify(role)}`;
    const content = textOf(given);
    if (content === undefined)
      return `${at}.content must be a string or text parts, found ${JSON.stringify(given)?.slice(0, 100)}`;
    if (!content && role === "assistant") return `${at}.content must not be empty`;
    if (weight !== undefined && weight !== 0 && weight !== 1) return `${at}.weight must be 0 or 1`;
    if (weight !== undefined && role !== "assistant") return `${at}.weight is allowed only for the assistant`;
    const wrong = options === undefined ? undefined : checkOptions(options, content);
    if (wrong) return `${at}.options ${wrong}`;
  }
  const last = messages.at(-1) as { role: string };
  if (last.role !== "assistant") return "must end with a message from the assistant";
  const learned = messages.some((m: { role: string; weight?: number }) => m.role === "assistant" && m.weight !== 0);
  if (!learned) return "must have an assistant message with weight 1";
  return undefined;
}

/** A content's text: given as it is, or as OpenAI's text parts; undefined where it is neither. */
function textOf(content: unknown): string | undefined {
  if (typeof content === "string") return content;
  if (!Array.isArray(content)) return undefined;
  const texts = content.map((part: { type?: unknown; text?: unknown } | null) =>
    part?.type === "text" && typeof part.text === "string" ? part.text : undefined,
  );
  return texts.includes(undefined) ? undefined : texts.join("");
}

/** The extension field for distribution loss: {text: string[], target?: number[], ordered?: boolean}. */
function checkOptions(options: unknown, content: string): string | undefined {
  const { text, target } = (options ?? {}) as { text?: unknown; target?: unknown };
  if (!Array.isArray(text) || !text.every((t) => typeof t === "string")) return "must have a text array of strings";
  if (!text.includes(content)) return `must contain the message's content ${JSON.stringify(content)}`;
  if (target === undefined) return undefined;
  if (!Array.isArray(target) || target.length !== text.length) return "target needs one probability an option";
  const sum = target.reduce((a: number, b: number) => a + b, 0);
  if (target.some((p) => typeof p !== "number" || p < 0) || Math.abs(sum - 1) > 1e-6)
    return `target must be probabilities that sum to 1, they sum to ${sum}`;
  return undefined;
}

function normalise(example: TrainingExample): TrainingExample {
  return {
    messages: example.messages.map((m) => {
      const role = (m.role as string) === "developer" ? "system" : m.role;
      const { weight, options } = m;
      return {
        role,
        content: textOf(m.content)!,
        ...(weight === undefined ? {} : { weight }),
        ...(options ? { options } : {}),
      };
    }),
  };
}

/** Problems as one message, the first ten by line. */
export function describeProblems(problems: readonly TrainingFileProblem[]): string {
  const shown = problems.slice(0, 10).map((p) => `line ${p.line} ${p.message}`);
  if (problems.length > 10) shown.push(`and ${problems.length - 10} more`);
  return shown.join("; ");
}
