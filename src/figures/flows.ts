/** From what respondents' beliefs imply to what they did. */
import { areaY, rectY, text } from "@observablehq/plot";
import { frame } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { rowsOf, sourcesInOrder, unique, withMarks } from "./input.js";
import type { FigureInput } from "./input.js";
import { isHuman, palette } from "./theme.js";

/** `count` respondents of a source whose beliefs imply `implied` ("indifferent" where they imply nothing) and who did `action`. */
export interface FlowRow {
  source: string;
  implied: string;
  action: string;
  count: number;
}

/** Flows from the implied action (left) to the action (right), one panel a source. What crosses is the belief–action gap. */
export function beliefActionFlows(input: FigureInput<FlowRow>, options: FigureOptions = {}): SVGSVGElement {
  const rows = rowsOf(input, "beliefActionFlows").filter((r) => r.count > 0);
  if (!rows.length) throw new Error("beliefActionFlows has nothing to draw: every count is 0");
  const sources = sourcesInOrder(
    rows.map((r) => r.source),
    isHuman,
  );
  const actions = unique(rows.map((r) => r.action)).sort();
  const implied = [
    ...actions.filter((a) => rows.some((r) => r.implied === a)),
    ...unique(rows.map((r) => r.implied)).filter((i) => !actions.includes(i)),
  ];
  const gap = 0.03;
  const areas: { source: string; flow: string; x: number; y1: number; y2: number; agrees: boolean; title: string }[] =
    [];
  const blocks: {
    source: string;
    x1: number;
    x2: number;
    y1: number;
    y2: number;
    name: string;
    side: string;
    share: number;
  }[] = [];
  const totals = new Map<string, { n: number; definite: number; differs: number }>();
  for (const source of sources) {
    const own = rows.filter((r) => r.source === source);
    const n = own.reduce((s, r) => s + r.count, 0);
    const definite = own.filter((r) => actions.includes(r.implied));
    const definiteN = definite.reduce((s, r) => s + r.count, 0);
    totals.set(source, {
      n,
      definite: definiteN,
      differs: definite.reduce((s, r) => s + (r.implied === r.action ? 0 : r.count), 0),
    });
    const place = (names: string[], key: "implied" | "action") => {
      const offsets = new Map<string, number>();
      let y = 1 + gap * names.length;
      for (const name of names) {
        const share = own.filter((r) => r[key] === name).reduce((s, r) => s + r.count, 0) / n;
        const [x1, x2] = key === "implied" ? [-0.06, 0] : [1, 1.06];
        blocks.push({ source, x1, x2, y1: y - share, y2: y, name, side: key, share });
        offsets.set(name, y);
        y -= share + gap;
      }
      return offsets;
    };
    const left = place(implied, "implied");
    const right = place(actions, "action");
    for (const i of implied)
      for (const a of actions) {
        const k = own.filter((r) => r.implied === i && r.action === a).reduce((s, r) => s + r.count, 0);
        if (!k) continue;
        const h = k / n;
        const [yl, yr] = [left.get(i)!, right.get(a)!];
        left.set(i, yl - h);
        right.set(a, yr - h);
        const shared = {
          source,
          flow: `${source}|${i}|${a}`,
          agrees: i === a,
          title: `${source}: implied ${i}, did ${a}: ${k} (${(100 * h).toFixed(1)}%)`,
        };
        areas.push({ ...shared, x: 0, y1: yl - h, y2: yl }, { ...shared, x: 1, y1: yr - h, y2: yr });
      }
  }
  const show = (s: string) => {
    const { definite, differs } = totals.get(s)!;
    return definite
      ? `${s}: ${((100 * differs) / definite).toFixed(1)}% of ${definite.toLocaleString("en-US")} act otherwise`
      : `${s}: no definite implied action`;
  };
  const long = Math.max(...[...implied, ...actions].map((s) => s.length));
  const margin = Math.min(120, 16 + long * 6);
  return frame(
    {
      title: "From beliefs to actions",
      subtitle: `Left: what beliefs imply. Right: what was done. ${sources.map((s) => `${s} ${totals.get(s)!.n.toLocaleString("en-US")}`).join(", ")}`,
      description: `${sources.map(show).join("; ")}.`,
      legend: [
        { label: "acts as beliefs imply", as: "area", color: "currentColor" },
        {
          label: "acts otherwise, or beliefs imply nothing (dashed edge)",
          as: "line",
          color: palette[0]!,
          dash: "4 2",
        },
      ],
      plots: [
        {
          height: 290,
          marginLeft: 8,
          marginRight: 8,
          marginTop: 26,
          marginBottom: 8,
          fx: { domain: sources, label: null, axis: null, padding: 0.04 },
          x: { axis: null, domain: [-0.06 - margin / 180, 1.06 + margin / 180] },
          y: { axis: null },
          marks: [
            areaY(areas, {
              fx: "source",
              x: "x",
              y1: "y1",
              y2: "y2",
              z: "flow",
              curve: "bump-x",
              fill: (d: { agrees: boolean }) => (d.agrees ? "currentColor" : palette[0]!),
              fillOpacity: 0.35,
              stroke: (d: { agrees: boolean }) => (d.agrees ? "none" : palette[0]!),
              strokeDasharray: "4 2",
              strokeWidth: 0.8,
              title: "title",
            }),
            rectY(blocks, { fx: "source", x1: "x1", x2: "x2", y1: "y1", y2: "y2", fill: "currentColor" }),
            text(
              blocks.filter((b) => b.share > 0),
              {
                fx: "source",
                x: (b: { side: string }) => (b.side === "implied" ? -0.09 : 1.09),
                y: (b: { y1: number; y2: number }) => (b.y1 + b.y2) / 2,
                text: (b: { name: string; share: number }) => `${b.name}\n${(100 * b.share).toFixed(0)}%`,
                filter: (b: { side: string }) => b.side === "implied",
                textAnchor: "end",
              },
            ),
            text(
              blocks.filter((b) => b.share > 0),
              {
                fx: "source",
                x: 1.09,
                y: (b: { y1: number; y2: number }) => (b.y1 + b.y2) / 2,
                text: (b: { name: string; share: number }) => `${b.name}\n${(100 * b.share).toFixed(0)}%`,
                filter: (b: { side: string }) => b.side === "action",
                textAnchor: "start",
              },
            ),
            text(sources, {
              fx: (d: string) => d,
              text: show,
              frameAnchor: "top",
              dy: -18,
              fontWeight: 600,
              lineWidth: 26,
            }),
          ],
        },
      ],
    },
    withMarks(input, options),
  );
}
