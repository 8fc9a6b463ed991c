/** What an answer costs: tokens at the price file's prices, which carry a date. */
import type { Price, Provider } from "./types.js";

export { openaiPrices, pricesAsOf } from "./price-list.js";

/** The price of a model: by its id, or by the longest listed name the id begins with (dated snapshots, finetuned models). */
export function priceOf(provider: Provider, model: string): Price | undefined {
  if (provider.reach !== "hosted") return { input: 0, output: 0, training: 0 };
  const prices = provider.prices ?? {};
  if (prices[model]) return prices[model];
  const name = Object.keys(prices)
    .filter((listed) => model.startsWith(`${listed}-20`) || model.startsWith(`${listed}:`))
    .sort((a, b) => b.length - a.length)[0];
  return name === undefined ? undefined : prices[name];
}

/** Dollars for these tokens. */
export function costOf(price: Price | undefined, input: number, output: number, batch = false): number {
  if (!price) return 0;
  return (((price.input * input + price.output * output) / 1e6) * (batch ? (price.batch ?? 1) : 1)) as number;
}
