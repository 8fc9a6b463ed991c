/** OpenAI's HTTP interface as a `fetch` function over an engine: handed to `new OpenAI({ fetch })` or put on a port. */
import { createBatches } from "./batches.js";
import { chatCompletion } from "./chat.js";
import { ApiError, toApiError } from "./errors.js";
import type { Body } from "./fields.js";
import { deleteFile, fileContent, listFiles, retrieveFile, uploadFile } from "./files.js";
import { createJobRunner } from "./job-runner.js";
import { dropCheckpoints, listCheckpoints } from "./checkpoints.js";
import { createJob, listEvents, listJobs, retrieveJob } from "./jobs.js";
import { deleteModel, listModels, retrieveModel, type ModelHost } from "./models.js";
import { memoryState, newId, type State } from "./state.js";

// Node compiles its fetch when it is first looked at, for some 25 ms in which no timer runs: while modules are loaded
// nobody notices.
void globalThis.Response;

export interface HandlerOptions {
  models: ModelHost;
  /** Where files, jobs and adapters are kept; default memory. */
  state?: State;
  /** The bearer token that requests must carry; none in process. */
  token?: string;
}

export interface Handler {
  fetch(input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /** Stops running jobs and batches, which stay resumable. */
  close(): Promise<void>;
}

interface Call {
  request: Request;
  query: URLSearchParams;
  /** The path's variable parts. */
  ids: string[];
  body(): Promise<Body>;
}

export function createHandler(options: HandlerOptions): Handler {
  const { models } = options;
  const state = options.state ?? memoryState();
  const jobs = createJobRunner(models, state);
  const batches = createBatches(
    state,
    async (_url, body, signal) => (await chatCompletion(models, state, body, signal)) as object,
  );

  // In this order: a line is a method, a path with * for its variable parts, and what it answers.
  const routes: [string, string, (call: Call) => Promise<unknown>][] = [
    [
      "POST",
      "/chat/completions",
      async ({ body, request }) => chatCompletion(models, state, await body(), request.signal),
    ],
    ["GET", "/models", () => listModels(models, state)],
    ["GET", "/models/*", ({ ids }) => retrieveModel(models, state, ids[0]!)],
    [
      "DELETE",
      "/models/*",
      async ({ ids }) => {
        const { job, ...deleted } = await deleteModel(state, ids[0]!);
        if (job) await dropCheckpoints(state, job);
        return deleted;
      },
    ],
    ["POST", "/files", ({ request }) => uploadFile(state, request)],
    ["GET", "/files", ({ query }) => listFiles(state, query)],
    ["GET", "/files/*", ({ ids }) => retrieveFile(state, ids[0]!)],
    ["DELETE", "/files/*", ({ ids }) => deleteFile(state, ids[0]!)],
    ["GET", "/files/*/content", async ({ ids }) => binary(await fileContent(state, ids[0]!))],
    [
      "POST",
      "/fine_tuning/jobs",
      async ({ body }) => {
        const job = await createJob(models, state, await body());
        jobs.enqueue(job);
        return job;
      },
    ],
    ["GET", "/fine_tuning/jobs", ({ query }) => listJobs(state, query)],
    ["GET", "/fine_tuning/jobs/*", ({ ids }) => retrieveJob(state, ids[0]!)],
    ["POST", "/fine_tuning/jobs/*/cancel", ({ ids }) => jobs.cancel(ids[0]!)],
    ["GET", "/fine_tuning/jobs/*/events", ({ ids, query }) => listEvents(state, ids[0]!, query)],
    ["GET", "/fine_tuning/jobs/*/checkpoints", ({ ids, query }) => listCheckpoints(state, ids[0]!, query)],
    ["POST", "/batches", async ({ body }) => batches.create(await body())],
    ["GET", "/batches", ({ query }) => batches.list(query)],
    ["GET", "/batches/*", ({ ids }) => batches.retrieve(ids[0]!)],
    ["POST", "/batches/*/cancel", ({ ids }) => batches.cancel(ids[0]!)],
  ];

  // Node loads its fetch classes at first use, which takes 30 ms: here, and not while a model trains.
  void new Request("http://in.process/v1");

  const table = routes.map(([method, path, answer]) => ({
    method,
    answer,
    pattern: new RegExp(`^/v1${path.replaceAll("*", "([^/]+)")}$`),
  }));

  let resumed: Promise<void> | undefined;

  async function answer(request: Request): Promise<Response> {
    if (options.token !== undefined) authorize(request, options.token);
    await (resumed ??= jobs.resume().then(() => batches.resume()));
    const url = new URL(request.url);
    const here = table.filter((route) => route.pattern.test(url.pathname));
    const route = here.find((r) => r.method === request.method);
    if (!route) {
      if (here.length)
        throw new ApiError(405, `Not allowed to ${request.method} on ${url.pathname}`, "method_not_allowed");
      throw new ApiError(404, `Unknown request URL: ${request.method} ${url.pathname}.`, "unknown_url");
    }
    const ids = route.pattern.exec(url.pathname)!.slice(1).map(decodeURIComponent);
    const result = await route.answer({ request, query: url.searchParams, ids, body: () => jsonBody(request) });
    return result instanceof Response ? result : Response.json(result);
  }

  return {
    async fetch(input, init) {
      const request = input instanceof Request && !init ? input : new Request(input, init);
      let response: Response;
      try {
        response = await answer(request);
      } catch (error) {
        if (request.signal.aborted) throw request.signal.reason;
        const api = toApiError(error);
        response = Response.json(api.body, { status: api.status });
        // What fails here fails again: nothing is lost on a network, no other server is less busy.
        response.headers.set("x-should-retry", "false");
      }
      response.headers.set("x-request-id", newId("req_"));
      return response;
    },
    async close() {
      await Promise.all([jobs.stop(), batches.stop()]);
    },
  };
}

const binary = (data: Uint8Array) =>
  new Response(data as BodyInit, { headers: { "content-type": "application/octet-stream" } });

async function jsonBody(request: Request): Promise<Body> {
  const text = await request.text();
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new ApiError(400, "We could not parse the JSON body of your request.");
  }
  if (typeof body !== "object" || body === null || Array.isArray(body))
    throw new ApiError(400, "The request body must be a JSON object.");
  return body as Body;
}

function authorize(request: Request, token: string): void {
  const given = /^Bearer (.*)$/.exec(request.headers.get("authorization") ?? "")?.[1];
  if (given === undefined)
    throw new ApiError(
      401,
      "You didn't provide an API key. Send it as 'Authorization: Bearer KEY'.",
      "missing_api_key",
    );
  if (!sameText(given, token))
    throw new ApiError(
      401,
      "Incorrect API key provided. The key is printed where the server was started.",
      "invalid_api_key",
    );
}

/** Compares in a time that does not tell how much of it was right. */
function sameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i % (b.length || 1));
  return difference === 0;
}
