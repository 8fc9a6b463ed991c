/**
 * An OpenAI-shaped server on loopback whose answers depend on the request alone, with faults on demand: the
 * counterpart of the runner in tests. It counts every request by its Idempotency-Key.
 */
import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export type Fault = "429" | "503" | "500" | "reset" | "slow" | "truncated" | "doubled";

export interface ServerOptions {
  /** Share of requests that meet a fault. */
  rate?: number;
  faults?: Fault[];
  /** Milliseconds before an answer. */
  delay?: number;
  /** What the assistant says, instead of a choice among the schema's or the letters. */
  reply?: (body: any, hash: number) => string;
  /** Leaves out log-probabilities and ignores response_format. */
  dumb?: boolean;
  key?: string;
}

export interface TestServer {
  url: string;
  /** Requests by Idempotency-Key. */
  asked: Map<string, number>;
  /** Requests answered in full, faults not counted. */
  answered: number;
  requests: number;
  /** The most requests at once. */
  peak: number;
  seen: any[];
  onRequest?: (key: string) => void;
  close(): Promise<void>;
}

/** A repeatable number from 0 to 2^32 for a text. */
const hash = (text: string) => createHash("sha256").update(text).digest().readUInt32BE(0);

export async function testServer(options: ServerOptions = {}): Promise<TestServer> {
  const { rate = 0, faults = ["429", "503", "500", "reset", "slow", "truncated", "doubled"], delay = 0 } = options;
  let now = 0;
  let faulty = 1;
  const state: TestServer = {
    url: "",
    asked: new Map(),
    answered: 0,
    requests: 0,
    peak: 0,
    seen: [],
    close: async () => undefined,
  };

  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    if (options.key && request.headers.authorization !== `Bearer ${options.key}`)
      return json(response, 401, {
        error: {
          message: "Incorrect API key provided.",
          type: "invalid_request_error",
          code: "invalid_api_key",
          param: null,
        },
      });
    if (request.method === "GET")
      return json(response, 200, { id: decodeURIComponent(request.url!.split("/").at(-1)!), object: "model" });
    const body = JSON.parse(Buffer.concat(chunks).toString());
    const key = String(request.headers["idempotency-key"]);
    state.requests++;
    state.asked.set(key, (state.asked.get(key) ?? 0) + 1);
    state.seen.push(body);
    state.onRequest?.(key);
    state.peak = Math.max(state.peak, ++now);
    response.on("close", () => now--);
    if (delay) await new Promise((resolve) => setTimeout(resolve, delay));
    const fault = hash(`fault ${faulty++}`) / 2 ** 32 < rate ? faults[faulty % faults.length] : undefined;
    answer(request, response, body, fault);
  });

  function answer(_: IncomingMessage, response: ServerResponse, body: any, fault: Fault | undefined): void {
    if (fault === "429")
      return json(response, 429, error("rate limit"), { "retry-after": "0", "retry-after-ms": "15" });
    if (fault === "503") return json(response, 503, error("overloaded"));
    if (fault === "500") return json(response, 500, error("internal"));
    if (fault === "reset") return void response.socket!.destroy();
    const completion = complete(body, options);
    if (body.stream) return stream(response, completion, fault);
    const text = JSON.stringify(completion);
    if (fault === "slow") {
      response.writeHead(200, { "content-type": "application/json" });
      response.write(text.slice(0, 40));
      // The rest never comes; the client has to give up.
      return;
    }
    if (fault === "truncated") {
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(text.slice(0, text.length >> 1));
    }
    if (fault === "doubled") {
      response.writeHead(200, { "content-type": "application/json" });
      return void response.end(text + text);
    }
    state.answered++;
    json(response, 200, completion);
  }

  function stream(response: ServerResponse, completion: any, fault: Fault | undefined): void {
    const { choices, usage, ...head } = completion;
    const send = (choice: object | null, more: object = {}) =>
      response.write(
        `data: ${JSON.stringify({ ...head, object: "chat.completion.chunk", choices: choice ? [choice] : [], ...more })}\n\n`,
      );
    response.writeHead(200, { "content-type": "text/event-stream" });
    const content: string = choices[0].message.content;
    send({
      index: 0,
      delta: { role: "assistant", content: content.slice(0, 1) },
      finish_reason: null,
      logprobs: choices[0].logprobs,
    });
    if (fault === "slow") return;
    if (fault === "truncated") return void response.end();
    if (fault === "doubled") return void response.end('data: {"id": "x", "choi\n\n');
    send({ index: 0, delta: { content: content.slice(1) }, finish_reason: null });
    send({ index: 0, delta: {}, finish_reason: "stop" });
    send(null, { usage });
    response.write("data: [DONE]\n\n");
    response.end();
    state.answered++;
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  state.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return state;
}

const error = (message: string) => ({ error: { message, type: "server_error", code: null, param: null } });

function json(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(body));
}

/** What a model with the opinions of a hash function says. */
function complete(body: any, options: ServerOptions): object {
  const random = hash(JSON.stringify(body.messages) + (body.logprobs ? "" : String(body.seed)));
  const schema = options.dumb ? undefined : body.response_format?.json_schema?.schema;
  const letters = [...String(body.messages.at(-1).content).matchAll(/^([A-Z])\. /gm)].map((m) => m[1]!);
  const numbers = [...String(body.messages.at(-1).content).matchAll(/^(\d+) = /gm)].map((m) => m[1]!);
  const options_ = letters.length ? letters : numbers.length ? numbers : ["50"];
  const chosen = options_[random % options_.length]!;
  let content = options.reply?.(body, random) ?? chosen;
  if (!options.reply && schema) {
    const answer = schema.properties.answer;
    if (!answer)
      content = JSON.stringify(
        Object.fromEntries(Object.keys(schema.properties).map((k, i) => [k, (random >> i) % 100])),
      );
    else if (answer.enum) content = JSON.stringify({ answer: answer.enum[random % answer.enum.length] });
    else content = JSON.stringify({ answer: answer.minimum + (random % (answer.maximum - answer.minimum + 1)) });
  }
  const weights = options_.map((o) => 1 + (hash(o + random) % 7));
  const total = weights.reduce((a, b) => a + b, 0) * 1.05;
  const top = options_.map((o, i) => ({ token: o, logprob: Math.log(weights[i]! / total), bytes: null }));
  return {
    id: "chatcmpl-test",
    object: "chat.completion",
    created: 0,
    model: body.model,
    choices: [
      {
        index: 0,
        message: { role: "assistant", content, refusal: null },
        logprobs:
          body.logprobs && !options.dumb
            ? { content: [{ ...top[0], token: chosen, top_logprobs: top }], refusal: null }
            : null,
        finish_reason: "stop",
      },
    ],
    usage: { prompt_tokens: 100, completion_tokens: 1, total_tokens: 101 },
  };
}
