/** What people believe beside what simulations of them believe: one item (small multiples), or two jointly. */
import { axisX, axisY, frame as border, lineY, rect, rectY, ruleY, text } from "@observablehq/plot";
import type { Respondents } from "../study/index.js";
import { marks, sourceName } from "../study/index.js";
import type { Item } from "../study/types.js";
import { frame, wrap } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { finite, sizes, sourcesInOrder } from "./input.js";
import { keyed } from "./linked.js";
import { appearances, isHuman } from "./theme.js";

/** Sets of respondents to compare: an array (labelled by provenance and model), or labels with their sets. */
export type Sets = readonly Respondents[] | Readonly<Record<string, Respondents>>;

export interface BeliefOptions extends FigureOptions {
  /** Items to show; by default the codebook's beliefs. */
  items?: readonly string[];
}

/** One bar: `share` of the `n` answers to `item` in `source` lie in [low, high). */
export interface BeliefShare {
  source: string;
  item: string;
  label: string;
  low: number;
  high: number;
  share: number;
  n: number;
}

/** Shares of answers an item and source, in bins of the item's own steps (at most 25). Missing answers are left out. */
export function beliefShares(sets: Sets, items?: readonly string[]): BeliefShare[] {
  const labelled = labelSets(sets);
  const first = labelled[0]![1];
  const names = items ?? first.items("belief").map((i) => i.name);
  if (!names.length) throw new Error(`${first.origin.study} has no belief items; name some with { items: […] }`);
  return names.flatMap((name) => {
    const item = first.item(name);
    const bins = binsOf(item, labelled);
    return labelled.flatMap(([source, set]) => {
      const counts = new Float64Array(bins.length);
      let n = 0;
      for (const value of set.column(name)) {
        const bin = value === null ? -1 : bins.findIndex((b) => b.holds(value));
        if (bin < 0) continue;
        counts[bin]!++;
        n++;
      }
      return bins.map((b, i) => ({
        source,
        item: name,
        label: b.label,
        low: b.low,
        high: b.high,
        share: n ? counts[i]! / n : 0,
        n,
      }));
    });
  });
}

/** Distribution of each belief: one row of panels an item, one panel a source, the humans' outline in every panel. */
export function beliefDistributions(sets: Sets, options: BeliefOptions = {}): SVGSVGElement {
  const labelled = labelSets(sets);
  const first = labelled[0]![1];
  const shares = beliefShares(sets, options.items);
  const sources = labelled.map(([s]) => s);
  const looks = appearances(sources);
  const reference = sources.find(isHuman) ?? sources[0]!;
  const items = [...new Set(shares.map((s) => s.item))];
  const headings = headingsOf(sources, options.width);
  const plots = items.map((name) => {
    const own = shares.filter((s) => s.item === name);
    const item = first.item(name);
    const outline = sources
      .filter((s) => s !== reference)
      .flatMap((source) => steps(own.filter((s) => s.source === reference)).map((p) => ({ ...p, source })));
    const ticks = ticksOf(item, own, headings.room);
    return {
      height: 136 + headings.height,
      marginLeft: 44,
      marginTop: headings.height + 14,
      marginBottom: 34,
      fx: { domain: sources, label: null, axis: null },
      x: { label: null },
      y: { label: null, domain: [0, Math.max(...own.map((s) => s.share)) * 1.05 || 1] },
      marks: [
        axisX({ ticks: ticks.at, tickFormat: (v: number) => ticks.label(v), label: item.label }),
        axisY({ ticks: 3, tickFormat: "%", label: null }),
        rectY(own, {
          fx: "source",
          x1: "low",
          x2: "high",
          y: "share",
          fill: (d: BeliefShare) => looks.get(d.source)!.color,
          fillOpacity: 0.75,
          insetLeft: 0.5,
          insetRight: 0.5,
          ...keyed((d: BeliefShare) => d.item),
          title: (d: BeliefShare) => `${d.source}, ${item.label} ${d.label}: ${(100 * d.share).toFixed(1)}% of ${d.n}`,
        }),
        lineY(outline, { fx: "source", x: "x", y: "share", stroke: "currentColor", strokeWidth: 1.2 }),
        ruleY([0], { stroke: "currentColor" }),
        text(
          sources.map((source) => ({ source, n: own.find((s) => s.source === source)!.n })),
          {
            fx: "source",
            text: (d: { source: string; n: number }) =>
              `${headings.text(d.source)}\nn = ${d.n.toLocaleString("en-US")}`,
            frameAnchor: "top",
            dy: -3,
            lineAnchor: "bottom",
            fontWeight: 600,
          },
        ),
      ],
    };
  });
  return frame(
    {
      title: items.length === 1 ? `What is believed: ${first.item(items[0]!).label}` : "What is believed",
      subtitle: `Share of answers; ${sizes(labelled.map(([s, r]) => [s, r.n]))}`,
      description: `Histograms of ${items.map((i) => first.item(i).label).join(", ")}, one panel a source; the line in the other panels repeats ${reference}. ${items
        .map((i) => modes(shares.filter((s) => s.item === i)))
        .join(" ")}`,
      ...(sources.length > 1
        ? { legend: [{ label: `${reference}, repeated in every panel`, as: "line" as const }] }
        : {}),
      plots,
    },
    { provenance: marks(...labelled.map(([, s]) => s)), ...options },
  );
}

