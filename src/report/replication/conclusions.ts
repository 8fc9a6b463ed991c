// Where the finetuned model loses: said in the output, by comparing the table's own numbers.
import type { Outcome } from "./run.js";

/** One sentence for each baseline or variant that the main variant does not beat, and one for those it does. */
export function conclusions(outcomes: readonly Outcome[], main: Outcome): string[] {
  const others = outcomes.filter((o) => o !== main && o.variant.kind !== "finetuned");
  const lines: string[] = [];
  const compareOn = (what: string, value: (o: Outcome) => number | null, digits = 3) => {
    const own = value(main);
    if (own === null) return;
    const known = others.flatMap((o) => {
      const v = value(o);
      return v === null ? [] : [{ name: o.row.variant, v }];
    });
    const better = known.filter(({ v }) => v <= own);
    const beaten = known.filter(({ v }) => v > own);
    const list = (xs: typeof known) => xs.map(({ name, v }) => `${name} (${v.toFixed(digits)})`).join(", ");
    if (better.length)
      lines.push(`${what}: the finetuned model (${own.toFixed(digits)}) does NOT beat ${list(better)}`);
    if (beaten.length) lines.push(`${what}: the finetuned model (${own.toFixed(digits)}) beats ${list(beaten)}`);
  };
  compareOn("JSD, mean over beliefs", (o) => o.row.jsd);
  compareOn("joint JSD", (o) => o.row.jsdJoint);
  compareOn("JSD of the action", (o) => o.row.jsdAction);
  const humanGap = main.measures.coherence?.rows.find((r) => r.by === "")?.humanGap ?? null;
  if (humanGap !== null)
    compareOn("belief–action gap, distance from the people's", (o) =>
      o.row.gap === null ? null : Math.abs(o.row.gap - humanGap),
    );
  return lines;
}
