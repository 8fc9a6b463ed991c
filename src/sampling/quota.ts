import { labelOf, random, type Respondents } from "../study/index.js";
import { allocate } from "./allocation.js";
import { resolveMargin, type Margins } from "./coverage.js";
import { checkSize, split, type SamplingOptions, type Split } from "./split.js";

/**
 * Quota sampling: people come in a seeded random order and are taken while every quota they count for is open.
 * `margins` are the quotas as shares, item by item (not crossed). It stops when `n` are found or nobody fits; quotas
 * left open are named in the report. Nested with one quota item; with several, a larger pilot may differ.
 */
export function quota(respondents: Respondents, options: SamplingOptions & { n: number; margins: Margins }): Split {
  const { n, margins } = options;
  checkSize(respondents, n);
  const names = Object.keys(margins);
  if (names.length === 0) throw new Error("quota: expected margins for at least one item, found none");
  const open = names.map((name) => {
    const margin = resolveMargin(respondents, name, margins[name]!);
    const seats = allocate(
      n,
      [...margin.values()],
      [...margin.values()].map((s) => (s > 0 ? n : 0)),
      0,
    );
    return new Map([...margin.keys()].map((label, k) => [label, seats[k]!]));
  });
  const columns = names.map((name) => respondents.column(name).map((v) => labelOf(respondents.item(name), v)));
  const drawn: number[] = [];
  for (const i of random(options.seed ?? 1, "quota").permutation(respondents.n)) {
    if (drawn.length === n) break;
    if (!open.every((quotas, j) => (quotas.get(columns[j]![i]!) ?? 0) > 0)) continue;
    open.forEach((quotas, j) => quotas.set(columns[j]![i]!, quotas.get(columns[j]![i]!)! - 1));
    drawn.push(i);
  }
  if (drawn.length === 0) throw new Error("quota: nobody fits all quotas; compare the margins' levels with the data");
  const unfilled = open.flatMap((quotas, j) =>
    [...quotas].filter(([, left]) => left > 0).map(([label, left]) => `${names[j]}: ${label} (${left})`),
  );
  return split(respondents, drawn, {
    ...options,
    method: `quotas on ${names.join(", ")}, ${drawn.length} of ${n} found`,
    ...(unfilled.length ? { notes: [`quotas left open: ${unfilled.join("; ")}`] } : {}),
  });
}
