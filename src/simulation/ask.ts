/** One answer of one person to one item: found in the ledger or asked, read, recorded. */
import { breathe } from "../engine/openai/breathe.js";
import { random } from "../study/index.js";
import type { Value } from "../study/index.js";
import { createCoder } from "./coding.js";
import type { Elicitation, Question, RawReply, Reading } from "./elicitation/index.js";
import { sha256Of, templateHash } from "./hash.js";
import type { Example } from "./interview.js";
import type { Ledger } from "./ledger/ledger.js";
import type { LedgerEntry } from "./ledger/types.js";
import type { Plan, PlannedItem } from "./plan.js";
import { optionOrder, optionTexts, renderConversation } from "./prompt.js";
import { Refused, Stopped, TooLong, type Sender, type Sent } from "./runner/sender.js";
import type { Answered } from "./template.js";

export interface Answer {
  value: Value;
  probabilities?: number[];
  mass?: number;
  order?: number[];
  /** Found in the ledger. */
  found: boolean;
  malformed: number;
  refused: number;
  ignoredSchema: boolean;
  /** What was wrong with the first try that was. */
  detail?: string;
}

export interface Asker {
  ask(person: number, item: PlannedItem, answered: readonly Answered[], draw: number): Promise<Answer>;
  /** Examples shown: the fewest to anyone, where not all fit. */
  readonly shown: number;
}

