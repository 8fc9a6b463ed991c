/** Sends requests as fast as server, limits and budget allow, and again where that helps. */
import type OpenAI from "openai";
import { costOf, priceOf } from "../../provider/index.js";
import type { Limits, Price, Provider } from "../../provider/index.js";
import { advice } from "./advice.js";
import { createGate } from "./gate.js";
import { createLimiter } from "./limits.js";
import { backoff, judge } from "./retry.js";

export interface SenderOptions {
  provider: Provider;
  model: string;
  seed: number;
  limits?: Limits;
  /** Milliseconds for one try, answer included; default 60,000 (in process none). */
  timeout?: number;
  /** Tries of one request before the run stops; default 8. */
  tries?: number;
  /** First waiting time of the exponential backoff in milliseconds; default 250. */
  backoffMs?: number;
  /** US dollars after which nothing is sent any more; needs a known price. */
  budgetUSD?: number;
  prices?: Record<string, Price>;
  /** Further models that requests may name in place of `model`. */
  others?: readonly string[];
  /** Receives answers as streams, for servers or proxies that drop long silent connections. */
  stream?: boolean;
  signal?: AbortSignal;
}

export interface Counts {
  requests: number;
  retries: number;
  /** Retries by reason: "HTTP 429", "time-out" … */
  reasons: Map<string, number>;
  promptTokens: number;
  answerTokens: number;
  costUSD: number;
  /** The most that replies cost which were lost on the way: the server may have billed them. */
  lostUSD: number;
}

export interface Sent {
  completion: OpenAI.ChatCompletion;
  tokens: [number, number];
  costUSD: number;
}

/** The content was refused by the server, not by the model. */
export class Refused extends Error {}
/** The prompt does not fit the model. */
export class TooLong extends Error {}
/** Nothing is sent any more; what was answered is in the ledger. */
export class Stopped extends Error {}

export function createSender(options: SenderOptions) {
  const { provider, model } = options;
  const limits = { ...provider.limits, ...options.limits };
  const priceFor = (name: string) => options.prices?.[name] ?? priceOf(provider, name);
  const price = priceFor(model);
  const unpriced = [model, ...(options.others ?? [])].find((name) => !priceFor(name));
  if (options.budgetUSD !== undefined && unpriced !== undefined)
    throw new Error(
      `no price is known for ${unpriced} at ${provider.name}, so a budget cannot be kept: pass prices: { "${unpriced}": { input, output } } in dollars per million tokens`,
    );
  const max = limits.concurrency ?? 64;
  const inProcess = provider.name === "embedded";
  const gate = createGate({ start: inProcess ? max : Math.min(8, max), max });
  const limiter = createLimiter(limits);
  const timeout = options.timeout ?? (inProcess ? 0 : 60_000);
  const counts: Counts = {
    requests: 0,
    retries: 0,
    reasons: new Map(),
    promptTokens: 0,
    answerTokens: 0,
    costUSD: 0,
    lostUSD: 0,
  };
  const priceIn = (body: Record<string, unknown>) =>
    body["model"] === undefined ? price : priceFor(String(body["model"]));
  let reserved = 0;
  // Tokens counted by the server over tokens guessed, so that guesses in other scripts than Latin come right.
  const guessed = { tokens: 0, used: 0 };
  const client = provider.client();
  // One listener for all requests, however many: what is under way is ended when the run is stopped.
  const underWay = new Set<(reason: unknown) => void>();
  options.signal?.addEventListener("abort", () => underWay.forEach((end) => end(options.signal!.reason)), {
    once: true,
  });

  async function send(body: Record<string, unknown>, key: string): Promise<Sent> {
    options.signal?.throwIfAborted();
    for (let attempt = 0; ; attempt++) {
      await gate.enter();
      let outcome: "fine" | "overloaded" | "other" = "other";
      let wait = 0;
      const estimate = guess(body);
      try {
        const waiting = pause(limiter.reserve(estimate.input + estimate.output));
        if (waiting) await waiting;
        options.signal?.throwIfAborted();
        const most = costOf(priceIn(body), estimate.input, estimate.output);
        keepBudget(most);
        reserved += most;
        counts.requests++;
        try {
          const completion = await once(body, key);
          outcome = "fine";
          return settle(completion, estimate, priceIn(body));
        } finally {
          reserved -= most;
        }
      } catch (error) {
        if (error instanceof Stopped || options.signal?.aborted) throw error;
        const verdict = judge(error);
        if (verdict.kind === "refused") throw new Refused(verdict.why, { cause: error });
        if (verdict.kind === "too-long") throw new TooLong(verdict.why, { cause: error });
        if (verdict.kind === "stop") {
          const what = await advice(provider, model, error);
          throw new Stopped(`${provider.name} answers: ${verdict.why.replace(/([^.!?])$/, "$1.")}${what}`, {
            cause: error,
          });
        }
        if (attempt + 1 >= (options.tries ?? 8))
          throw new Stopped(
            `${provider.name} did not answer in ${attempt + 1} tries, the last time because of ${verdict.why}. Everything answered is in the ledger: the same call goes on from there.`,
            { cause: error },
          );
        if (verdict.overloaded) outcome = "overloaded";
        if (verdict.lost) counts.lostUSD += costOf(priceIn(body), estimate.input, estimate.output);
        counts.retries++;
        counts.reasons.set(verdict.why, (counts.reasons.get(verdict.why) ?? 0) + 1);
        if (verdict.afterMs !== undefined) limiter.pause(verdict.afterMs);
        wait = Math.max(verdict.afterMs ?? 0, backoff(attempt, options.seed, key, options.backoffMs));
      } finally {
        gate.leave(outcome);
      }
      await pause(wait);
    }
  }

  function pause(ms: number): Promise<void> | void {
    if (ms <= 0) return;
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        underWay.delete(done);
        resolve();
      };
      const timer = setTimeout(done, ms);
      underWay.add(done);
    });
  }

  async function once(body: Record<string, unknown>, key: string): Promise<OpenAI.ChatCompletion> {
    const deadline = new AbortController();
    const timer = timeout
      ? setTimeout(() => deadline.abort(new DOMException("time-out", "TimeoutError")), timeout)
      : undefined;
    const end = (reason: unknown) => deadline.abort(reason);
    underWay.add(end);
    try {
      const request = { headers: { "Idempotency-Key": key }, signal: deadline.signal };
      const completion = options.stream
        ? await collectStream(
            await client.chat.completions.create(
              { model, ...body, stream: true, stream_options: { include_usage: true } } as never,
              request,
            ),
          )
        : ((await client.chat.completions.create({ model, ...body } as never, request)) as OpenAI.ChatCompletion);
      if (!completion?.choices?.[0]?.message) throw new Error("the reply has no choices");
      return completion;
    } catch (error) {
      // The SDK hides why a request was aborted; a time-out is retried.
      throw deadline.signal.aborted ? deadline.signal.reason : error;
    } finally {
      clearTimeout(timer);
      underWay.delete(end);
    }
  }

  function guess(body: Record<string, unknown>): { input: number; output: number; raw: number } {
    const { input, output } = roughTokens(body);
    const factor = guessed.tokens ? Math.max(1, guessed.used / guessed.tokens) : 1;
    return { input: Math.ceil(input * factor), output, raw: input };
  }

  function settle(
    completion: OpenAI.ChatCompletion,
    estimate: { input: number; output: number; raw: number },
    price: Price | undefined,
  ): Sent {
    const input = completion.usage?.prompt_tokens ?? estimate.input;
    const output = completion.usage?.completion_tokens ?? estimate.output;
    limiter.settle(estimate.input + estimate.output, input + output);
    guessed.tokens += estimate.raw;
    guessed.used += input;
    const costUSD = costOf(price, input, output);
    counts.promptTokens += input;
    counts.answerTokens += output;
    counts.costUSD += costUSD;
    return { completion, tokens: [input, output], costUSD };
  }

  /** Stops before the budget is exceeded, counting requests on their way at their most. */
  function keepBudget(next: number): void {
    const { budgetUSD } = options;
    if (budgetUSD === undefined || counts.costUSD + counts.lostUSD + reserved + next <= budgetUSD) return;
    const lost = counts.lostUSD ? `, and up to $${counts.lostUSD.toFixed(4)} for replies that were lost` : "";
    throw new Stopped(
      `the budget of $${budgetUSD} would be exceeded: $${counts.costUSD.toFixed(4)} spent in this run${lost}. ` +
        `Everything answered is in the ledger; the same call with a larger budgetUSD goes on from there.`,
    );
  }

  return {
    send,
    counts,
    gate,
    price,
    /** Milliseconds until anything is sent again, where the server asked for a pause. */
    pausedMs: () => limiter.pausedMs(),
  };
}

