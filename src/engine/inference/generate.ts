/** Generation: prompts in one batch, then a token at a time for all rows, on cached keys and values. */
import { random, type Random } from "../../study/random.js";
import type { Runtime } from "../runtime.js";
import type { ModelConfig } from "../model/config.js";
import { dependsOnLength } from "../model/rope.js";
import type { ChatTokenizer } from "../tokenizer.js";
import type { Generated, GeneratedToken, GenerateRequest } from "../types.js";
import { createDecodeCache } from "./decode-cache.js";
import { blockTokens } from "./prefix-cache.js";
import { breathe } from "./queue.js";
import { logSumExp, sampleToken, topTokens } from "./sample.js";
import type { Network } from "./sessions.js";

export interface GenerateJob {
  prompt: number[];
  request: GenerateRequest;
  /** Restricts the next token; see grammar.ts. */
  constraint?: Constraint | undefined;
  onToken?: ((token: GeneratedToken) => void) | undefined;
}

/** What may come next. */
export interface Constraint {
  /** Sets logits of forbidden tokens to −Infinity. */
  restrict(logits: Float32Array): void;
  /** The token chosen, or another where the answer could not end within the tokens that remain. */
  admit(token: number, remaining: number): number;
  /** Takes note of the token; true when the answer is complete. */
  accept(token: number): boolean;
}

interface State {
  job: GenerateJob;
  /** A cancelled row ends; its caller gets the abort from the queue. */
  signal: AbortSignal | undefined;
  draw: Random;
  ids: number[];
  text: string;
  tokens: GeneratedToken[];
  /** Tokens not yet streamed: their text may turn out to be the beginning of a stop string. */
  held: GeneratedToken[];
  maxTokens: number;
  finish?: "stop" | "length";
  /** Which cache slots are this row's. */
  slots: number[];
  length: number;
  next: number;
}

/** Whether a row may come to a length of which positions have other frequencies: then it shares neither runs nor keys. */
export const standsAlone = (config: ModelConfig, { prompt, request }: GenerateJob): boolean =>
  dependsOnLength(config, prompt.length + (request.maxTokens ?? config.contextLength));

export async function generateBatch(
  runtime: Runtime,
  network: Network,
  tokenizer: ChatTokenizer,
  waiting: { job: GenerateJob; signal?: AbortSignal | undefined }[],
): Promise<Generated[]> {
  const { config } = network;
  const states = waiting.map(({ job, signal }): State => {
    const room = config.contextLength - job.prompt.length;
    return {
      job,
      signal,
      draw: random(job.request.seed ?? Math.floor(Math.random() * 2 ** 31), "generate"),
      ids: [],
      text: "",
      tokens: [],
      held: [],
      maxTokens: Math.max(0, Math.min(job.request.maxTokens ?? room, room)),
      slots: [],
      length: 0,
      next: -1,
    };
  });
  let active = states.filter((s) => s.maxTokens > 0);
  for (const s of states) if (s.maxTokens === 0) s.finish = "length";
  const alone = active.some((s) => standsAlone(config, s.job));
  const known = active.map(({ job }) => (alone ? [] : network.cache.find(job.prompt, job.prompt.length - 1)));
  const start = network.cache.feeds(known);
  const cache = createDecodeCache(runtime, start);
  active.forEach((s, b) => {
    s.length = known[b]!.length * blockTokens;
    for (let slot = 0; slot < start.cached; slot++) s.slots.push(slot < s.length ? 1 : 0);
  });
  let first = true;
  while (active.length) {
    const rows = active.map((s) => ({
      ids: first ? s.job.prompt.slice(s.length) : [s.next],
      cached: s.length,
      slots: s.slots,
    }));
    const { feeds, time, predict } = network.layout(rows, cache.capacity);
    const wanted = Int32Array.from(rows, (row, b) => b * time + row.ids.length - 1);
    const out = await network.run({ ...feeds, ...cache.feeds, ...predict(wanted) });
    rows.forEach((row, b) => {
      const { slots } = active[b]!;
      for (let t = 0; t < time; t++) slots.push(t < row.ids.length ? 1 : 0);
      active[b]!.length += row.ids.length;
    });
    if (first && !alone) active.forEach(({ job }, b) => network.cache.keep(job.prompt, known[b]!, out, b));
    first = false;
    cache.append(out, time);
    const logits = out["logits"]!.data as Float32Array;
    const size = config.vocabularySize;
    active.forEach((state, b) => choose(state, logits.subarray(b * size, (b + 1) * size), tokenizer));
    for (const s of active) if (s.signal?.aborted) s.finish ??= "stop";
    const going = active.flatMap((s, b) => (s.finish ? [] : [b]));
    // Finished rows are computed along until half are: then copying the caches of the rest pays.
    if (going.length === 0) break;
    if (going.length <= active.length / 2) {
      cache.take(going);
      active = going.map((b) => active[b]!);
    } else
      active.forEach((s) => {
        if (s.finish) s.next = 0;
      });
    await breathe();
  }
  return states.map((s) => ({
    text: s.text,
    tokens: s.tokens,
    finish: s.finish ?? "length",
    promptTokens: s.job.prompt.length,
  }));
}

