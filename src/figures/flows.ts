/** From what respondents' beliefs imply to what they did. */
import { areaY, rectY, text } from "@observablehq/plot";
import { frame, textWidth, wrap } from "./frame.js";
import type { FigureOptions } from "./frame.js";
import { rowsOf, sizes, sourcesInOrder, unique, withMarks } from "./input.js";
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
  const blocks: Block[] = [];
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
        blocks.push({ source, y1: y - share, y2: y, name, side: key, share });
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
  const width = options.width ?? 640;
  // Panels stand side by side where each has room for its labels, else below one another.
  const columns = Math.min(sources.length, Math.max(1, Math.floor(width / 280)));
  const panel = (width - 16) / columns - 10;
  const labelWidth = Math.min(
    0.3 * panel,
    8 + Math.max(...["100%", ...implied, ...actions].map((s) => textWidth(s, 10.5))),
  );
  const inner = panel - 2 * (labelWidth + blockWidth + 6);
  const unit = (pixels: number) => pixels / inner;
  const height = 250;
  const heading = (s: string) => wrap(show(s), panel - 8, 12);
  const labelled = spread(
    blocks
      .filter((b) => b.share > 0)
      .map((b) => {
        const lines = wrap(b.name, labelWidth - 4, 10.5);
        const text = [...lines, `${(100 * b.share).toFixed(0)}%`].join("\n");
        return { ...b, text, at: (b.y1 + b.y2) / 2, lines: lines.length + 1 };
      }),
    (1 + gap * implied.length) / height,
  );
  const rowsOfPanels = Array.from({ length: Math.ceil(sources.length / columns) }, (_, i) =>
    sources.slice(i * columns, (i + 1) * columns),
  );
  return frame(
    {
      title: "From beliefs to actions",
      subtitle: `Left: what beliefs imply. Right: what was done. ${sizes(sources.map((s) => [s, totals.get(s)!.n]))}`,
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
      plots: rowsOfPanels.map((own) => {
        const top = 8 + 14 * Math.max(...own.map((s) => heading(s).length));
        const here = (d: { source: string }) => own.includes(d.source);
        const side = (name: string) => labelled.filter((b) => here(b) && b.side === name);
        return {
          height: height + top + 8,
          marginLeft: 8,
          marginRight: 8,
          marginTop: top,
          marginBottom: 8,
          // Places without a panel keep those of a last row as wide as the others.
          fx: {
            domain: [...own, ...Array.from({ length: columns - own.length }, (_, i) => `\u0000${i}`)],
            label: null,
            axis: null,
            paddingInner: columns > 1 ? 0.04 : 0,
          },
          x: { axis: null, domain: [-unit(blockWidth + labelWidth + 6), 1 + unit(blockWidth + labelWidth + 6)] },
          y: { axis: null, domain: [0, 1 + gap * Math.max(implied.length, actions.length)] },
          marks: [
            areaY(areas.filter(here), {
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
            rectY(blocks.filter(here), {
              fx: "source",
              x1: (d: Block) => (d.side === "implied" ? -unit(blockWidth) : 1),
              x2: (d: Block) => (d.side === "implied" ? 0 : 1 + unit(blockWidth)),
              y1: "y1",
              y2: "y2",
              fill: "currentColor",
            }),
            text(side("implied"), {
              fx: "source",
              x: -unit(blockWidth + 4),
              y: "at",
              text: "text",
              textAnchor: "end",
            }),
            text(side("action"), {
              fx: "source",
              x: 1 + unit(blockWidth + 4),
              y: "at",
              text: "text",
              textAnchor: "start",
            }),
            text(own, {
              fx: (d: string) => d,
              text: (d: string) => heading(d).join("\n"),
              frameAnchor: "top",
              dy: -5,
              lineAnchor: "bottom",
              fontWeight: 600,
            }),
          ],
        };
      }),
    },
    withMarks(input, options),
  );
}

/** Width of the bars at both ends, in pixels. */
const blockWidth = 10;

interface Block {
  source: string;
  y1: number;
  y2: number;
  name: string;
  side: "implied" | "action";
  share: number;
}

/** Moves labels of one side of one panel apart, so that none covers another; `pixel` is the height of a pixel. */
function spread<T extends Block & { at: number; lines: number }>(labels: readonly T[], pixel: number): T[] {
  const half = (b: T) => (b.lines * 12 * pixel) / 2;
  const placed: T[] = [];
  for (const label of [...labels].sort((a, b) => b.at - a.at)) {
    const above = placed.findLast((p) => p.source === label.source && p.side === label.side);
    const most = above ? above.at - half(above) - half(label) : Infinity;
    placed.push({ ...label, at: Math.min(label.at, most) });
  }
  return placed;
}