export function createAsker(plan: Plan, ledger: Ledger, sender: Pick<Sender, "send">): Asker {
  const { template, provider, seed } = plan;
  const hashed = templateHash(template);
  const code = createCoder(plan, ledger, (body, key) => sender.send(body, key));
  /** Requests under way whose reply others wait for too. */
  const coming = new Map<string, Promise<Sent>>();
  const rendered = new Map<string, string>();
  let sentLogprobs = false;
  let sentText = false;
  // How many examples fit is found out by asking. It must not depend on which request came back first, or a resumed
  // run would ask other prompts: the first person's first question sets it for all, and a person whose prompts are
  // longer has fewer of their own.
  let initial: Promise<number> | undefined;
  const own = new Map<string, number>();
  let fewest = plan.examples.length;

  async function shownTo(id: string, draw: number): Promise<number> {
    if (!plan.examples.length) return 0;
    initial ??= fitFirst();
    return own.get(`${id} ${draw}`) ?? (await initial);
  }

  async function fitFirst(): Promise<number> {
    const first = plan.items[0]!;
    let shown = plan.examples.length;
    for (;;)
      try {
        await answerWith(shown, 0, first, [], 0, 0);
        fewest = Math.min(fewest, shown);
        return fewest;
      } catch (error) {
        shown = fewer(shown, error);
      }
  }

  /** The next number of examples to try; throws when the error is another one or nothing is left to leave out. */
  function fewer(shown: number, error: unknown): number {
    if (!(error instanceof TooLong) || shown === 0) throw error;
    if (shown === 1)
      throw new Error(`not even one example fits the model's context: ${error.message}`, { cause: error });
    // OpenAI's message has both numbers ("maximum context length is 1024 tokens … resulted in 1462"): nearly all of a
    // prompt are examples, so their share is a good guess, never below it by more than is tried again.
    const [limit, used] = [...error.message.matchAll(/\d{2,}/g)].map(Number).slice(-2);
    const guess = limit && used && used > limit ? Math.ceil((shown * limit) / used) : shown - 1;
    return Math.max(1, Math.min(shown - 1, guess));
  }

  function question(
    person: number,
    planned: PlannedItem,
    answered: readonly Answered[],
    examples: readonly Example[],
  ): Question {
    const { item, values } = planned;
    const row = plan.people.row(person);
    const order = optionOrder(template, item, seed, row.id, plan.options.permute);
    const messages = renderConversation(template, plan.people.codebook, row, answered, item, {
      ...(order ? { order } : {}),
      ...(plan.demographics === undefined ? {} : { demographics: plan.demographics }),
      examples,
      cache: rendered,
    });
    const texts = optionTexts(template, item, order);
    return { item, template, messages, ...(order ? { order } : {}), ...(texts && values ? { texts, values } : {}) };
  }

  async function ask(
    person: number,
    planned: PlannedItem,
    answered: readonly Answered[],
    draw: number,
  ): Promise<Answer> {
    const problems: { malformed: number; refused: number; detail?: string } = { malformed: 0, refused: 0 };
    const most = { malformed: plan.options.malformed ?? 2, refused: plan.options.refusals ?? 1 };
    let found = true;
    for (let attempt = 0; ; attempt++) {
      const { entry, reading, order, fresh } = await attempted(person, planned, answered, draw, attempt);
      if (fresh) found = false;
      if (!("problem" in reading)) {
        return {
          value: plan.coder === undefined ? entry.value : reading.value!,
          ...(reading.probabilities ? { probabilities: reading.probabilities, mass: reading.mass } : {}),
          ...(order ? { order } : {}),
          found,
          ...problems,
          ignoredSchema: "ignoredSchema" in reading && reading.ignoredSchema === true,
        };
      }
      problems[reading.problem]++;
      problems.detail ??= reading.detail;
      // The same prompt gets the same reply where nothing is sampled: asking again would only cost.
      const again = !planned.elicitation.deterministic && problems[reading.problem] <= most[reading.problem];
      if (!again) return { value: null, ...(order ? { order } : {}), found, ...problems, ignoredSchema: false };
    }
  }

  async function attempted(
    person: number,
    planned: PlannedItem,
    answered: readonly Answered[],
    draw: number,
    attempt: number,
  ) {
    const id = plan.people.ids[person]!;
    for (;;) {
      await breathe();
      const shown = await shownTo(id, draw);
      try {
        return await answerWith(shown, person, planned, answered, draw, attempt);
      } catch (error) {
        const left = fewer(shown, error);
        own.set(`${id} ${draw}`, left);
        fewest = Math.min(fewest, left);
      }
    }
  }

  async function answerWith(
    shown: number,
    person: number,
    planned: PlannedItem,
    answered: readonly Answered[],
    draw: number,
    attempt: number,
  ) {
    const q = question(person, planned, answered, plan.examples.slice(0, shown));
    const id = plan.people.ids[person]!;
    const drawSeed = random(seed, "request", id, planned.item.name, draw, attempt).integer(2 ** 31 - 1);
    const body = bodyOf(q, planned.elicitation, plan, drawSeed);
    const key = keyOf([
      plan.fingerprint,
      hashed,
      planned.elicitation.name,
      seed,
      id,
      planned.item.name,
      draw,
      attempt,
      body,
    ]);
    const recorded = ledger.get(key);
    const { entry, reading } = recorded
      ? { entry: recorded, reading: read(planned, recorded.reply, q, recorded.problem) }
      : await asked(q, body, key, planned, id, draw, attempt);
    const answer = { entry, reading, order: q.order, fresh: !recorded };
    if (plan.coder === undefined || "problem" in reading) return answer;
    return { ...answer, reading: await code(planned, q, String(reading.value), { person: id, draw, attempt }) };
  }

  async function asked(
    q: Question,
    body: Record<string, unknown>,
    key: string,
    planned: PlannedItem,
    person: string,
    draw: number,
    attempt: number,
  ) {
    const { elicitation, item } = planned;
    let reply: RawReply;
    let tokens: [number, number] = [0, 0];
    let costUSD = 0;
    let fingerprint = plan.fingerprint;
    // The reply to a deterministic request depends on the prompt alone: whoever it was for, it is bought once.
    const { seed: _, ...unseeded } = body;
    const prompt = elicitation.deterministic ? keyOf([plan.fingerprint, unseeded]) : undefined;
    const before = prompt === undefined ? undefined : ledger.get(prompt);
    let first = false;
    try {
      if (before) {
        reply = before.reply;
        fingerprint = before.fingerprint;
      } else {
        let sending = prompt === undefined ? undefined : coming.get(prompt);
        first = !sending;
        sending ??= prompt === undefined ? sender.send(body, key) : sender.send(unseeded, prompt);
        if (first && prompt !== undefined) coming.set(prompt, sending);
        const sent = await sending;
        await breathe();
        reply = elicitation.keep(sent.completion);
        if (first) ({ tokens, costUSD } = sent);
        fingerprint = sent.completion.system_fingerprint ?? fingerprint;
      }
    } catch (error) {
      if (first && prompt !== undefined) coming.delete(prompt);
      if (!(error instanceof Refused)) throw error;
      reply = { refusal: error.message };
    }
    const reading = read(planned, reply, q);
    const value = valueOf(reading, planned, person, draw);
    const entry: LedgerEntry = {
      key,
      ...(prompt === undefined ? {} : { prompt }),
      item: item.name,
      person,
      draw,
      attempt,
      order: q.order ?? null,
      seed,
      reply,
      value,
      ...("problem" in reading ? { problem: reading.problem } : {}),
      tokens,
      costUSD,
      elicitation: elicitation.name,
      model: plan.model.id,
      fingerprint,
      template: `${template.name}@${template.version}:${hashed}`,
      time: new Date().toISOString(),
    };
    ledger.add(entry);
    if (first && prompt !== undefined) coming.delete(prompt);
    if (elicitation.name === "logprobs") requireLogprobs(reply);
    else requireRoom(reply, body);
    return { entry, reading };
  }

  /** A server that takes the request and sends no log-probabilities would leave every answer missing: said at its first reply. */
  function requireLogprobs(reply: RawReply): void {
    if (reply.logprobs || reply.top?.length) sentLogprobs = true;
    // A model that ended at once wrote no token that could carry any: a malformed answer, not a server without them.
    const ended = !reply.content && reply.finish === "stop";
    if (sentLogprobs || reply.refusal || ended) return;
    throw new Stopped(
      `${provider.name} sent no log-probabilities for ${plan.model.id}, though its table says it can. ` +
        `Use elicitation "sampled" or "verbalised", or say so: pass capabilities: { topLogprobs: 0 } with the provider.`,
    );
  }

  /** A model that spends all its tokens on reasoning answers nobody, and every answer costs: said at its first reply. */
  function requireRoom(reply: RawReply, body: Record<string, unknown>): void {
    if (reply.content || reply.refusal) sentText = true;
    if (sentText || reply.finish !== "length") return;
    const tokens = body["max_completion_tokens"] ?? body["max_tokens"];
    throw new Stopped(
      `${plan.model.id} used all ${String(tokens)} tokens before it answered, as models do that reason first. Give it more (answerTokens: 2000), ` +
        `or have it reason less (extra: { reasoning_effort: "minimal" }, or as the server calls it).`,
    );
  }

  function valueOf(reading: Reading, planned: PlannedItem, person: string, draw: number): Value {
    if ("problem" in reading) return null;
    if (!reading.probabilities) return reading.value;
    const uniform = random(seed, person, planned.item.name, draw);
    return planned.values![uniform.weighted(reading.probabilities)]!;
  }

  return {
    ask,
    get shown() {
      return fewest;
    },
  };
}

function read(planned: PlannedItem, reply: RawReply, question: Question, problem?: "malformed" | "refused"): Reading {
  const reading = planned.elicitation.read(reply, question);
  if (!problem) return reading;
  return { problem, detail: "problem" in reading ? reading.detail : "as recorded" };
}

/** A request: messages, what the elicitation asks for, and the fields that the caller wants otherwise. */
function bodyOf(q: Question, elicitation: Elicitation, { provider, options }: Plan, seed: number) {
  const { extra = {}, answerTokens } = options;
  const asked = elicitation.request(q, provider, seed);
  const limit = "max_tokens" in asked ? "max_tokens" : "max_completion_tokens";
  const more = answerTokens !== undefined && !elicitation.deterministic ? { [limit]: answerTokens } : {};
  const body: Record<string, unknown> = { messages: q.messages, ...asked, ...more, ...extra };
  for (const name of Object.keys(extra)) if (extra[name] === null) delete body[name];
  return body;
}

const keyOf = (parts: unknown[]): string => sha256Of(JSON.stringify(parts)).slice(0, 32);
