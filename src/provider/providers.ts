/** The servers that Proband knows, each with what it can do. */
import OpenAI, { AzureOpenAI } from "openai";
import { isLoopback } from "../engine/openai/loopback.js";
import { environment, openHome } from "./home.js";
import { azurePrices, nebiusPrices, openaiPrices } from "./price-list.js";
import { dated } from "./prices.js";
import type { Capabilities, Limits, Price, Provider, Reach } from "./types.js";

/** After this day OpenAI finetunes for nobody; organisations that had not finetuned before are refused since the notice. */
export const openaiFinetuningEnds = "2027-01-06";

const ways =
  'Works: the embedded engine (no key needed), Nebius (provider "nebius"), Azure ("azure"), or a LiteLLM proxy before one of them.';

const openaiClosing =
  `OpenAI ends finetuning: notice of 2026-05-07, new organisations already refused, none for anyone from ` +
  `${openaiFinetuningEnds}, and finetuned models are retired after. ${ways}`;

const cannotFinetune = (name: string) => `${name} serves models and does not finetune them. ${ways}`;

export interface ServerOptions {
  baseURL?: string;
  /** Name of the environment variable with the key. */
  keyName?: string;
  limits?: Limits;
  prices?: Record<string, Price>;
  /**
   * Where data go, for proxies: "local" where all that is behind one runs on this machine. Default by the address; a
   * LiteLLM proxy is never taken for local, since what is behind it may be anywhere.
   */
  reach?: Reach;
  /** Corrects the capability table where your server differs. */
  capabilities?: Partial<Capabilities>;
  /** Time-out of one request in milliseconds; default 60,000. */
  timeout?: number;
  /** For tests and proxies. */
  fetch?: typeof fetch;
}

const nothing: Capabilities = {
  finetuning: "this server does not finetune",
  topLogprobs: 0,
  optionLogprobs: false,
  distributionLoss: false,
  jsonSchema: false,
  batch: false,
  seed: false,
};

const everything: Capabilities = {
  finetuning: true,
  topLogprobs: 20,
  optionLogprobs: true,
  distributionLoss: true,
  jsonSchema: true,
  batch: true,
  seed: true,
};

/** The engine in this process: no key, no network, nothing leaves the machine. `home` is its state folder (default `.proband`). */
export function embedded(options: { home?: string } = {}): Provider {
  const home = openHome(options.home);
  let client: OpenAI | undefined;
  return {
    name: "embedded",
    baseURL: "http://embedded.invalid/v1",
    reach: "local",
    free: true,
    limits: { concurrency: 256 },
    defaultModel: "proband-base",
    capabilities: everything,
    client: () =>
      (client ??= new OpenAI({
        apiKey: "in-process",
        baseURL: "http://embedded.invalid/v1",
        fetch: home.handler.fetch as typeof fetch,
        maxRetries: 0,
        // The SDK's log would hold people's data; errors are ours to tell.
        logLevel: "off",
        dangerouslyAllowBrowser: true,
      })),
  };
}

export function openai(options: ServerOptions = {}): Provider {
  return server(
    "openai",
    "https://api.openai.com/v1",
    { keyName: "OPENAI_API_KEY", prices: dated(openaiPrices), ...options },
    {
      ...nothing,
      finetuning: openaiClosing,
      topLogprobs: 20,
      jsonSchema: true,
      batch: true,
      seed: true,
    },
  );
}

/** Nebius Token Factory: finetunes open models by OpenAI's shape. */
export function nebius(options: ServerOptions = {}): Provider {
  return server(
    "nebius",
    "https://api.tokenfactory.nebius.com/v1",
    { keyName: "NEBIUS_API_KEY", prices: dated(nebiusPrices), ...options },
    {
      ...nothing,
      finetuning: true,
      topLogprobs: 20,
      jsonSchema: true,
      batch: true,
      seed: true,
    },
  );
}

/** Azure OpenAI. `endpoint` as in the portal; default from AZURE_OPENAI_ENDPOINT. Model names are deployment names. */
export function azure(options: ServerOptions & { endpoint?: string; apiVersion?: string } = {}): Provider {
  const endpoint = options.endpoint ?? environment("AZURE_OPENAI_ENDPOINT");
  if (!endpoint)
    throw new Error(
      "azure needs an endpoint: pass { endpoint } or set AZURE_OPENAI_ENDPOINT (https://NAME.openai.azure.com)",
    );
  const keyName = options.keyName ?? "AZURE_OPENAI_API_KEY";
  const provider = server(
    "azure",
    `${endpoint.replace(/\/$/, "")}/openai`,
    { prices: dated(azurePrices), ...options, keyName },
    {
      ...nothing,
      finetuning: true,
      topLogprobs: 20,
      jsonSchema: true,
      batch: true,
      seed: true,
    },
  );
  let client: OpenAI | undefined;
  return {
    ...provider,
    client: () =>
      (client ??= new AzureOpenAI({
        endpoint,
        apiKey: keyOf(provider),
        apiVersion: options.apiVersion ?? "2024-10-21",
        maxRetries: 0,
        // The SDK's log would hold people's data; errors are ours to tell.
        logLevel: "off",
        timeout: options.timeout ?? 60_000,
        ...(options.fetch ? { fetch: options.fetch } : {}),
      })),
  };
}

