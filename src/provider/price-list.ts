/** List prices in US dollars per million tokens. Check the provider's own page before a large run, or pass `prices` of your own. */
import type { Price } from "./types.js";

/** The day this list was last checked. */
export const pricesAsOf = "2026-03-31";

/**
 * OpenAI's list prices as reported in March 2026; prices of finetuned models and of training as listed in 2025.
 * `batch` is the factor of the Batch API.
 */
export const openaiPrices: Readonly<Record<string, Price>> = {
  "gpt-4.1": {
    input: 2,
    output: 8,
    training: 25,
    batch: 0.5,
  },
  "gpt-4.1-mini": {
    input: 0.4,
    output: 1.6,
    training: 5,
    batch: 0.5,
  },
  "gpt-4.1-nano": {
    input: 0.1,
    output: 0.4,
    training: 1.5,
    batch: 0.5,
  },
  "gpt-4o": {
    input: 2.5,
    output: 10,
    training: 25,
    batch: 0.5,
  },
  "gpt-4o-mini": {
    input: 0.15,
    output: 0.6,
    training: 3,
    batch: 0.5,
  },
  "ft:gpt-4.1": {
    input: 3,
    output: 12,
    batch: 0.5,
  },
  "ft:gpt-4.1-mini": {
    input: 0.8,
    output: 3.2,
    batch: 0.5,
  },
  "ft:gpt-4.1-nano": {
    input: 0.2,
    output: 0.8,
    batch: 0.5,
  },
  "ft:gpt-4o": {
    input: 3.75,
    output: 15,
    batch: 0.5,
  },
  "ft:gpt-4o-mini": {
    input: 0.3,
    output: 1.2,
    batch: 0.5,
  },
  "gpt-5": {
    input: 1.25,
    output: 10,
    batch: 0.5,
  },
  "gpt-5-mini": {
    input: 0.25,
    output: 2,
    batch: 0.5,
  },
  "gpt-5-nano": {
    input: 0.05,
    output: 0.4,
    batch: 0.5,
  },
};
