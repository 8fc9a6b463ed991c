/** What an answer costs: tokens at the price list's prices, each with its date and source. */
import type { PriceList } from "./price-list.js";
import type { Price, Provider } from "./types.js";

/** The price of a model: by its id, or by the longest listed name the id begins with (dated snapshots, finetuned models). */
export function priceOf(provider: Provider, model: string): Price | undefined {
  const prices = provider.prices ?? {};
  if (prices[model]) return prices[model];
  const name = Object.keys(prices)
    .filter((listed) => model.startsWith(`${listed}-20`) || model.startsWith(`${listed}:`))
    .sort((a, b) => b.length - a.length)[0];
  if (name !== undefined) return prices[name];
  return provider.free ? { input: 0, output: 0, training: 0 } : undefined;
}

/** A list's prices, each with the list's date and source. */
export const dated = ({ asOf, source, prices }: PriceList): Record<string, Price> =>
  Object.fromEntries(Object.entries(prices).map(([model, price]) => [model, { ...price, asOf, source }]));

/** Dollars for these tokens. */
export function costOf(price: Price | undefined, input: number, output: number, batch = false): number {
  if (!price) return 0;
  return ((price.input * input + price.output * output) / 1e6) * (batch ? (price.batch ?? 1) : 1);
}

/** Where a cost comes from, as a note says it: "at list prices of 2026-11-24 (…)", "at the prices you passed". */
export function priceSource(price: Price): string {
  if (!price.input && !price.output) return "on a machine of your own";
  if (!price.asOf) return "at the prices passed";
  return `at list prices of ${price.asOf}, ${price.source}; check the provider's own page`;
}
