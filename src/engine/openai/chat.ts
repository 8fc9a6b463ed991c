/** /v1/chat/completions: one answer or several, streamed or whole, with log-probabilities or with given options scored. */
import { random } from "../../study/index.js";
import type { ChatMessage, Generated, GeneratedToken, GenerateRequest } from "../types.js";
import { breathe } from "./breathe.js";
import { ApiError } from "./errors.js";
import { flag, list, number, object, onlyKnown, refuse, text, type Body } from "./fields.js";
import { resolveModel, type ModelHost, type Resolved } from "./models.js";
import { newId, seconds, type State } from "./state.js";
import { eventStream } from "./stream.js";

export interface ChatRequest {
  model: string;
  messages: ChatMessage[];
  n: number;
  seed: number;
  temperature: number;
  topP: number;
  maxTokens?: number;
  frequencyPenalty: number;
  presencePenalty: number;
  stop: string[];
  logprobs: boolean;
  topLogprobs: number;
  jsonSchema?: unknown;
  stream: boolean;
  includeUsage: boolean;
  /** The declared extension: score these whole answers instead of generating one. */
  options?: string[];
}

const notHere = [
  "tools",
  "tool_choice",
  "functions",
  "function_call",
  "audio",
  "prediction",
  "logit_bias",
  "web_search_options",
  "reasoning_effort",
  "verbosity",
  "moderation",
];
/** What is done; and what changes nothing on a server of one's own: labels, caches, priorities. */
const here = [
  ...["model", "messages", "n", "seed", "temperature", "top_p", "max_tokens", "max_completion_tokens", "stop"],
  ...[
    "logprobs",
    "top_logprobs",
    "frequency_penalty",
    "presence_penalty",
    "response_format",
    "stream",
    "stream_options",
  ],
  ...["modalities", "metadata", "store", "user", "safety_identifier", "service_tier", "parallel_tool_calls", "proband"],
  ...["prompt_cache_key", "prompt_cache_options", "prompt_cache_retention"],
];

export function parseChat(body: Body): ChatRequest {
  refuse(body, notHere, "the embedded engine");
  onlyKnown(body, [...here, ...notHere]);
  if (body["modalities"] && JSON.stringify(body["modalities"]) !== '["text"]')
    throw new ApiError(
      400,
      "Invalid value for 'modalities': the embedded engine writes text.",
      "invalid_value",
      "modalities",
    );
  const logprobs = flag(body, "logprobs");
  const topLogprobs = number(body, "top_logprobs", { min: 0, max: 20, integer: true });
  if (topLogprobs !== undefined && !logprobs)
    throw new ApiError(400, "'top_logprobs' needs 'logprobs' to be true.", "invalid_value", "top_logprobs");
  const stop = body["stop"] ?? [];
  const stops = typeof stop === "string" ? [stop] : stop;
  if (!Array.isArray(stops) || stops.length > 4 || stops.some((s) => typeof s !== "string" || !s))
    throw new ApiError(
      400,
      "Invalid 'stop': expected a string or up to 4 strings, none of them empty.",
      "invalid_value",
      "stop",
    );
  const maxTokens =
    number(body, "max_completion_tokens", { min: 1, integer: true }) ??
    number(body, "max_tokens", { min: 1, integer: true });
  const options = optionsOf(body);
  const request: ChatRequest = {
    model: text(body, "model"),
    messages: parseMessages(list(body, "messages")),
    n: number(body, "n", { min: 1, max: 128, integer: true }) ?? 1,
    seed: number(body, "seed", { integer: true }) ?? crypto.getRandomValues(new Uint32Array(1))[0]!,
    temperature: number(body, "temperature", { min: 0, max: 2 }) ?? 1,
    topP: number(body, "top_p", { min: 0, max: 1 }) ?? 1,
    frequencyPenalty: number(body, "frequency_penalty", { min: -2, max: 2 }) ?? 0,
    presencePenalty: number(body, "presence_penalty", { min: -2, max: 2 }) ?? 0,
    stop: stops as string[],
    logprobs,
    topLogprobs: topLogprobs ?? 0,
    stream: flag(body, "stream"),
    includeUsage: flag(object(body, "stream_options") ?? {}, "include_usage"),
  };
  if (maxTokens !== undefined) request.maxTokens = maxTokens;
  if (options && request.stream)
    throw new ApiError(400, "'proband.options' are scored at once and not streamed.", "invalid_value", "stream");
  if (body["stream_options"] && !request.stream)
    throw new ApiError(
      400,
      "The 'stream_options' parameter is only allowed when 'stream' is enabled.",
      "invalid_value",
      "stream_options",
    );
  if (options) request.options = options;
  const schema = schemaOf(body);
  if (schema !== undefined) request.jsonSchema = schema;
  return request;
}

