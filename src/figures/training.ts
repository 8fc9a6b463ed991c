/** Loss while a model is finetuned. */
import { axisX, axisY, dot, gridY, line, rect, ruleX, text } from "@observablehq/plot";
import { frame } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, rowsOf, unique, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { keyed } from "./linked.js";
import { palette } from "./theme.js";

/** One measurement: at `step`, the loss of `series` ("training", "validation"). */
export interface TrainingRow {
  step: number;
  loss: number;
  series: string;
  /** The pass over the examples that the step belongs to, from 1. */
  epoch?: number;
}

export interface TrainingOptions extends FigureOptions {
  /** The step whose weights were kept. */
  kept?: number;
  /** People the model learned from. */
  n?: number;
  /** Unit of the steps (default "optimizer step"). */
  unit?: string;
}

/** Training and validation loss against steps; the kept checkpoint is marked. */
export function trainingCurves(input: FigureInput<TrainingRow>, options: TrainingOptions = {}): SVGSVGElement {
  const all = rowsOf(input, "trainingCurves");
  const rows = all.filter((r) => finite(r.step) && finite(r.loss));
  if (!rows.length) throw new Error("trainingCurves has nothing to draw: no loss is finite");
  const bad = all.length - rows.length;
  const series = unique(rows.map((r) => r.series));
  const looks = new Map(
    series.map((s, i) => [
      s,
      {
        color: i ? palette[(i - 1) % palette.length]! : "currentColor",
        dash: i ? "6 3" : "",
        symbol: i ? ("square" as const) : ("circle" as const),
      },
    ]),
  );
  const last = series.map((s) => rows.filter((r) => r.series === s).at(-1)!);
  const kept = options.kept;
  const epochs = epochsOf(rows);
  return frame(
    {
      title: "Loss while finetuning",
      subtitle: `Mean negative log-likelihood an answer token${finite(options.n) ? `; learned from ${options.n.toLocaleString("en-US")} people` : ""}`,
      description: `${last.map((r) => `${r.series} ends at ${r.loss.toFixed(3)} after ${r.step} steps, lowest ${Math.min(...rows.filter((x) => x.series === r.series).map((x) => x.loss)).toFixed(3)}`).join("; ")}.${kept === undefined ? "" : ` The weights of step ${kept} were kept.`}`,
      legend: [
        ...series.map((s) => ({ label: s, ...looks.get(s)!, as: "both" as const })),
        ...(epochs.length > 1 ? [{ label: `${epochs.length} epochs, by bands`, as: "area" as const }] : []),
      ],
      plots: [
        {
          height: 260,
          marginLeft: 48,
          marginRight: 40,
          marginTop: 26,
          marginBottom: 38,
          x: { label: null, nice: true },
          y: { label: null, nice: true },
          opacity: { type: "identity" },
          marks: [
            // Every other epoch lies on a faint band.
            rect(epochs, {
              x1: "from",
              x2: "to",
              fill: "currentColor",
              fillOpacity: (d: Epoch) => (d.epoch % 2 ? 0 : 0.06),
              title: epochKey,
              ...keyed(epochKey),
            }),
            gridY({ strokeOpacity: 0.15 }),
            axisX({
              label: options.unit ?? "optimizer step",
              ticks: 6,
              tickFormat: (v: number) => v.toLocaleString("en-US"),
            }),
            axisY({ label: "loss", ticks: 5 }),
            ...series.flatMap((s) => {
              const own = rows.filter((r) => r.series === s);
              const look = looks.get(s)!;
              return [
                line(own, {
                  x: "step",
                  y: "loss",
                  stroke: look.color,
                  strokeWidth: 1.8,
                  strokeDasharray: look.dash || undefined,
                }),
                ...(own.length <= 40
                  ? [
                      dot(own, {
                        x: "step",
                        y: "loss",
                        fill: look.color,
                        symbol: look.symbol,
                        r: 3,
                        title: (d: TrainingRow) => `step ${d.step}, ${d.series} ${d.loss.toFixed(4)}`,
                      }),
                    ]
                  : []),
              ];
            }),
            ...(kept === undefined
              ? []
              : [
                  ruleX([kept], { stroke: "currentColor", strokeDasharray: "2 3" }),
                  text([kept], { x: (d: number) => d, text: () => "kept", frameAnchor: "top", dy: -9 }),
                ]),
          ],
        },
      ],
    },
    {
      ...withMarks(input, options),
      ...(bad ? { notes: [...(options.notes ?? []), `${bad} measurements without a finite loss are not drawn.`] } : {}),
    },
  );
}

/** What tells an epoch from the others. */
export const epochKey = (d: Pick<Epoch, "epoch">) => `epoch ${d.epoch}`;

interface Epoch {
  epoch: number;
  from: number;
  to: number;
}

/** Where each epoch begins and ends. */
function epochsOf(rows: readonly TrainingRow[]): Epoch[] {
  const ends = new Map<number, number>();
  for (const { epoch, step } of rows) if (finite(epoch)) ends.set(epoch, Math.max(step, ends.get(epoch) ?? -Infinity));
  const sorted = [...ends].sort((a, b) => a[0] - b[0]);
  const first = Math.min(...rows.map((r) => r.step));
  return sorted.map(([epoch, to], i) => ({ epoch, from: i ? sorted[i - 1]![1] : first, to }));
}
