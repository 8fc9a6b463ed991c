/**
 * The same requests through the Batch API: what is asked at about the same time becomes one file; batches of an
 * earlier run are found on the server by their metadata, so that nothing is bought twice.
 */
import { toFile } from "openai";
import type OpenAI from "openai";
import { costOf, environment } from "../../provider/index.js";
import type { Price, Provider } from "../../provider/index.js";
import { backoff, judge } from "./retry.js";
import { Refused, roughTokens, Stopped, TooLong, type Counts, type SenderOptions, type Sent } from "./sender.js";

export interface BatchOptions extends SenderOptions {
  /** Names the run in the batches' metadata. */
  run: string;
  price: Price | undefined;
}

interface Line {
  custom_id: string;
  response: {
    status_code: number;
    body: OpenAI.ChatCompletion & { error?: { message?: string; code?: string } };
  } | null;
  error: { code?: string; message?: string } | null;
}

interface Waiting {
  key: string;
  body: Record<string, unknown>;
  resolve(line: Line): void;
  reject(error: unknown): void;
}

/** OpenAI takes 50,000 requests and 200 MB a file. */
const mostLines = 50_000;
const mostBytes = 150e6;
/** Requests that come within this time go into one file. */
const gatherMs = 100;

export function createBatchSender(options: BatchOptions) {
  const { provider, model, price } = options;
  const client = provider.client();
  // A batch takes hours: what is asked for is asked again where a connection broke. Creating one is not, since it might be there.
  const patient = client.withOptions({ maxRetries: 6 });
  const counts: Counts = {
    requests: 0,
    retries: 0,
    reasons: new Map(),
    promptTokens: 0,
    answerTokens: 0,
    costUSD: 0,
    lostUSD: 0,
  };
  const pollMs = Number(environment("PROBAND_POLL_MS") ?? (provider.reach === "local" ? 50 : 30_000));
  const known = new Map<string, Line>();
  const coming = new Map<string, Promise<Map<string, Line>>>();
  let queue: Waiting[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let earlier: Promise<void> | undefined;

  async function send(body: Record<string, unknown>, key: string): Promise<Sent> {
    await (earlier ??= findEarlier());
    for (let attempt = 0; ; attempt++) {
      const line = known.get(key) ?? (await coming.get(key))?.get(key) ?? (await enqueue(body, key));
      known.delete(key);
      coming.delete(key);
      const { response } = line;
      if (response?.status_code === 200 && response.body.choices?.[0]?.message) return settle(response.body);
      const said = response?.body?.error ?? line.error ?? {};
      const verdict = judge({
        status: response?.status_code ?? 500,
        code: said.code,
        message: said.message ?? "no reason given",
      });
      if (verdict.kind === "refused") throw new Refused(verdict.why);
      if (verdict.kind === "too-long") throw new TooLong(verdict.why);
      if (verdict.kind === "stop" || attempt + 1 >= (options.tries ?? 8))
        throw new Stopped(`${provider.name} answers in a batch: ${verdict.why}. Everything answered is in the ledger.`);
      counts.retries++;
      counts.reasons.set(verdict.why, (counts.reasons.get(verdict.why) ?? 0) + 1);
    }
  }

  function enqueue(body: Record<string, unknown>, key: string): Promise<Line> {
    clearTimeout(timer);
    timer = setTimeout(() => void submit(), gatherMs);
    return new Promise((resolve, reject) => queue.push({ key, body, resolve, reject }));
  }

  async function submit(): Promise<void> {
    const taken = queue;
    queue = [];
    for (let from = 0; from < taken.length;) {
      const part: Waiting[] = [];
      const lines: string[] = [];
      for (let bytes = 0; from < taken.length && part.length < mostLines && bytes < mostBytes; from++) {
        const { key, body } = taken[from]!;
        const line = JSON.stringify({
          custom_id: key,
          method: "POST",
          url: "/v1/chat/completions",
          body: { model, ...body },
        });
        bytes += line.length;
        part.push(taken[from]!);
        lines.push(line);
      }
      try {
        keepBudget(part);
        counts.requests += part.length;
        const file = await patient.files.create({
          purpose: "batch",
          file: await toFile(new TextEncoder().encode(lines.join("\n") + "\n"), "batch.jsonl"),
        });
        const batch = await createBatch(file.id);
        const results = await collect(batch);
        for (const { key, resolve, reject } of part) {
          const line = results.get(key);
          if (line) resolve(line);
          else
            reject(
              new Stopped(
                `batch ${batch.id} ended without an answer to one of its requests; the same call asks it again`,
              ),
            );
        }
      } catch (error) {
        for (const { reject } of part)
          reject(
            error instanceof Stopped || options.signal?.aborted
              ? error
              : new Stopped(describe(error), { cause: error }),
          );
      }
    }
  }

  /** Creates a batch of this file once: where the reply was lost, the batch may be there all the same. */
  async function createBatch(file: string): Promise<OpenAI.Batch> {
    for (let attempt = 0; ; attempt++)
      try {
        return await client.batches.create({
          input_file_id: file,
          endpoint: "/v1/chat/completions",
          completion_window: "24h",
          metadata: { proband: options.run },
        });
      } catch (error) {
        const verdict = judge(error);
        if (verdict.kind !== "retry" || attempt === 4 || options.signal?.aborted) throw error;
        counts.retries++;
        counts.reasons.set(verdict.why, (counts.reasons.get(verdict.why) ?? 0) + 1);
        await pause(
          Math.max(verdict.afterMs ?? 0, backoff(attempt, options.seed, file, options.backoffMs)),
          options.signal,
        );
        for await (const batch of patient.batches.list({ limit: 100 })) if (batch.input_file_id === file) return batch;
      }
  }

  const describe = (error: unknown) =>
    `${provider.name}'s Batch API: ${(error as Error).message}. Everything answered is in the ledger.`;

  /** Waits for a batch and reads its answers. An aborted run leaves the batch going: it is paid for and found again. */
  async function collect(batch: OpenAI.Batch): Promise<Map<string, Line>> {
    while (!["completed", "failed", "expired", "cancelled"].includes(batch.status)) {
      await pause(pollMs, options.signal);
      options.signal?.throwIfAborted();
      batch = await patient.batches.retrieve(batch.id);
    }
    if (batch.status === "failed")
      throw new Stopped(
        `batch ${batch.id} failed: ${batch.errors?.data?.map((e) => `line ${e.line}: ${e.message}`).join("; ") ?? "no reason given"}`,
      );
    const results = new Map<string, Line>();
    for (const file of [batch.output_file_id, batch.error_file_id]) if (file) await readLines(file, results);
    return results;
  }

  async function readLines(file: string, into: Map<string, Line>): Promise<void> {
    for (const text of (await (await patient.files.content(file)).text()).split("\n")) {
      if (!text.trim()) continue;
      const line = JSON.parse(text) as Line;
      into.set(line.custom_id, line);
    }
  }

  /** Batches of this run that an earlier process submitted. */
  async function findEarlier(): Promise<void> {
    for await (const batch of patient.batches.list({ limit: 100 })) {
      if (batch.metadata?.["proband"] !== options.run) continue;
      if (batch.status === "completed" || batch.status === "expired" || batch.status === "cancelled") {
        if (batch.output_file_id) await readLines(batch.output_file_id, known);
      } else if (batch.status !== "failed") {
        const results = collect(batch);
        results.catch(() => undefined);
        const input = await (await patient.files.content(batch.input_file_id)).text();
        for (const [, key] of input.matchAll(/^\{"custom_id":"([0-9a-f]+)"/gm)) coming.set(key!, results);
      }
    }
  }

  function keepBudget(part: readonly Waiting[]): void {
    if (options.budgetUSD === undefined) return;
    const most = part.reduce((sum, { body }) => {
      const { input, output } = roughTokens(body);
      return sum + costOf(price, input, output, true);
    }, 0);
    if (counts.costUSD + most > options.budgetUSD)
      throw new Stopped(
        `the budget of $${options.budgetUSD} would be exceeded: $${counts.costUSD.toFixed(4)} spent, the next batch costs about $${most.toFixed(4)}`,
      );
  }

  function settle(completion: OpenAI.ChatCompletion): Sent {
    const input = completion.usage?.prompt_tokens ?? 0;
    const output = completion.usage?.completion_tokens ?? 0;
    const costUSD = costOf(price, input, output, true);
    counts.promptTokens += input;
    counts.answerTokens += output;
    counts.costUSD += costUSD;
    return { completion, tokens: [input, output], costUSD };
  }

  return { send, counts };
}

/** How many people can be asked at once through batches. */
export const batchWidth = mostLines;

export function requireBatch(provider: Provider): void {
  if (!provider.capabilities.batch)
    throw new Error(
      `${provider.name} has no Batch API; leave out batch: true, or use a provider that has one (embedded, openai, azure, nebius)`,
    );
}

function pause(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener("abort", done);
  });
}
