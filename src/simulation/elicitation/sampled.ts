/** One answer sampled by the server: under a JSON schema, or as free text mapped to the scale. */
import { requireCapability } from "../../provider/index.js";
import type { Value } from "../../study/index.js";
import { tokenLimit } from "./logprobs.js";
import { answerInText, exactAnswer, keepReply, malformed, refused, unanswered } from "./read.js";
import type { Elicitation, Question } from "./types.js";

export const sampled: Elicitation = {
  name: "sampled",
  deterministic: false,
  check: (provider, item) =>
    requireCapability(provider, "jsonSchema", `eliciting ${item.name} by sampled structured answers`),
  request: (question, provider, seed) => ({
    ...tokenLimit(provider, 60),
    temperature: 1,
    ...(provider.capabilities.seed ? { seed } : {}),
    response_format: {
      type: "json_schema",
      json_schema: {
        name: "answer",
        strict: true,
        schema: {
          type: "object",
          properties: { answer: answerSchema(question) },
          required: ["answer"],
          additionalProperties: false,
        },
      },
    },
  }),
  keep: keepReply,
  read(reply, question) {
    const no = refused(reply);
    if (no) return no;
    const text = reply.content ?? "";
    const json = jsonIn(text);
    if (json !== undefined) {
      const value =
        typeof json === "object" && json !== null && "answer" in json
          ? exactAnswer(String(json.answer), question)
          : undefined;
      return value === undefined ? unanswered(reply, "not an answer on the scale") : { value };
    }
    const value = exactAnswer(text, question);
    return value === undefined ? unanswered(reply, "not JSON") : { value, ignoredSchema: true };
  },
};

export const text: Elicitation = {
  name: "text",
  deterministic: false,
  check: () => undefined,
  request: (_, provider, seed) => ({
    ...tokenLimit(provider, 40),
    temperature: 1,
    ...(provider.capabilities.seed ? { seed } : {}),
  }),
  keep: keepReply,
  read(reply, question) {
    const no = refused(reply);
    if (no) return no;
    const value: Value | undefined = answerInText(reply.content ?? "", question);
    return value === undefined ? unanswered(reply, "no answer on the scale in") : { value };
  },
};

/** An answer in the model's own words, for a coder to map. */
export const ownWords: Elicitation = {
  name: "text",
  deterministic: false,
  check: () => undefined,
  request: (question, provider, seed) => ({
    messages: [
      ...question.messages.slice(0, -1),
      {
        role: "user",
        content:
          question.messages.at(-1)!.content +
          "\nNot in the form above, though: say in your own words, in one or two sentences, what this participant answers.",
      },
    ],
    ...tokenLimit(provider, 120),
    temperature: 1,
    ...(provider.capabilities.seed ? { seed } : {}),
  }),
  keep: keepReply,
  read(reply) {
    const said = reply.content?.trim();
    return refused(reply) ?? (said ? { value: said } : malformed("nothing was said"));
  },
};

function answerSchema(question: Question): object {
  if (question.texts && question.texts.length <= 100) return { type: "string", enum: shown(question) };
  const { scale } = question.item;
  if (scale.kind === "interval")
    return {
      type: Number.isInteger(scale.step) && Number.isInteger(scale.min) ? "integer" : "number",
      minimum: scale.min,
      maximum: scale.max,
    };
  if (scale.kind === "count")
    return { type: "integer", minimum: 0, ...(scale.max === undefined ? {} : { maximum: scale.max }) };
  return { type: "string", enum: shown(question) };
}

/** Option texts in the order they were shown. */
const shown = ({ texts, order }: Question) => (order ? order.map((i) => texts![i]!) : texts!);

/** JSON in a reply, also inside a code fence. */
export function jsonIn(text: string): unknown {
  const body = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1] ?? text;
  if (!body.trim().startsWith("{")) return undefined;
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
