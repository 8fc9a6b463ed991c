/** From a model's words to a value of the scale. */
import { parseAnswer } from "../../study/scale.js";
import type { Item, Value } from "../../study/index.js";
import type OpenAI from "openai";
import type { Question, RawReply, Reading } from "./types.js";

/** An answer written as asked for: an option's text, its label, its value, or a number on the scale. */
export function exactAnswer(text: string, question: Question): Value | undefined {
  const said = clean(text);
  if (said === "") return undefined;
  const { texts, values, item } = question;
  if (texts && values) {
    const found = texts.findIndex((t) => t.toLowerCase() === said.toLowerCase());
    if (found >= 0) return values[found];
    if (question.template.answer[item.scale.kind] === "position") return undefined;
  }
  const value = parseAnswer({ ...item, missing: [] }, said);
  return value === null ? undefined : value;
}

/**
 * An answer somewhere in free text: exact, or the only option named, or the only number, in digits or words; of an
 * interval the step nearest to it, where it is within the scale.
 */
export function answerInText(text: string, question: Question): Value | undefined {
  const exact = exactAnswer(text, question);
  if (exact !== undefined) return exact;
  const { item, texts, values } = question;
  const said = ` ${text.toLowerCase().replaceAll(/[^\p{L}\p{N}.-]+/gu, " ")} `;
  if (item.scale.kind === "nominal" || item.scale.kind === "ordinal") {
    const named = item.scale.options.filter((o) =>
      said.includes(
        ` ${o.label
          .toLowerCase()
          .replaceAll(/[^\p{L}\p{N}.-]+/gu, " ")
          .trim()} `,
      ),
    );
    if (named.length === 1) return named[0]!.value;
    // "B." or "(B)" or "Answer: 3"
    const found = (texts ?? []).flatMap((t, i) =>
      new RegExp(`(^|[^\\p{L}\\p{N}])${escape(t)}($|[^\\p{L}\\p{N}])`, "u").test(text) ? [i] : [],
    );
    if (found.length === 1) return values![found[0]!];
    const [number, another] = found.length || item.scale.kind === "nominal" ? [] : numbersIn(text);
    const at = number === undefined || another !== undefined ? -1 : texts!.indexOf(String(number));
    return at < 0 ? undefined : values![at];
  }
  const numbers = numbersIn(text, item.scale.kind === "count");
  return numbers.length === 1 ? onScale(item, numbers[0]!) : undefined;
}

/**
 * Different numbers in a text: digits ("1,000", "7.5"), or else English number words up to 999 ("seventy-five"). "One"
 * is mostly no number ("no one", "the one I mean"): in longer texts it counts only where `one` says so.
 */
export function numbersIn(text: string, one = false): number[] {
  const digits = text.replaceAll(/(?<=\d),(?=\d{3}(?!\d))/g, "").match(/(?<![\d.])-?\d+(\.\d+)?/g) ?? [];
  if (digits.length) return [...new Set(digits.map(Number))];
  const words = new Set(
    numbersInWords(text.replaceAll(/\b(no|any|some|every|this|that|each|which|the)[\s-]ones?\b/gi, " , ")),
  );
  if (words.size > 1 || (!one && text.trim().split(/\s+/).length > 3)) words.delete(1);
  return [...words];
}

const units =
  "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen".split(
    " ",
  );
const tens = "twenty thirty forty fifty sixty seventy eighty ninety".split(" ");

function numbersInWords(text: string): number[] {
  const found: number[] = [];
  let sum: number | undefined;
  let last = Infinity;
  const end = () => {
    if (sum !== undefined) found.push(sum);
    sum = undefined;
    last = Infinity;
  };
  for (const word of text.toLowerCase().match(/[\p{L}\p{N}]+|[^\p{L}\p{N}\s-]/gu) ?? []) {
    const unit = units.indexOf(word);
    const ten = tens.indexOf(word);
    if (word === "and" && last === 100) continue;
    const value = unit >= 0 ? unit : ten >= 0 ? 20 + 10 * ten : undefined;
    if (word === "hundred") {
      sum = (sum !== undefined && sum < 10 ? sum : 1) * 100;
      last = 100;
    } else if (value === undefined) end();
    else {
      // "seventy five" is one number, "five seventy" are two; a unit after a unit begins another.
      if (sum !== undefined && !(last === 100 || (last >= 20 && value < 10 && value > 0))) end();
      sum = (sum ?? 0) + value;
      last = value;
    }
  }
  end();
  return found;
}

/** The step of the scale nearest to a number within it; undefined for one outside. */
function onScale(item: Item, number: number): Value | undefined {
  const exact = parseAnswer({ ...item, missing: [] }, number);
  if (exact !== undefined && exact !== null) return exact;
  const { scale } = item;
  if (scale.kind !== "interval" || number < scale.min || number > scale.max) return undefined;
  const step = scale.min + Math.round((number - scale.min) / scale.step) * scale.step;
  return parseAnswer({ ...item, missing: [] }, Number(Math.min(step, scale.max).toPrecision(12))) ?? undefined;
}

const escape = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const clean = (text: string) =>
  text
    .trim()
    .replace(/^["'`(]+|["'`)]+$/g, "")
    .replace(/[.)]$/, "")
    .trim();

/** What every elicitation keeps of a reply. */
export function keepReply(completion: OpenAI.ChatCompletion): RawReply {
  const choice = completion.choices[0]!;
  const { content, refusal } = choice.message;
  return {
    ...(content ? { content } : {}),
    ...(refusal ? { refusal } : {}),
    finish: choice.finish_reason,
  };
}

/** A refusal or an empty answer, before an elicitation reads what was said. */
export function refused(reply: RawReply): Reading | undefined {
  if (reply.refusal) return { problem: "refused", detail: reply.refusal };
  if (reply.finish === "content_filter") return { problem: "refused", detail: "the server's content filter" };
  return undefined;
}

const refusing =
  /^\W*(i['’]?m (very )?sorry|sorry\b|i apologi[sz]e|i can(not|['’]t)|i(['’]m| am) (unable|not able)|as an? (ai|language model))/i;

/** A reply without a readable answer: refused where it says so in words, otherwise malformed. */
export const unanswered = (reply: RawReply, why: string): Reading => ({
  problem: refusing.test(reply.content ?? "") ? "refused" : "malformed",
  detail: `${why}${reply.finish === "length" ? " (cut off at its token limit)" : ""}: ${JSON.stringify((reply.content ?? "").slice(0, 200))}`,
});

export const malformed = (detail: string): Reading => ({ problem: "malformed", detail });