function optionsOf(body: Body): string[] | undefined {
  const extension = object(body, "proband");
  if (!extension || extension["options"] === undefined) return undefined;
  const options = list(extension, "options");
  if (!options.length || options.length > 1000 || options.some((o) => typeof o !== "string" || !o))
    throw new ApiError(
      400,
      "Invalid 'proband.options': 1 to 1000 non-empty strings.",
      "invalid_value",
      "proband.options",
    );
  return options as string[];
}

function schemaOf(body: Body): unknown {
  const format = object(body, "response_format");
  if (!format || format["type"] === "text") return undefined;
  if (format["type"] === "json_object") return { type: "object" };
  if (format["type"] !== "json_schema")
    throw new ApiError(400, `Invalid value: '${String(format["type"])}'.`, "invalid_value", "response_format.type");
  const { schema, name } = object(format, "json_schema") ?? {};
  if (typeof name !== "string" || !/^[\w-]{1,64}$/.test(name))
    throw new ApiError(
      400,
      name === undefined
        ? "Missing required parameter: 'response_format.json_schema.name'."
        : "Invalid 'response_format.json_schema.name': 1 to 64 letters, digits, '-' and '_'.",
      name === undefined ? "missing_required_parameter" : "invalid_value",
      "response_format.json_schema.name",
    );
  if (typeof schema !== "object" || schema === null)
    throw new ApiError(
      400,
      "Missing required parameter: 'response_format.json_schema.schema'.",
      "missing_required_parameter",
      "response_format.json_schema",
    );
  return schema;
}

function parseMessages(messages: unknown[]): ChatMessage[] {
  if (!messages.length)
    throw new ApiError(400, "Invalid 'messages': empty array. Expected at least 1 message.", "empty_array", "messages");
  return messages.map((message, i) => {
    const { role, content } = (message ?? {}) as { role?: unknown; content?: unknown };
    const at = `messages[${i}]`;
    if (!["system", "developer", "user", "assistant"].includes(role as string))
      throw new ApiError(400, `Invalid value: '${String(role)}' for '${at}.role'.`, "invalid_value", `${at}.role`);
    return {
      role: role === "developer" ? "system" : (role as ChatMessage["role"]),
      content: contentText(content, `${at}.content`),
    };
  });
}

function contentText(content: unknown, at: string): string {
  if (typeof content === "string") return content;
  if (Array.isArray(content) && content.every((part) => (part as { type?: string })?.type === "text"))
    return content.map((part: { text: string }) => part.text).join("");
  throw new ApiError(400, `Invalid type for '${at}': expected a string or text parts.`, "invalid_type", at);
}

export async function chatCompletion(
  host: ModelHost,
  state: State,
  body: Body,
  signal?: AbortSignal,
): Promise<Response | object> {
  await breathe();
  const request = parseChat(body);
  const resolved = await resolveModel(host, state, request.model);
  const promptTokens = await resolved.engine.countTokens(request.messages);
  const limit = resolved.engine.contextLength;
  if (promptTokens >= limit)
    throw new ApiError(
      400,
      `This model's maximum context length is ${limit} tokens. However, your messages resulted in ${promptTokens} tokens. Please reduce the length of the messages.`,
      "context_length_exceeded",
      "messages",
    );
  const head = {
    id: newId("chatcmpl-"),
    created: seconds(),
    model: request.model,
    system_fingerprint: resolved.fingerprint,
  };
  if (request.options) return scored(head, request, resolved, promptTokens, signal);
  const requests = generateRequests(request, limit - promptTokens);
  if (request.stream) return streamed(head, request, resolved, requests, promptTokens, signal);
  const outputs = await resolved.engine.generate(requests, engineOptions(resolved, signal));
  await breathe();
  return {
    ...head,
    object: "chat.completion",
    choices: outputs.map((output, index) => ({
      index,
      message: { role: "assistant", content: output.text, refusal: null },
      logprobs: request.logprobs ? { content: output.tokens.map(tokenLogprob), refusal: null } : null,
      finish_reason: output.finish,
    })),
    usage: usage(promptTokens, outputs),
  };
}

const engineOptions = (resolved: Resolved, signal?: AbortSignal) => ({
  ...(resolved.adapter ? { adapter: resolved.adapter } : {}),
  ...(signal ? { signal } : {}),
});