/** Two beliefs jointly: darkness is the share of answers in each cell, one panel a source. */
export function jointBeliefs(
  sets: Sets,
  [first, second]: readonly [string, string],
  options: FigureOptions = {},
): SVGSVGElement {
  const labelled = labelSets(sets);
  const human = labelled[0]![1];
  const [itemX, itemY] = [human.item(first), human.item(second)];
  const [binsX, binsY] = [binsOf(itemX, labelled, 11), binsOf(itemY, labelled, 11)];
  const cells = labelled.flatMap(([source, set]) => {
    const x = set.column(first);
    const y = set.column(second);
    const counts = new Map<string, number>();
    let n = 0;
    for (let i = 0; i < set.n; i++) {
      const a = x[i] === null ? -1 : binsX.findIndex((b) => b.holds(x[i]!));
      const b = y[i] === null ? -1 : binsY.findIndex((b) => b.holds(y[i]!));
      if (a < 0 || b < 0) continue;
      counts.set(`${a},${b}`, (counts.get(`${a},${b}`) ?? 0) + 1);
      n++;
    }
    return [...counts].map(([key, k]) => {
      const [a, b] = key.split(",").map(Number) as [number, number];
      return { source, x1: binsX[a]!.low, x2: binsX[a]!.high, y1: binsY[b]!.low, y2: binsY[b]!.high, share: k / n, n };
    });
  });
  const largest = Math.max(...cells.map((c) => c.share));
  const shade = (share: number) => 0.08 + 0.87 * Math.sqrt(share / largest);
  const sources = labelled.map(([s]) => s);
  const panel = ((options.width ?? 640) - 60) / sources.length;
  const headings = headingsOf(sources, options.width);
  return frame(
    {
      title: `${capital(itemX.label)} and ${itemY.label}, jointly`,
      subtitle: `Share of answers in each cell, by shade; ${sizes(labelled.map(([s, r]) => [s, r.n]))}`,
      description: `Heat maps of ${itemX.label} against ${itemY.label}. ${sources
        .map((s) => `${s}: ${cells.filter((c) => c.source === s).length} of ${binsX.length * binsY.length} cells used`)
        .join("; ")}.`,
      legend: [largest / 16, largest / 4, largest].map((share) => ({
        label: `${(100 * share).toFixed(1)}%`,
        as: "area" as const,
        opacity: shade(share),
      })),
      plots: [
        {
          height: Math.min(panel, 320) + 60 + headings.height,
          marginLeft: 44,
          // The vertical axis's name above the headings.
          marginTop: headings.height + 22,
          marginBottom: 38,
          fx: { domain: sources, label: null, axis: null },
          x: { label: null, domain: [binsX[0]!.low, binsX.at(-1)!.high] },
          y: { label: null, domain: [binsY[0]!.low, binsY.at(-1)!.high] },
          marks: [
            axisX({ ticks: Math.max(2, Math.min(5, Math.floor(headings.room / 30))), label: itemX.label }),
            axisY({ ticks: 5, label: null }),
            text([sources[0]!], {
              fx: (d: string) => d,
              text: () => `↑ ${itemY.label}`,
              frameAnchor: "top-left",
              dx: -40,
              dy: -headings.height - 8,
              lineAnchor: "bottom",
              textAnchor: "start",
            }),
            rect(cells, {
              fx: "source",
              x1: "x1",
              x2: "x2",
              y1: "y1",
              y2: "y2",
              fill: "currentColor",
              fillOpacity: (d: { share: number }) => shade(d.share),
              inset: 0.5,
              title: (d: { share: number; source: string }) => `${d.source}: ${(100 * d.share).toFixed(1)}%`,
            }),
            border({ stroke: "currentColor", strokeOpacity: 0.4 }),
            text(sources, {
              fx: (d: string) => d,
              text: headings.text,
              frameAnchor: "top",
              dy: -4,
              lineAnchor: "bottom",
              fontWeight: 600,
            }),
          ],
          opacity: { type: "identity" },
        },
      ],
    },
    { provenance: marks(...labelled.map(([, s]) => s)), ...options },
  );
}

