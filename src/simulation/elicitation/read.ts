/** From a model's words to a value of the scale. */
import { parseAnswer } from "../../study/scale.js";
import type { Value } from "../../study/index.js";
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

/** An answer somewhere in free text: exact, or the only option named, or the only number that fits the scale. */
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
    return found.length === 1 ? values![found[0]!] : undefined;
  }
  const numbers = [...new Set(text.match(/-?\d+(\.\d+)?/g) ?? [])].map((n) => exactAnswer(n, question));
  const fitting = numbers.filter((n) => n !== undefined);
  return numbers.length === 1 && fitting.length === 1 ? fitting[0] : undefined;
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

export const malformed = (detail: string): Reading => ({ problem: "malformed", detail });