/** vLLM, alone or on a Ray cluster. */
export const vllm = (options: ServerOptions = {}): Provider =>
  server(
    "vllm",
    "http://127.0.0.1:8000/v1",
    { limits: { concurrency: 256 }, ...options },
    {
      ...nothing,
      finetuning:
        cannotFinetune("vLLM") + " Or finetune the exported JSONL with TRL and load the adapter (docs/scale.md).",
      topLogprobs: 20,
      jsonSchema: true,
      seed: true,
    },
  );

export const ollama = (options: ServerOptions = {}): Provider =>
  server(
    "ollama",
    "http://127.0.0.1:11434/v1",
    { limits: { concurrency: 4 }, ...options },
    {
      ...nothing,
      finetuning: cannotFinetune("Ollama"),
      jsonSchema: true,
      seed: true,
    },
  );

export const llamacpp = (options: ServerOptions = {}): Provider =>
  server(
    "llamacpp",
    "http://127.0.0.1:8080/v1",
    { limits: { concurrency: 4 }, ...options },
    {
      ...nothing,
      finetuning: cannotFinetune("llama.cpp's server"),
      topLogprobs: 20,
      jsonSchema: true,
      seed: true,
    },
  );

export const lmstudio = (options: ServerOptions = {}): Provider =>
  server(
    "lmstudio",
    "http://127.0.0.1:1234/v1",
    { limits: { concurrency: 4 }, ...options },
    {
      ...nothing,
      finetuning: cannotFinetune("LM Studio"),
      jsonSchema: true,
      seed: true,
    },
  );

/** A LiteLLM proxy: what it can do depends on what is behind it. */
export const litellm = (options: ServerOptions = {}): Provider =>
  server(
    "litellm",
    "http://127.0.0.1:4000/v1",
    { keyName: "LITELLM_API_KEY", reach: "own-server", ...options },
    {
      ...nothing,
      finetuning: true,
      topLogprobs: 20,
      jsonSchema: true,
      batch: true,
      seed: true,
    },
  );

/** Any other OpenAI-compatible URL. Assumes text answers only; say in `capabilities` what the server can do. */
export function compatible(options: ServerOptions & { baseURL: string }): Provider {
  return server("compatible", options.baseURL, options, nothing);
}

/** Another Proband's `proband serve`: everything the embedded engine can do. */
export function proband(options: ServerOptions & { baseURL: string }): Provider {
  return server("proband", options.baseURL, { keyName: "PROBAND_API_KEY", ...options }, everything);
}

const makers: Record<string, (options?: any) => Provider> = {
  embedded,
  openai,
  azure,
  nebius,
  vllm,
  ollama,
  llamacpp,
  lmstudio,
  litellm,
  proband,
};

/** A provider by name (at another URL than its own, where one is given), by URL, or as it is; the embedded engine where none is given. */
export function providerOf(given?: Provider | string, home?: string, baseURL?: string): Provider {
  if (given === undefined || given === "embedded") return embedded(home === undefined ? {} : { home });
  if (typeof given !== "string") return given;
  if (/^https?:\/\//.test(given)) return compatible({ baseURL: given });
  const make = makers[given];
  if (!make)
    throw new Error(
      `no provider ${given}; there are ${Object.keys(makers).join(", ")}, or pass a base URL (http://…/v1)`,
    );
  if (given === "proband" && !baseURL) throw new Error("proband needs the URL that `proband serve` prints");
  return make(baseURL === undefined ? {} : { baseURL });
}

function server(name: string, url: string, options: ServerOptions, capabilities: Capabilities): Provider {
  const baseURL = options.baseURL ?? url;
  let client: OpenAI | undefined;
  const provider: Provider = {
    name,
    baseURL,
    reach: options.reach ?? reachOf(name, baseURL),
    free: !sells.includes(name) && !(name === "compatible" && !onLoopback(baseURL)),
    limits: options.limits ?? {},
    capabilities: { ...capabilities, ...options.capabilities },
    ...(options.keyName ? { keyName: options.keyName } : {}),
    ...(options.prices ? { prices: options.prices } : {}),
    client: () =>
      (client ??= new OpenAI({
        apiKey: keyOf(provider),
        baseURL,
        maxRetries: 0,
        // The SDK's log would hold people's data; errors are ours to tell.
        logLevel: "off",
        timeout: options.timeout ?? 60_000,
        dangerouslyAllowBrowser: true,
        ...(options.fetch ? { fetch: options.fetch } : {}),
      })),
  };
  return provider;
}

/** Data stays here on loopback; a company's servers and any other machine are told apart for consent. */
function reachOf(name: string, baseURL: string): Reach {
  if (onLoopback(baseURL)) return "local";
  return ["openai", "azure", "nebius"].includes(name) ? "hosted" : "own-server";
}

const onLoopback = (baseURL: string) => isLoopback(new URL(baseURL).hostname);

/** Providers that bill, or that stand before others that do. */
const sells = ["openai", "azure", "nebius", "litellm"];

/** The key from the environment; a server on loopback needs none unless it says so. */
function keyOf(provider: Provider): string {
  const key = provider.keyName === undefined ? undefined : environment(provider.keyName);
  if (key) return key;
  if (onLoopback(provider.baseURL) || provider.keyName === undefined) return "none";
  throw new Error(
    `${provider.name} needs a key: set the environment variable ${provider.keyName} (never in a notebook). Without one, the embedded engine works: leave provider out.`,
  );
}
