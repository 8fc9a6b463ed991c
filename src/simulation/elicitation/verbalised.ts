/** The model states how likely each option is; the answer is drawn from that on our side (arXiv 2411.05403). */
import { requireCapability } from "../../provider/index.js";
import { answerOptions } from "../template.js";
import { tokenLimit } from "./logprobs.js";
import { keepReply, malformed, refused, unanswered } from "./read.js";
import { jsonIn } from "./sampled.js";
import type { Elicitation, Question } from "./types.js";

const mostOptions = 30;

export const verbalised: Elicitation = {
  name: "verbalised",
  deterministic: false,
  check(provider, item) {
    requireCapability(provider, "jsonSchema", `eliciting ${item.name} as a stated distribution`);
    const count = answerOptions(item)?.length;
    if (count === undefined || count > mostOptions)
      throw new Error(
        `item ${item.name} has ${count ?? "no list of"} options; a stated distribution takes at most ${mostOptions}`,
      );
  },
  request(question, provider, seed) {
    const keys = shown(question);
    return {
      messages: [
        ...question.messages.slice(0, -1),
        {
          role: "user",
          content:
            question.messages.at(-1)!.content +
            `\nDo not give one answer. State for each possible answer (${keys.join(", ")}) how likely this participant gives it, in percent, as JSON with one number an answer.`,
        },
      ],
      ...tokenLimit(provider, 30 + 12 * keys.length),
      temperature: 0,
      ...(provider.capabilities.seed ? { seed } : {}),
      response_format: {
        type: "json_schema",
        json_schema: {
          name: "distribution",
          strict: true,
          schema: {
            type: "object",
            properties: Object.fromEntries(keys.map((key) => [key, { type: "number", minimum: 0, maximum: 100 }])),
            required: keys,
            additionalProperties: false,
          },
        },
      },
    };
  },
  keep: keepReply,
  read(reply, question) {
    const no = refused(reply);
    if (no) return no;
    const stated = jsonIn(reply.content ?? "");
    if (typeof stated !== "object" || stated === null) return unanswered(reply, "not JSON");
    const weights = question.texts!.map((text) => Number((stated as Record<string, unknown>)[text] ?? 0));
    const total = weights.reduce((a, b) => a + b, 0);
    if (weights.some((w) => !(w >= 0)) || !(total > 0))
      return malformed(`not percentages: ${reply.content!.slice(0, 200)}`);
    return { probabilities: weights.map((w) => w / total), mass: 1 };
  },
};

const shown = ({ texts, order }: Question) => (order ? order.map((i) => texts![i]!) : texts!);
