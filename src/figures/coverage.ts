/** Whom a sample covers: shares of groups in the sample beside those among everyone. */
import { axisX, axisY, dot, gridX, link, text } from "@observablehq/plot";
import { fitLabel, frame, labelMargin } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, rowsOf, unique, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { keyed } from "./linked.js";
import { palette } from "./theme.js";

/** Share of one category of one attribute in the sample and among everyone; `n` of the sample fall in it. */
export interface CoverageRow {
  attribute: string;
  category: string;
  sample: number;
  everyone: number;
  n?: number;
}

/** What tells a row from the others. */
export const coverageKey = (d: Pick<CoverageRow, "attribute" | "category">) => `${d.attribute}: ${d.category}`;

/** Dumbbells: filled = sample, hollow = everyone; a category that the sample misses is marked in words. */
export function samplingCoverage(input: FigureInput<CoverageRow>, options: FigureOptions = {}): SVGSVGElement {
  const rows = rowsOf(input, "samplingCoverage").filter((r) => finite(r.sample) && finite(r.everyone));
  if (!rows.length) throw new Error("samplingCoverage has nothing to draw: no row has finite shares");
  const attributes = unique(rows.map((r) => r.attribute));
  const keys = rows.map((r) => ({ ...r, key: `${r.attribute}\u0000${r.category}` }));
  const missed = keys.filter((r) => r.sample === 0 && r.everyone > 0);
  const n = attributes.map((a) => rows.filter((r) => r.attribute === a).reduce((s, r) => s + (r.n ?? NaN), 0));
  const total = Math.max(...n.filter(finite));
  // A heading of its own line before each attribute.
  const lines = attributes.flatMap((a) => [`${a}\u0000`, ...keys.filter((k) => k.attribute === a).map((k) => k.key)]);
  const name = (key: string) => key.split("\u0000")[1]!;
  const top = Math.max(...rows.flatMap((r) => [r.sample, r.everyone]));
  const marginLeft = labelMargin([...rows.map((r) => r.category), ...attributes], options.width);
  const byLevel = keyed(coverageKey);
  const room = (options.width ?? 640) - marginLeft - 70;
  return frame(
    {
      title: "Whom the sample covers",
      subtitle: `Share of each category in the sample${finite(total) ? ` (n = ${total.toLocaleString("en-US")})` : ""} and among everyone`,
      description: `Largest difference: ${largest(rows)}. ${missed.length ? `Not in the sample: ${missed.map((m) => `${m.attribute} ${m.category}`).join(", ")}.` : "Every category is in the sample."}`,
      legend: [
        { label: "sample", color: palette[1]!, symbol: "circle" },
        { label: "everyone", color: "currentColor", symbol: "plus" },
      ],
      plots: [
        {
          height: 38 + lines.length * 17,
          marginLeft,
          marginRight: 70,
          marginTop: 4,
          marginBottom: 30,
          x: { domain: [0, top * 1.05 || 1], label: null },
          y: { domain: lines, label: null, type: "point", padding: 0.5 },
          marks: [
            gridX({ strokeOpacity: 0.15, ticks: 5 }),
            axisX({ label: "share", tickFormat: "%", ticks: Math.max(2, Math.min(5, Math.floor(room / 45))) }),
            axisY({ tickFormat: (k: string) => fitLabel(name(k), marginLeft), tickSize: 0, label: null }),
            text(attributes, {
              y: (a: string) => `${a}\u0000`,
              text: (a: string) => a,
              frameAnchor: "left",
              dx: 6 - marginLeft,
              textAnchor: "start",
              fontWeight: 600,
            }),
            link(keys, {
              x1: "sample",
              x2: "everyone",
              y: "key",
              stroke: palette[1]!,
              strokeWidth: 2,
              strokeOpacity: 0.6,
              ...byLevel,
            }),
            dot(keys, { x: "everyone", y: "key", symbol: "plus", stroke: "currentColor", r: 5, ...byLevel }),
            dot(keys, {
              x: "sample",
              y: "key",
              fill: palette[1]!,
              r: 4,
              ...byLevel,
              title: (d: CoverageRow) =>
                `${d.attribute} ${d.category}: ${(100 * d.sample).toFixed(1)}% of the sample${finite(d.n) ? ` (${d.n})` : ""}, ${(100 * d.everyone).toFixed(1)}% of everyone`,
            }),
            text(missed, {
              x: "everyone",
              y: "key",
              text: () => "nobody sampled",
              dx: 12, // beside the cross
              textAnchor: "start",
              fontStyle: "italic",
            }),
          ],
        },
      ],
    },
    withMarks(input, options),
  );
}

function largest(rows: readonly CoverageRow[]): string {
  const worst = rows.reduce((a, b) => (Math.abs(b.sample - b.everyone) > Math.abs(a.sample - a.everyone) ? b : a));
  return `${worst.attribute} ${worst.category}, ${(100 * worst.sample).toFixed(1)}% of the sample against ${(100 * worst.everyone).toFixed(1)}%`;
}