function generateRequests(request: ChatRequest, room: number): GenerateRequest[] {
  return Array.from({ length: request.n }, (_, i) => ({
    messages: request.messages,
    maxTokens: Math.min(request.maxTokens ?? room, room),
    temperature: request.temperature,
    topP: request.topP,
    seed: request.seed + i,
    stop: request.stop,
    frequencyPenalty: request.frequencyPenalty,
    presencePenalty: request.presencePenalty,
    ...(request.logprobs ? { topLogprobs: request.topLogprobs } : {}),
    ...(request.jsonSchema === undefined ? {} : { jsonSchema: request.jsonSchema }),
  }));
}

/** Log-probabilities of the options; the content is one of them, drawn with the request's seed and temperature. */
async function scored(
  head: object,
  request: ChatRequest,
  resolved: Resolved,
  promptTokens: number,
  signal?: AbortSignal,
) {
  const { messages, options } = request;
  const [logprobs] = await resolved.engine.score([{ messages, options: options! }], engineOptions(resolved, signal));
  await breathe();
  const values = [...logprobs!];
  if (values.some((v) => Number.isNaN(v)))
    throw new ApiError(500, `The model ${request.model} gave a log-probability that is not a number.`, "not_a_number");
  const best = Math.max(...values);
  const draw = (i: number) => {
    if (request.temperature === 0) return values.indexOf(best);
    const weights = values.map((v) => Math.exp((v - best) / request.temperature));
    return random(request.seed + i, "option").weighted(weights);
  };
  return {
    ...head,
    object: "chat.completion",
    choices: Array.from({ length: request.n }, (_, index) => ({
      index,
      message: { role: "assistant", content: options![draw(index)]!, refusal: null },
      logprobs: null,
      finish_reason: "stop",
      proband: { options: options!, logprobs: values },
    })),
    usage: { prompt_tokens: promptTokens, completion_tokens: request.n, total_tokens: promptTokens + request.n },
  };
}

const encoder = new TextEncoder();

const tokenLogprob = (token: GeneratedToken) => ({
  ...logprobOf(token),
  top_logprobs: (token.top ?? []).map(logprobOf),
});

const logprobOf = ({ text, logprob }: { text: string; logprob: number }) => ({
  token: text,
  logprob,
  bytes: [...encoder.encode(text)],
});

function usage(promptTokens: number, outputs: readonly Generated[]) {
  const completion = outputs.reduce((sum, o) => sum + o.tokens.length, 0);
  return { prompt_tokens: promptTokens, completion_tokens: completion, total_tokens: promptTokens + completion };
}

async function streamed(
  head: object,
  request: ChatRequest,
  resolved: Resolved,
  requests: GenerateRequest[],
  promptTokens: number,
  signal?: AbortSignal,
): Promise<Response> {
  // With usage asked for, the last piece has it and the others say null.
  const none = request.includeUsage ? { usage: null } : {};
  const chunk = (index: number, delta: object, finish: string | null, logprobs: object | null = null) => ({
    ...head,
    object: "chat.completion.chunk",
    choices: [{ index, delta, logprobs, finish_reason: finish }],
    ...none,
  });
  return eventStream(async (send, stopped) => {
    const both = signal ? AbortSignal.any([signal, stopped]) : stopped;
    const sent: (string | undefined)[] = requests.map(() => undefined);
    // A request that cannot be answered fails before the first piece, with a status of its own.
    const begin = (index: number) => {
      if (sent[index] !== undefined) return;
      sent[index] = "";
      send(chunk(index, { role: "assistant", content: "", refusal: null }, null));
    };
    const outputs = await resolved.engine.generate(requests, {
      ...engineOptions(resolved, both),
      onToken: (index, token) => {
        begin(index);
        sent[index] += token.text;
        const logprobs = request.logprobs ? { content: [tokenLogprob(token)], refusal: null } : null;
        send(chunk(index, { content: token.text }, null, logprobs));
      },
    });
    outputs.forEach((output, index) => {
      begin(index);
      // What the engine did not announce token by token still arrives.
      const rest = output.text.startsWith(sent[index]!) ? output.text.slice(sent[index]!.length) : "";
      if (rest) send(chunk(index, { content: rest }, null));
      send(chunk(index, {}, output.finish));
    });
    if (request.includeUsage)
      send({ ...head, object: "chat.completion.chunk", choices: [], usage: usage(promptTokens, outputs) });
  });
}