export type Sender = ReturnType<typeof createSender>;

/** Tokens of a request by rule of thumb: four characters a token, a few a message; output by its limit. */
export function roughTokens(body: Record<string, unknown>): { input: number; output: number } {
  let characters = 0;
  const messages = (body["messages"] ?? []) as { content: string }[];
  for (const message of messages) characters += message.content.length + 16;
  return {
    input: Math.ceil(characters / 4),
    output: Number(body["max_completion_tokens"] ?? body["max_tokens"] ?? 16),
  };
}

/** Joins a stream's chunks into a completion; throws where the stream ended before its answer did. */
async function collectStream(stream: unknown): Promise<OpenAI.ChatCompletion> {
  let head: OpenAI.ChatCompletionChunk | undefined;
  let content = "";
  let refusal = "";
  let finish: string | null = null;
  let usage: OpenAI.CompletionUsage | null | undefined;
  const logprobs: OpenAI.ChatCompletionTokenLogprob[] = [];
  for await (const chunk of stream as AsyncIterable<OpenAI.ChatCompletionChunk>) {
    head ??= chunk;
    usage = chunk.usage ?? usage;
    const choice = chunk.choices[0];
    if (!choice) continue;
    content += choice.delta.content ?? "";
    refusal += choice.delta.refusal ?? "";
    logprobs.push(...(choice.logprobs?.content ?? []));
    finish = choice.finish_reason ?? finish;
  }
  if (!head || finish === null) throw new Error("the stream ended before the answer did");
  return {
    ...head,
    object: "chat.completion",
    choices: [
      {
        index: 0,
        message: { role: "assistant", content, refusal: refusal || null },
        logprobs: logprobs.length ? { content: logprobs, refusal: null } : null,
        finish_reason: finish as "stop",
      },
    ],
    ...(usage ? { usage } : {}),
  } as OpenAI.ChatCompletion;
}
