/** Reads and checks chat-format training data line by line, by OpenAI's rules, naming the line of each error. */
import { inTurns } from "../../study/turns.js";
import type { TrainingExample } from "../types.js";

export interface TrainingFileProblem {
  line: number;
  message: string;
}

const roles = ["system", "developer", "user", "assistant"];

/** Examples of a JSONL file and every problem found in it. Empty lines are skipped, as OpenAI does. */
export async function parseTrainingFile(
  content: string,
): Promise<{ examples: TrainingExample[]; problems: TrainingFileProblem[] }> {
  const examples: TrainingExample[] = [];
  const problems: TrainingFileProblem[] = [];
  for (const read of await inTurns(readLines(content)))
    if ("message" in read) problems.push(read);
    else examples.push(read);
  return { examples, problems };
}

function* readLines(content: string): Generator<TrainingExample | TrainingFileProblem> {
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
    yield message ? { line, message } : normalise(parsed as TrainingExample);
  }
}

/** What is wrong with one example; undefined when it is right. */
export function checkExample(example: unknown): string | undefined {
  if (typeof example !== "object" || example === null || Array.isArray(example)) return "must be a JSON object";
  const { messages } = example as { messages?: unknown };
  if (!Array.isArray(messages)) return 'must have a "messages" array';
  if (!messages.length) return '"messages" must not be empty';
  for (const [j, message] of messages.entries()) {
    const at = `messages[${j}]`;
    if (typeof message !== "object" || message === null) return `${at} must be an object`;
    const { role, content, weight, options } = message as Record<string, unknown>;
    if (typeof role !== "string" || !roles.includes(role))
      return `${at}.role must be one of ${roles.join(", ")}, found ${JSON.stringify(role)}`;
    if (typeof content !== "string") return `${at}.content must be a string, found ${JSON.stringify(content)}`;
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
      const { content, weight, options } = m;
      return { role, content, ...(weight === undefined ? {} : { weight }), ...(options ? { options } : {}) };
    }),
  };
}

/** Problems as one message, the first ten by line. */
export function describeProblems(problems: readonly TrainingFileProblem[]): string {
  const shown = problems.slice(0, 10).map((p) => `line ${p.line} ${p.message}`);
  if (problems.length > 10) shown.push(`and ${problems.length - 10} more`);
  return shown.join("; ");
}
