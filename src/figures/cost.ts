/** What each step took: time and money. */
import { axisX, axisY, barX, ruleX, text } from "@observablehq/plot";
import { frame, labelMargin, wrapLabel } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, rowsOf, unique, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { palette } from "./theme.js";

/** One step of work: seconds of wall time, US dollars paid (0 for the built-in model), answers or people it served. */
export interface CostRow {
  step: string;
  seconds: number;
  costUSD?: number;
  n?: number;
}

/** Bars of time a step, and of money where any was paid. */
export function costAndTime(input: FigureInput<CostRow>, options: FigureOptions = {}): SVGSVGElement {
  const rows = rowsOf(input, "costAndTime").filter((r) => finite(r.seconds));
  if (!rows.length) throw new Error("costAndTime has nothing to draw: no row has finite seconds");
  const steps = unique(rows.map((r) => r.step));
  const paid = rows.some((r) => (r.costUSD ?? 0) > 0);
  const people = new Map(rows.filter((r) => finite(r.n)).map((r) => [r.step, `(n = ${r.n!.toLocaleString("en-US")})`]));
  const marginLeft = labelMargin(
    steps.map((s) => `${s} ${people.get(s) ?? ""}`),
    options.width,
  );
  const bars = (value: (r: CostRow) => number, show: (v: number) => string, color: string, label: string) => ({
    height: 52 + steps.length * 22,
    marginLeft,
    marginRight: 70,
    marginTop: 4,
    marginBottom: 36,
    x: { label: null },
    y: { domain: steps, label: null },
    marks: [
      axisX({ label, ticks: Math.max(2, Math.min(5, Math.floor(((options.width ?? 640) - marginLeft - 70) / 55))) }),
      axisY({ label: null, tickSize: 0, tickFormat: (s: string) => wrapLabel(s, marginLeft, people.get(s), 1) }),
      barX(rows, {
        x: value,
        y: "step",
        fill: color,
        fillOpacity: 0.8,
        insetTop: 3,
        insetBottom: 3,
        title: (d: CostRow) => `${d.step}: ${show(value(d))}`,
      }),
      text(rows, { x: value, y: "step", text: (d: CostRow) => show(value(d)), dx: 4, textAnchor: "start" }),
      ruleX([0], { stroke: "currentColor" }),
    ],
  });
  const seconds = rows.reduce((s, r) => s + r.seconds, 0);
  const dollars = rows.reduce((s, r) => s + (r.costUSD ?? 0), 0);
  return frame(
    {
      title: "What it took",
      subtitle: `${duration(seconds)} in all, ${money(dollars)}`,
      description: rows
        .map((r) => `${r.step}: ${duration(r.seconds)}, ${money(r.costUSD ?? 0)}${finite(r.n) ? `, n = ${r.n}` : ""}`)
        .join("; "),
      plots: [
        bars((r) => r.seconds, duration, "currentColor", "seconds"),
        ...(paid ? [bars((r) => r.costUSD ?? 0, money, palette[0]!, "US dollars")] : []),
      ],
    },
    withMarks(input, options),
  );
}

/** "0.4 s", "12 s", "3 min 5 s", "2 h 10 min". */
export function duration(seconds: number): string {
  if (!finite(seconds)) return "–";
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.round((seconds % 3600) / 60)} min`;
}

/** "$0.00", "$0.0042", "$12.30". */
export function money(dollars: number): string {
  if (!finite(dollars)) return "–";
  return dollars > 0 && dollars < 0.1 ? `$${dollars.toPrecision(2)}` : `$${dollars.toFixed(2)}`;
}
