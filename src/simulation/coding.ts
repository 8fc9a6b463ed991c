/**
 * Coding of answers in a model's own words, as survey research codes open answers: a model is shown the question, the
 * possible answers and what was said, and names the answer that was meant, or none.
 */
import type { Item, Option, Value } from "../study/index.js";
import { answerInText, keepReply, malformed, refused } from "./elicitation/read.js";
import { jsonIn } from "./elicitation/sampled.js";
import { tokenLimit } from "./elicitation/logprobs.js";
import type { Question, RawReply, Reading } from "./elicitation/index.js";
import { sha256Of } from "./hash.js";
import type { Ledger } from "./ledger/ledger.js";
import type { Plan, PlannedItem } from "./plan.js";
import { Refused, type Sent } from "./runner/sender.js";

/** Where an answer belongs. */
export interface Place {
  person: string;
  draw: number;
  attempt: number;
}

const version = "coding@1";
const none = "none of these";
/** The most answers listed; numbers on longer scales are asked for as numbers. */
const mostListed = 100;

const instruction =
  "You code answers of participants of a survey: you say which of the possible answers a participant meant, whatever " +
  `the right or likely answer would be. Where what was said is none of them, or more than one, say "${none}".`;

/** `send` is given the same key for the same text, question and coder: what was coded once is not coded again. */
export function createCoder(
  plan: Plan,
  ledger: Ledger,
  send: (body: Record<string, unknown>, key: string) => Promise<Sent>,
) {
  const { provider, coder } = plan;
  const coming = new Map<string, Promise<Reading>>();

  async function code(planned: PlannedItem, question: Question, said: string, place: Place): Promise<Reading> {
    const body = codingBody(plan, planned.item, said);
    const key = sha256Of(JSON.stringify([version, provider.baseURL, coder, body])).slice(0, 32);
    const recorded = ledger.get(key);
    if (recorded) return readCoding(recorded.reply, question, said);
    let reading = coming.get(key);
    if (!reading) {
      reading = ask(planned, question, said, place, body, key);
      coming.set(key, reading);
      const done = () => coming.delete(key);
      reading.then(done, done);
    }
    return reading;
  }

  async function ask(
    planned: PlannedItem,
    question: Question,
    said: string,
    place: Place,
    body: Record<string, unknown>,
    key: string,
  ): Promise<Reading> {
    let sent: Sent | undefined;
    let reply: RawReply;
    try {
      sent = await send(body, key);
      reply = keepReply(sent.completion);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      reply = { refusal: error.message };
    }
    const reading = readCoding(reply, question, said);
    ledger.add({
      key,
      item: planned.item.name,
      ...place,
      order: null,
      seed: plan.seed,
      reply,
      value: "value" in reading && reading.value !== undefined ? reading.value : null,
      ...("problem" in reading ? { problem: reading.problem } : {}),
      tokens: sent?.tokens ?? [0, 0],
      costUSD: sent?.costUSD ?? 0,
      elicitation: "coding",
      model: coder!,
      fingerprint: sent?.completion.system_fingerprint ?? `${provider.baseURL}|${coder}`,
      template: version,
      time: new Date().toISOString(),
    });
    return reading;
  }

  return code;
}

/** The request that asks for the meaning of what was said. */
export function codingBody(
  { provider, coder, model, options }: Plan,
  item: Item,
  said: string,
): Record<string, unknown> {
  const answers = listed(item);
  const asked = answers
    ? `Possible answers:\n${answers.map((o) => `- ${o.label}`).join("\n")}\n- ${none}`
    : `The answer is a number${bounds(item)}, or "${none}".`;
  const own = coder !== model.id;
  return {
    ...(own ? { model: coder } : {}),
    messages: [
      { role: "system", content: instruction },
      {
        role: "user",
        content: `Question: ${item.text}\n\n${asked}\n\nThe participant said: ${JSON.stringify(said)}\n\nWhich answer was meant?`,
      },
    ],
    ...tokenLimit(provider, options.answerTokens ?? 60),
    temperature: 0,
    ...(provider.capabilities.jsonSchema
      ? {
          response_format: {
            type: "json_schema",
            json_schema: { name: "coding", strict: true, schema: schema(answers) },
          },
        }
      : {}),
    ...(own ? {} : options.extra),
  };
}

/** What the coder says, as a value of the scale. */
export function readCoding(reply: RawReply, question: Question, said: string): Reading {
  const no = refused(reply);
  if (no) return no;
  const content = reply.content ?? "";
  const json = jsonIn(content);
  const named = typeof json === "object" && json !== null && "answer" in json ? String(json.answer) : content;
  if (named.toLowerCase().includes(none))
    return malformed(`coded as none of the answers: ${JSON.stringify(said.slice(0, 200))}`);
  const answers = listed(question.item);
  const exact = answers?.find((o) => o.label.toLowerCase() === named.trim().toLowerCase());
  // Letters and codes of the prompt mean nothing to the coder: only labels and numbers are looked for.
  const value: Value | undefined = exact?.value ?? answerInText(named, { ...question, texts: [], values: [] });
  return value === undefined || value === null
    ? malformed(`the coder answered ${JSON.stringify(content.slice(0, 100))} to ${JSON.stringify(said.slice(0, 100))}`)
    : { value };
}

/** Answers in words, each told from the others; undefined for numbers. */
function listed({ scale }: Item): Option[] | undefined {
  if (scale.kind !== "nominal" && scale.kind !== "ordinal") return undefined;
  const twice = new Set(scale.options.map((o) => o.label.toLowerCase())).size < scale.options.length;
  return scale.options.map((o) => (twice ? { ...o, label: `${o.value} (${o.label})` } : { ...o }));
}

function bounds({ scale }: Item): string {
  if (scale.kind === "interval") return ` from ${scale.min} to ${scale.max}${scale.unit ? ` (${scale.unit})` : ""}`;
  if (scale.kind === "count") return ` from 0${scale.max === undefined ? "" : ` to ${scale.max}`}`;
  return "";
}

const schema = (answers: readonly Option[] | undefined) => ({
  type: "object",
  properties: {
    answer:
      answers && answers.length <= mostListed
        ? { type: "string", enum: [...answers.map((o) => o.label), none] }
        : { type: "string" },
  },
  required: ["answer"],
  additionalProperties: false,
});
