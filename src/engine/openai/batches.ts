/** /v1/batches: a file of requests worked through in the background, resumable line by line. */
import { ApiError, toApiError } from "./errors.js";
import { metadata, onlyKnown, refuse, text, type Body } from "./fields.js";
import { fileContent, page, retrieveFile, type FileObject } from "./files.js";
import { newId, readJson, readLines, seconds, type State } from "./state.js";

export interface Batch {
  id: string;
  object: "batch";
  endpoint: string;
  errors: { object: "list"; data: { code: string; line: number; message: string; param: null }[] } | null;
  input_file_id: string;
  completion_window: string;
  status: "validating" | "failed" | "in_progress" | "finalizing" | "completed" | "cancelling" | "cancelled";
  output_file_id: string | null;
  error_file_id: string | null;
  created_at: number;
  in_progress_at: number | null;
  expires_at: number;
  finalizing_at: number | null;
  completed_at: number | null;
  failed_at: number | null;
  expired_at: null;
  cancelling_at: number | null;
  cancelled_at: number | null;
  request_counts: { total: number; completed: number; failed: number };
  metadata: Record<string, string> | null;
}

interface BatchLine {
  custom_id: string;
  method: string;
  url: string;
  body: Body;
}

interface Done {
  id: string;
  custom_id: string;
  response: { status_code: number; request_id: string; body: unknown } | null;
  error: { code: string; message: string } | null;
}

const path = (id: string) => `batches/${id}/batch.json`;
const donePath = (id: string) => `batches/${id}/done.jsonl`;
const over = (batch: Batch) => ["failed", "completed", "cancelled"].includes(batch.status);

/** How many lines of a batch are in work at once; the engine joins them. */
const width = 64;

