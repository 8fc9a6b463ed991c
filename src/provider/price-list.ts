/**
 * List prices in US dollars per million tokens, with source and date. Check the provider's own page before a large
 * run, or pass `prices` of your own.
 */
import type { Price } from "./types.js";

/** Prices of one provider, read on one day in one place. */
export interface PriceList {
  /** The day the list was read. */
  asOf: string;
  /** Where the prices come from. */
  source: string;
  prices: Readonly<Record<string, Price>>;
}

const litellm = "as LiteLLM 1.109.1 lists them, which names";

/** `batch` is the factor of the Batch API. Where a training price is missing, none was found in a list that names its source. */
const openaiModels: Record<string, Price> = {
  "gpt-4.1": { input: 2, output: 8, batch: 0.5 },
  "gpt-4.1-mini": { input: 0.4, output: 1.6, batch: 0.5 },
  "gpt-4.1-nano": { input: 0.1, output: 0.4, batch: 0.5 },
  "gpt-4o": { input: 2.5, output: 10, batch: 0.5 },
  "gpt-4o-mini": { input: 0.15, output: 0.6, batch: 0.5 },
  "gpt-5": { input: 1.25, output: 10, batch: 0.5 },
  "gpt-5-mini": { input: 0.25, output: 2, batch: 0.5 },
  "gpt-5-nano": { input: 0.05, output: 0.4, batch: 0.5 },
  "gpt-5.1": { input: 1.25, output: 10, batch: 0.5 },
  "gpt-5.2": { input: 1.75, output: 14, batch: 0.5 },
  "gpt-5.4": { input: 2.5, output: 15, batch: 0.5 },
  "gpt-5.4-mini": { input: 0.75, output: 4.5, batch: 0.5 },
  "gpt-5.4-nano": { input: 0.2, output: 1.25, batch: 0.5 },
  "gpt-5.5": { input: 5, output: 30, batch: 0.5 },
};

export const openaiPrices: PriceList = {
  asOf: "2026-11-24",
  source: `${litellm} https://developers.openai.com/api/docs/pricing`,
  prices: {
    ...openaiModels,
    "ft:gpt-4.1": { input: 3, output: 12, batch: 0.5 },
    "ft:gpt-4.1-mini": { input: 0.8, output: 3.2, batch: 0.5 },
    "ft:gpt-4.1-nano": { input: 0.2, output: 0.8, batch: 0.5 },
    "ft:gpt-4o": { input: 3.75, output: 15 },
    "ft:gpt-4o-mini": { input: 0.3, output: 1.2, batch: 0.5 },
  },
};

/**
 * Global Standard deployments in eastus, for deployments that are named as their model. A finetuned deployment also
 * costs by the hour, used or not: not in this list.
 */
export const azurePrices: PriceList = {
  asOf: "2026-11-24",
  source: `${litellm} https://prices.azure.com/api/retail/prices`,
  prices: openaiModels,
};

/** Pay-as-you-go inference of open models; prices of training and of finetuned models are on Nebius' own page. */
export const nebiusPrices: PriceList = {
  asOf: "2026-11-24",
  source: `${litellm} https://nebius.com/prices`,
  prices: {
    "meta-llama/Meta-Llama-3.1-8B-Instruct": { input: 0.02, output: 0.06 },
    "meta-llama/Meta-Llama-3.1-70B-Instruct": { input: 0.13, output: 0.4 },
    "meta-llama/Llama-3.3-70B-Instruct": { input: 0.13, output: 0.4 },
    "Qwen/Qwen2.5-32B-Instruct": { input: 0.06, output: 0.2 },
    "Qwen/Qwen2.5-72B-Instruct": { input: 0.13, output: 0.4 },
    "Qwen/Qwen3-4B": { input: 0.08, output: 0.24 },
    "Qwen/Qwen3-14B": { input: 0.08, output: 0.24 },
    "Qwen/Qwen3-32B": { input: 0.1, output: 0.3 },
    "Qwen/Qwen3-30B-A3B": { input: 0.1, output: 0.3 },
    "Qwen/Qwen3-235B-A22B": { input: 0.2, output: 0.6 },
    "mistralai/Mistral-Nemo-Instruct-2407": { input: 0.04, output: 0.12 },
    "google/gemma-3-27b-it": { input: 0.1, output: 0.3 },
  },
};