const capital = (text: string) => text.slice(0, 1).toUpperCase() + text.slice(1);

/** Headings of panels side by side, in lines that fit, and their height in pixels. */
function headingsOf(sources: readonly string[], width = 640) {
  const room = (width - 64) / sources.length - 6;
  const lines = new Map(sources.map((s) => [s, wrap(s, room, 11)]));
  const most = Math.max(...[...lines.values()].map((l) => l.length));
  return { room, height: 14 * most, text: (source: string) => lines.get(source)!.join("\n") };
}

/** Names for sets of respondents: "human", the model's id, or as given. */
export function labelSets(sets: Sets): [string, Respondents][] {
  const labelled: [string, Respondents][] = Array.isArray(sets)
    ? (sets as readonly Respondents[]).map((s) => [sourceName(s), s])
    : Object.entries(sets);
  if (!labelled.length) throw new Error("nothing to draw: pass at least one set of respondents");
  const seen = new Map<string, number>();
  const named = labelled.map(([name, set]): [string, Respondents] => {
    const k = (seen.get(name) ?? 0) + 1;
    seen.set(name, k);
    return [k > 1 ? `${name} (${k})` : name, set];
  });
  const order = sourcesInOrder(
    named.map(([n]) => n),
    isHuman,
  );
  return order.map((n) => named.find(([m]) => m === n)!);
}

interface Bin {
  low: number;
  high: number;
  label: string;
  holds(value: number | string): boolean;
}

/** Bins of an item's answers: its options, its steps, or at most `most` equal parts of its range. */
function binsOf(item: Item, sets: [string, Respondents][], most = 25): Bin[] {
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal")
    return scale.options.map((o, i) => {
      const at = scale.kind === "ordinal" && typeof o.value === "number" ? o.value : i;
      return { low: at - 0.5, high: at + 0.5, label: o.label, holds: (v) => v === o.value };
    });
  let [min, max, step] = [0, 1, 1];
  if (scale.kind === "interval") ({ min, max, step } = scale);
  else max = Math.max(scale.max ?? 0, ...sets.flatMap(([, s]) => [...s.numbers(item.name)].filter(finite)));
  const values = Math.round((max - min) / step) + 1;
  const per = Math.ceil(values / most);
  return Array.from({ length: Math.ceil(values / per) }, (_, i) => {
    const low = min + (i * per - 0.5) * step;
    const high = min + ((i + 1) * per - 0.5) * step;
    const label =
      per === 1 ? String(min + i * step) : `${min + i * per * step}–${Math.min(max, min + ((i + 1) * per - 1) * step)}`;
    return { low, high, label, holds: (v) => typeof v === "number" && v >= low && v < high };
  });
}

function ticksOf(item: Item, shares: BeliefShare[], room: number) {
  const { scale } = item;
  if (scale.kind === "nominal" || scale.kind === "ordinal") {
    const own = shares.filter((s) => s.source === shares[0]!.source);
    const at = new Map(own.map((s) => [(s.low + s.high) / 2, s.label]));
    const numeric = scale.options.every((o) => typeof o.value === "number") && scale.kind === "ordinal";
    const short = (label: string) => (label.length > 9 ? `${label.slice(0, 8)}…` : label);
    return {
      at: [...at.keys()],
      label: (v: number) => (numeric ? String(v) : short(at.get(v) ?? "")),
    };
  }
  // Labels at both ends of narrow panels would run into the next panel's.
  if (room < 110 && scale.kind === "interval") {
    const middle = scale.min + Math.round((scale.max - scale.min) / 2 / scale.step) * scale.step;
    return { at: [scale.min, middle], label: (v: number) => String(v) };
  }
  // A label of three digits every 40 pixels.
  return { at: Math.max(2, Math.min(5, Math.floor(room / 40))), label: (v: number) => String(v) };
}

/** The outline of a histogram as points of a line. */
function steps(bars: BeliefShare[]) {
  return bars.flatMap((b) => [
    { x: b.low, share: b.share },
    { x: b.high, share: b.share },
  ]);
}

function modes(shares: BeliefShare[]): string {
  const sources = [...new Set(shares.map((s) => s.source))];
  return `Most frequent answer: ${sources
    .map((source) => {
      const top = shares.filter((s) => s.source === source).reduce((a, b) => (b.share > a.share ? b : a));
      return `${source} ${top.label} (${(100 * top.share).toFixed(0)}%)`;
    })
    .join(", ")}.`;
}