export function createBatches(state: State, answer: (url: string, body: Body, signal: AbortSignal) => Promise<object>) {
  const running = new Map<string, AbortController>();
  const works = new Set<Promise<void>>();
  /** Batches that failed for want of a place to say so. */
  const unsaved = new Map<string, Batch>();
  let stopped = false;
  const save = (batch: Batch) => state.write(path(batch.id), JSON.stringify(batch));

  async function retrieve(id: string): Promise<Batch> {
    const batch = unsaved.get(id) ?? (/^[\w-]+$/.test(id) ? await readJson<Batch>(state, path(id)) : undefined);
    if (!batch) throw new ApiError(404, `No batch found with id '${id}'.`, null, "batch_id");
    return batch;
  }

  async function create(body: Body): Promise<Batch> {
    refuse(body, ["output_expires_after"], "the embedded engine, which keeps files until they are deleted");
    onlyKnown(body, ["input_file_id", "endpoint", "completion_window", "metadata", "output_expires_after"]);
    const input_file_id = text(body, "input_file_id");
    const endpoint = text(body, "endpoint");
    if (endpoint !== "/v1/chat/completions")
      throw new ApiError(
        400,
        `Invalid value: '${endpoint}'. Supported: '/v1/chat/completions'.`,
        "invalid_value",
        "endpoint",
      );
    if ((await retrieveFile(state, input_file_id)).purpose !== "batch")
      throw new ApiError(400, "The input file must have purpose 'batch'.", "invalid_file_purpose", "input_file_id");
    const completion_window = text(body, "completion_window");
    if (completion_window !== "24h")
      throw new ApiError(
        400,
        `Invalid value: '${completion_window}'. Supported values are: '24h'.`,
        "invalid_value",
        "completion_window",
      );
    const now = seconds();
    const batch: Batch = {
      id: newId("batch_"),
      object: "batch",
      endpoint,
      errors: null,
      input_file_id,
      completion_window,
      status: "validating",
      output_file_id: null,
      error_file_id: null,
      created_at: now,
      in_progress_at: null,
      expires_at: now + 86400,
      finalizing_at: null,
      completed_at: null,
      failed_at: null,
      expired_at: null,
      cancelling_at: null,
      cancelled_at: null,
      request_counts: { total: 0, completed: 0, failed: 0 },
      metadata: metadata(body),
    };
    await save(batch);
    start(batch.id);
    return batch;
  }

  function start(id: string): void {
    const work = run(id)
      .catch(async (error: unknown) => {
        // A disk that is full, say: the batch stays as it is and is taken up again at the next start.
        const batch = await retrieve(id).catch(() => undefined);
        if (!batch) return;
        const why = {
          code: toApiError(error).code ?? "failed",
          line: 0,
          message: toApiError(error).message,
          param: null,
        };
        unsaved.set(id, { ...batch, status: "failed", failed_at: seconds(), errors: { object: "list", data: [why] } });
      })
      .finally(() => works.delete(work));
    works.add(work);
  }

  function parse(
    content: string,
    endpoint: string,
  ): { lines: BatchLine[]; errors: NonNullable<Batch["errors"]>["data"] } {
    const lines: BatchLine[] = [];
    const errors: NonNullable<Batch["errors"]>["data"] = [];
    const seen = new Set<string>();
    content.split("\n").forEach((line, i) => {
      if (!line.trim()) return;
      const wrong = (code: string, message: string) => errors.push({ code, line: i + 1, message, param: null });
      let parsed: BatchLine;
      try {
        parsed = JSON.parse(line) as BatchLine;
      } catch {
        wrong("invalid_json_line", "This line is not parseable as valid JSON.");
        return;
      }
      if (typeof parsed.custom_id !== "string") wrong("missing_required_parameter", "Missing custom_id.");
      else if (seen.has(parsed.custom_id)) wrong("duplicate_custom_id", `custom_id ${parsed.custom_id} appears twice.`);
      else if (parsed.method !== "POST" || parsed.url !== endpoint)
        wrong("mismatched_url", `Expected POST ${endpoint}, found ${parsed.method} ${parsed.url}.`);
      seen.add(parsed.custom_id);
      lines.push(parsed);
    });
    if (!lines.length && !errors.length)
      errors.push({ code: "empty_file", line: 1, message: "The input file has no requests.", param: null });
    return { lines, errors };
  }

  async function run(id: string): Promise<void> {
    const release = await state.claim(`batch-${id}`);
    if (!release) return;
    const controller = new AbortController();
    running.set(id, controller);
    try {
      let batch = await retrieve(id);
      if (over(batch) || stopped) return;
      if (batch.status === "cancelling") controller.abort();
      const content = new TextDecoder().decode(await fileContent(state, batch.input_file_id));
      const { lines, errors } = parse(content, batch.endpoint);
      if (errors.length) {
        await save({ ...batch, status: "failed", failed_at: seconds(), errors: { object: "list", data: errors } });
        return;
      }
      const done = new Map((await readLines<Done>(state, donePath(id))).map((d) => [d.custom_id, d]));
      const counts = () => ({
        total: lines.length,
        completed: [...done.values()].filter((d) => d.response?.status_code === 200).length,
        failed: [...done.values()].filter((d) => d.response?.status_code !== 200).length,
      });
      batch = { ...batch, status: "in_progress", in_progress_at: seconds(), request_counts: counts() };
      await save(batch);
      const rest = lines.filter((line) => !done.has(line.custom_id))[Symbol.iterator]();
      let appended: Promise<void> = Promise.resolve();
      const worker = async () => {
        for (const line of rest) {
          if (controller.signal.aborted) return;
          // A signal of its own: Node warns of more than ten listeners on one.
          const entry = await one(line, AbortSignal.any([controller.signal]));
          if (controller.signal.aborted) return;
          done.set(line.custom_id, entry);
          appended = appended.then(() => state.append(donePath(id), JSON.stringify(entry) + "\n"));
          // Awaited below; without this a failure before then would end the process.
          appended.catch((error: unknown) => controller.abort(error));
          if (done.size % 100 === 0) await save({ ...batch, request_counts: counts() });
        }
      };
      await Promise.all(Array.from({ length: Math.min(width, lines.length) }, worker));
      await appended;
      // A stopped server leaves the batch as it is: the next one goes on behind the last line done.
      if (stopped) return;
      const all = [...done.values()];
      const cancelled = controller.signal.aborted;
      await save({
        ...batch,
        status: cancelled ? "cancelled" : "completed",
        ...(cancelled
          ? { cancelling_at: (await retrieve(id)).cancelling_at, cancelled_at: seconds() }
          : { finalizing_at: seconds(), completed_at: seconds() }),
        request_counts: counts(),
        output_file_id: await output(all.filter((d) => d.response?.status_code === 200)),
        error_file_id: await output(all.filter((d) => d.response?.status_code !== 200)),
      });
    } finally {
      running.delete(id);
      await release();
    }
  }

  async function one(line: BatchLine, signal: AbortSignal): Promise<Done> {
    const base = { id: newId("batch_req_"), custom_id: line.custom_id };
    const request_id = newId("req_");
    try {
      const body = await answer(line.url, { ...line.body, stream: false }, signal);
      return { ...base, response: { status_code: 200, request_id, body }, error: null };
    } catch (error) {
      const api = toApiError(error);
      return { ...base, response: { status_code: api.status, request_id, body: api.body }, error: null };
    }
  }

  async function output(entries: Done[]): Promise<string | null> {
    if (!entries.length) return null;
    const text = entries.map((e) => JSON.stringify(e) + "\n").join("");
    const id = newId("file-");
    const file: FileObject = {
      id,
      object: "file",
      bytes: text.length,
      created_at: seconds(),
      filename: `${id}.jsonl`,
      purpose: "batch_output",
      status: "processed",
    };
    await state.write(`files/${id}.data`, text);
    await state.write(`files/${id}.json`, JSON.stringify(file));
    return id;
  }

  async function all(): Promise<Batch[]> {
    const found = await Promise.all((await state.list("batches")).map((id) => readJson<Batch>(state, path(id))));
    return found.filter((b) => b !== undefined).sort((a, b) => b.created_at - a.created_at);
  }

  return {
    create,
    retrieve,
    list: async (query: URLSearchParams) => page(await all(), query),
    async cancel(id: string): Promise<Batch> {
      const batch = await retrieve(id);
      if (over(batch))
        throw new ApiError(409, `Cannot cancel a batch with status '${batch.status}'.`, null, "batch_id");
      const cancelling: Batch = { ...batch, status: "cancelling", cancelling_at: seconds() };
      await save(running.has(id) ? cancelling : { ...cancelling, status: "cancelled", cancelled_at: seconds() });
      running.get(id)?.abort();
      return cancelling;
    },
    async resume(): Promise<void> {
      for (const batch of await all()) if (!over(batch)) start(batch.id);
    },
    async stop(): Promise<void> {
      stopped = true;
      for (const controller of running.values()) controller.abort();
      await Promise.all(works);
    },
  };
}