/** Chooses a row's next token and decides whether the row has ended. */
function choose(state: State, raw: Float32Array, tokenizer: ChatTokenizer): void {
  if (state.finish) return;
  const { request, constraint, onToken } = state.job;
  const total = logSumExp(raw);
  let logits = raw;
  const { frequencyPenalty = 0, presencePenalty = 0 } = request;
  if (constraint || frequencyPenalty || presencePenalty) logits = raw.slice();
  if (frequencyPenalty) for (const id of state.ids) logits[id]! -= frequencyPenalty;
  if (presencePenalty) for (const id of new Set(state.ids)) logits[id]! -= presencePenalty;
  constraint?.restrict(logits);
  let token = sampleToken(logits, { temperature: request.temperature ?? 1, topP: request.topP ?? 1 }, state.draw);
  const stream = (tokens: GeneratedToken[]) => {
    if (onToken) for (const t of tokens) onToken(t);
  };
  if (constraint) token = constraint.admit(token, state.maxTokens - state.ids.length);
  const done = constraint?.accept(token) ?? false;
  if (tokenizer.endTokens.has(token)) {
    state.finish = "stop";
    stream(state.held.splice(0));
    return;
  }
  state.ids.push(token);
  const decoded = tokenizer.decode(state.ids);
  // A token may end inside a character: its text comes with the token that completes it.
  const whole = decoded.endsWith("\uFFFD") ? state.text : decoded;
  const entry: GeneratedToken = { text: whole.slice(state.text.length), logprob: raw[token]! - total };
  if (request.topLogprobs)
    entry.top = topTokens(raw, request.topLogprobs).map((id) => ({
      text: tokenizer.tokenTexts()[id] ?? "",
      logprob: raw[id]! - total,
    }));
  state.text = whole;
  state.tokens.push(entry);
  state.held.push(entry);
  state.next = token;
  const cut = (request.stop ?? []).map((s) => state.text.indexOf(s)).filter((i) => i >= 0);
  if (cut.length) {
    state.text = state.text.slice(0, Math.min(...cut));
    trimTokens(state);
    state.finish = "stop";
  } else if (done) state.finish = "stop";
  else if (state.ids.length >= state.maxTokens) state.finish = "length";
  if (state.finish || !mayStop(state.text, request.stop ?? [])) stream(state.held.splice(0));
}

/** Whether a text ends with the beginning of a stop string. */
function mayStop(text: string, stops: string[]): boolean {
  return stops.some((stop) => {
    for (let n = Math.min(stop.length - 1, text.length); n > 0; n--) if (text.endsWith(stop.slice(0, n))) return true;
    return false;
  });
}

/** Drops the tokens behind a stop string and shortens the one it begins in. */
function trimTokens(state: State): void {
  let length = 0;
  const keep = (tokens: GeneratedToken[], from: number) => {
    let at = from;
    return tokens.filter((t) => {
      const start = at;
      at += t.text.length;
      if (start >= state.text.length && t.text.length) return false;
      if (at > state.text.length) t.text = t.text.slice(0, state.text.length - start);
      return true;
    });
  };
  for (const t of state.tokens.slice(0, state.tokens.length - state.held.length)) length += t.text.length;
  state.held = keep(state.held, length);
  state.tokens = keep(state.tokens, 0);
}
