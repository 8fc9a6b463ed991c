/** How many different belief structures n respondents show, at equal n. */
import { areaY, axisX, axisY, dot, gridY, line, ruleY, text } from "@observablehq/plot";
import { frame } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, rowsOf, sizes, sourcesInOrder, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { keyed } from "./linked.js";
import { appearances, isHuman } from "./theme.js";

/** Expected number of unique structures among `n` respondents of a source, with an interval where known. */
export interface RarefactionRow {
  source: string;
  n: number;
  structures: number;
  low?: number;
  high?: number;
}

/** Rarefaction curves: expected unique belief structures against respondents drawn, humans beside models. */
export function rarefaction(input: FigureInput<RarefactionRow>, options: FigureOptions = {}): SVGSVGElement {
  const rows = rowsOf(input, "rarefaction").filter((r) => finite(r.n) && finite(r.structures));
  if (!rows.length) throw new Error("rarefaction has nothing to draw: no row has a finite n and structures");
  const sources = sourcesInOrder(
    rows.map((r) => r.source),
    isHuman,
  );
  const looks = appearances(sources);
  const ends = sources.map((s) => rows.filter((r) => r.source === s).reduce((a, b) => (b.n > a.n ? b : a)));
  const bands = rows.filter((r) => finite(r.low) && finite(r.high));
  return frame(
    {
      title: "Unique belief structures, rarefied",
      subtitle: `Expected number among n respondents; ${sizes(ends.map((e) => [e.source, e.n]))}`,
      description: `Curves end at ${ends.map((e) => `${e.source}: ${e.structures.toFixed(0)} structures among ${e.n}`).join("; ")}.`,
      legend: sources.map((s) => ({ label: s, ...looks.get(s)!, as: "both" as const })),
      plots: [
        {
          height: 300,
          marginLeft: 48,
          marginRight: 48,
          marginTop: 24,
          marginBottom: 38,
          x: { label: null, nice: true, zero: true },
          y: { label: null, nice: true, zero: true },
          symbol: { domain: sources, range: sources.map((s) => looks.get(s)!.symbol) },
          marks: [
            gridY({ strokeOpacity: 0.15 }),
            axisX({ label: "respondents drawn", ticks: 6 }),
            axisY({ label: "unique structures", ticks: 6 }),
            areaY(bands, {
              x: "n",
              y1: "low",
              y2: "high",
              z: "source",
              fill: (d: RarefactionRow) => looks.get(d.source)!.color,
              fillOpacity: 0.15,
            }),
            ...sources.map((s) =>
              line(
                rows.filter((r) => r.source === s),
                {
                  x: "n",
                  y: "structures",
                  stroke: looks.get(s)!.color,
                  strokeDasharray: looks.get(s)!.dash || undefined,
                  strokeWidth: 2,
                },
              ),
            ),
            dot(ends, {
              x: "n",
              y: "structures",
              symbol: "source",
              fill: (d: RarefactionRow) => looks.get(d.source)!.color,
              r: 4.5,
              ...keyed((d: RarefactionRow) => d.source),
              title: (d: RarefactionRow) => `${d.source}: ${d.structures.toFixed(1)} among ${d.n}`,
            }),
            text(apart(ends, bands), {
              x: "n",
              y: "at",
              text: (d: RarefactionRow) => d.structures.toFixed(0),
              dx: 9,
              textAnchor: "start",
            }),
            ruleY([0], { stroke: "currentColor" }),
          ],
        },
      ],
    },
    withMarks(input, options),
  );
}

/** The ends with heights for their numbers, which would otherwise stand on each other where curves end close together. */
function apart(ends: readonly RarefactionRow[], bands: readonly RarefactionRow[]): (RarefactionRow & { at: number })[] {
  const highest = Math.max(...ends.map((e) => e.structures), ...bands.map((b) => b.high!));
  const line = (highest * 12) / (300 - 24 - 38); // of 12 pixels, between the margins above and below
  const sorted = [...ends].sort((a, b) => a.structures - b.structures).map((e) => ({ ...e, at: e.structures }));
  // Each is moved up from the one below it; then each run is moved down by half, to stay around its curves.
  const near = (a: RarefactionRow, b: RarefactionRow) => Math.abs(a.n - b.n) < 0.05 * Math.max(a.n, b.n);
  for (let from = 0; from < sorted.length;) {
    let to = from + 1;
    for (; to < sorted.length && near(sorted[to]!, sorted[to - 1]!); to++) {
      const least = sorted[to - 1]!.at + line;
      if (sorted[to]!.structures >= least) break;
      sorted[to]!.at = least;
    }
    const run = sorted.slice(from, to);
    const moved = run.reduce((sum, r) => sum + r.at - r.structures, 0) / run.length;
    for (const r of run) r.at -= moved;
    from = to;
  }
  return sorted;
}
