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
            text(ends, {
              x: "n",
              y: "structures",
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
