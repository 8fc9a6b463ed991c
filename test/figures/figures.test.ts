// Every figure: what it says, what it hides, and that it reads for those who see it otherwise.
import assert from "node:assert/strict";
import { test } from "node:test";
import { parseHTML } from "linkedom";
import * as figures from "#src/figures/node/index.js";
import { appearances, inks, palette } from "#src/figures/theme.js";
import { wrap, wrapLabel } from "#src/figures/frame.js";
import { jupyterDisplay, result } from "#src/study/index.js";
import { base, forestRows, gallery, humans, divergenceRows } from "./examples.js";

for (const [name, draw] of Object.entries(gallery))
  test(`${name}: title, description, provenance, no markup from data, all themes`, () => {
    for (const theme of ["auto", "light", "dark"] as const) {
      const svg = draw({ theme, provenance: ["synthetic <i>data</i>"], notes: ["a & b"] });
      assert.equal(svg.getAttribute("role"), "img");
      const [title, desc] = [svg.querySelector("title")!, svg.querySelector("desc")!];
      assert.ok(title.textContent!.length > 5 && desc.textContent!.length > 40);
      assert.equal(svg.getAttribute("aria-labelledby"), `${title.id} ${desc.id}`);
      assert.match(desc.textContent!, /synthetic <i>data<\/i>/);
      const text = figures.toSvg(svg);
      assert.match(text, /◆ synthetic &lt;i&gt;data&lt;\/i&gt;/);
      assert.doesNotMatch(text, /<(i|b|toy|script|foreignObject)\b/);
      assert.doesNotMatch(text, /NaN|undefined|Infinity/);
      // Well-formed as XML: it is parsed again by a stricter reader than HTML's.
      const { document } = parseHTML(`<!doctype html><body>${text}`);
      assert.equal(document.querySelectorAll("body > svg").length, 1);
    }
  });

test("in a notebook a figure is inline, with its description, and has a text", () => {
  const svg = figures.costAndTime([{ step: "simulation", seconds: 310, n: 884 }]);
  const bundle = (svg as any)[jupyterDisplay]() as Record<string, string>;
  assert.match(bundle["image/svg+xml"]!, /^<svg[\s\S]*<desc[^>]*>.*simulation: 5 min 10 s, .*n = 884/);
  assert.ok(bundle["text/html"]!.includes(bundle["image/svg+xml"]!), "the same figure inline");
  assert.match(bundle["text/plain"]!, /^\[figure: What it took\] .*n = 884/);
});

test("numbers shown are those of the rows", () => {
  const svg = figures.divergenceByGroup(divergenceRows);
  const marks = [...svg.querySelectorAll("[aria-label=dot] path, [aria-label=dot] circle")];
  assert.equal(marks.length, divergenceRows.length);
  const desc = svg.querySelector("desc")!.textContent!;
  assert.match(desc, /base: White 0\.620/);
  assert.match(desc, /Human–human floor: White 0\.080/);
});

test("what is drawn names its row, by which a table beside it is linked; the table names the same", () => {
  const svg = figures.divergenceByGroup(divergenceRows);
  const named = [...svg.querySelectorAll("[aria-label=dot] [data-row]")].map((e) => e.getAttribute("data-row"));
  assert.equal(named.length, divergenceRows.length);
  assert.deepEqual([...new Set(named)], ["White", "Black", "Asian", "Mixed", "Other %3Cb%3E"]);
  const table = result({ kind: "x", title: "t", rows: [{ group: "Other <b>" }], columns: [{ name: "group" }] });
  assert.match(figures.htmlTable(table, { rowKey: (r) => r.group }), /<tr data-row="Other %3Cb%3E">/);
});

test("a comparison's figure says which measure of what, and where its interval stands", () => {
  const row = (by: string, group: string, distance: number) => ({
    ...{ by, group, item: "mean of beliefs", n: 60, missing: 0, distance, corrected: distance - 0.05 },
    ...{ interval: [distance - 0.1, distance + 0.02], floor: 0.1, floorInterval: [0.08, 0.12] },
  });
  const compared = (options: object) => ({
    ...result({
      kind: "alignment.compare",
      title: "t",
      rows: [row("", "everyone", 0.3), row("PID", "none", 0.4)],
      columns: [],
    }),
    model: "m",
    options: { measure: "jensenShannon", interval: "corrected", level: 0.95, ...options },
  });
  const svg = figures.figureOf(compared({}))!;
  assert.match(svg.textContent!, /Jensen–Shannon distance \(base 2\), mean of beliefs; 0 is the same distribution/);
  assert.match(svg.textContent!, /corrected for small samples, with its 95% interval/);
  const keyOf = figures.rowKeyOf(compared({}))!;
  assert.deepEqual(compared({}).rows.map(keyOf), ["everyone", "PID: none"]);
  const other = figures.figureOf(compared({ measure: "wasserstein", interval: "percentile", level: 0.9 }))!;
  assert.match(other.textContent!, /Wasserstein-1 distance .*lines are 90% intervals/);
  assert.doesNotMatch(other.textContent!, /corrected for small samples|Jensen/);
});

test("a learning curve of several measures has a panel for each, every size named, and its own floor", () => {
  const rows = [10, 60, 300, 900].flatMap((n) => [
    { n, variant: "finetuned", measure: "distance", value: 1 / n },
    { n, variant: "finetuned", measure: "log-likelihood", value: -1 - 1 / n },
  ]);
  const svg = figures.learningCurve(rows, { floor: { distance: 0.07 } });
  const labels = [...svg.querySelectorAll('[aria-label="x-axis tick label"]')].map((axis) =>
    [...axis.querySelectorAll("text")].map((text) => text.textContent),
  );
  assert.deepEqual(labels, [
    ["10", "60", "300", "900"],
    ["10", "60", "300", "900"],
  ]);
  const said = svg.querySelector("desc")!.textContent!;
  assert.match(
    said,
    /distance\. finetuned: 0\.100 at 10.* Human–human floor 0\.070\. log-likelihood\. finetuned: -1\.100 at 10/,
  );
});

test("belief shares are those counted by hand", () => {
  const shares = figures.beliefShares([humans], ["lr"]);
  const column = humans.column("lr");
  for (const s of shares) {
    const value = Math.round((s.low + s.high) / 2);
    assert.equal(s.share, column.filter((v) => v === value).length / 400);
    assert.equal(s.n, 400);
  }
  const missing = figures.beliefShares([humans], ["t1"]);
  assert.equal(missing[0]!.n, 399, "one respondent did not answer");
  assert.ok(Math.abs(missing.reduce((sum, s) => sum + s.share, 0) - 1) < 1e-9);
});

test("a figure of synthetic or simulated data says so without being asked", () => {
  const svg = figures.beliefDistributions([humans, base]);
  assert.match(svg.textContent!, /synthetic data/);
  assert.match(svg.textContent!, /simulated by proband-base/);
});

test("colours stand out on paper and on dark screens, and differ without colour", () => {
  const luminance = (hex: string) => {
    const [r, g, b] = [1, 3, 5].map((i) => {
      const c = parseInt(hex.slice(i, i + 2), 16) / 255;
      return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    }) as [number, number, number];
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a: number, b: number) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  for (const colour of palette)
    for (const { paper } of Object.values(inks))
      assert.ok(
        contrast(luminance(colour), luminance(paper)) >= 3,
        `${colour} on ${paper}: WCAG 2.1 1.4.11 asks for 3:1`,
      );
  const looks = [...appearances(["human", "a", "b", "c", "d", "e", "f"]).values()];
  assert.equal(new Set(looks.map((l) => l.symbol)).size, looks.length, "each source has a symbol of its own");
  assert.equal(new Set(looks.map((l) => l.dash)).size, looks.length, "and a dash of its own");
});

test("rows that cannot be drawn are left out; nothing to draw is an error that says so", () => {
  const svg = figures.forest([
    ...forestRows,
    { term: "separated", source: "human", estimate: NaN, low: NaN, high: NaN },
  ]);
  assert.doesNotMatch(figures.toSvg(svg), /NaN|separated/);
  assert.throws(() => figures.forest([]), /forest has nothing to draw/);
  assert.throws(() => figures.forest([{ term: "a", source: "human", estimate: NaN }]), /no row has a finite estimate/);
  assert.throws(() => figures.rarefaction(null as never), /draws rows, or a result that has rows; found null/);
  assert.throws(() => figures.costAndTime([{ step: "a", seconds: 1 }], { width: -5 }), /width is in pixels/);
  assert.throws(
    () => figures.costAndTime([{ step: "a", seconds: 1 }], { theme: "blue" as never }),
    /unknown theme "blue"/,
  );
});

test("two figures on a page share no ids", () => {
  const [a, b] = [figures.costAndTime([{ step: "a", seconds: 1 }]), figures.costAndTime([{ step: "b", seconds: 2 }])];
  const ids = (svg: Element) => [...svg.querySelectorAll("[id]")].map((e) => e.id);
  assert.equal(new Set([...ids(a), ...ids(b)]).size, ids(a).length + ids(b).length);
});

test("tables escape what comes from data", () => {
  const r = result({
    kind: "x",
    title: "<script>alert(1)</script>",
    rows: [{ name: "<img src=x onerror=alert(1)>", value: 1.23456, share: 0.5, bad: NaN }],
    columns: [{ name: "name" }, { name: "value" }, { name: "share", format: "percent" }, { name: "bad" }],
    notes: ['a "quoted" & <b>note</b>'],
    provenance: ["synthetic <data>"],
  });
  const html = figures.htmlTable(r);
  assert.doesNotMatch(html, /<(script|img|b|data)\b/);
  assert.match(html, /1\.235/);
  assert.match(html, /50\.0%/);
  assert.match(html, /<td[^>]*>–<\/td>/, "not a number is a dash, never NaN");
  assert.match(html, /◆ synthetic &#60;data&#62;/);
  assert.throws(() => figures.htmlTable(r, { columns: ["nme" as never] }), /has no column nme; it has name, value/);
});

test("PNG has the figure's size, and its text is drawn", () => {
  const svg = gallery["cost"]!({ theme: "light" });
  const png = figures.toPng(svg, { scale: 2 });
  assert.deepEqual([...png.slice(0, 8)], [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const view = new DataView(png.buffer, png.byteOffset);
  assert.equal(view.getUint32(16), 2 * Number(svg.getAttribute("width")));
  assert.equal(view.getUint32(20), 2 * Number(svg.getAttribute("height")));
  for (const t of [...svg.querySelectorAll("text")]) t.remove();
  assert.ok(figures.toPng(svg, { scale: 2 }).length < png.length * 0.8, "without its text the picture is much smaller");
});

test("long titles and marks are broken into lines that fit", () => {
  const lines = wrap("one two three four five six seven eight nine ten", 100, 12);
  assert.ok(lines.length > 2);
  for (const line of lines) assert.ok(line.length * 12 * 0.54 <= 100);
});

test("labels keep what identifies them: the number of people stays, long words are cut at a colon", () => {
  const label = wrapLabel("group: North Beach defended; values unknown to the captain", 140, "(n = 6)", 3);
  assert.match(label, /\(n = 6\)$/);
  for (const line of label.split("\n")) assert.ok(line.length * 10.8 * 0.54 <= 126, line);
  const name = wrap("ft:proband-base:proband::58aa4995 (seed 7)", 120, 11);
  assert.equal(name.join("").replaceAll(" ", ""), "ft:proband-base:proband::58aa4995(seed7)", "nothing is lost");
  for (const line of name) assert.ok(line.length * 11 * 0.54 <= 120, line);
});

test("flows: panels stand below one another where they have no room, and no label covers another", () => {
  const rows = ["human", "a model with a rather long name", "another"].flatMap((source) =>
    [
      ["land at North Beach", "land at North Beach", 40],
      ["land at South Beach", "land at South Beach", 1],
      ["stay at sea", "stay at sea", 1],
      ["indifferent", "stay at sea", 1],
    ].map(([implied, action, count]) => ({ source, implied, action, count }) as figures.FlowRow),
  );
  const [wide, narrow] = [900, 360].map((width) => figures.beliefActionFlows(rows, { width }));
  assert.ok(Number(narrow!.getAttribute("height")) > 2.5 * Number(wide!.getAttribute("height")) - 300);
  for (const svg of [wide!, narrow!])
    for (const group of new Set(
      [...svg.querySelectorAll("[aria-label=text] text")].map((t) => t.parentNode as Element),
    )) {
      const places = [...group.querySelectorAll("text")]
        .map((t) => ({
          at: /translate\(([-\d.]+),([-\d.]+)\)/
            .exec(t.getAttribute("transform") ?? "")!
            .slice(1)
            .map(Number),
          lines: Math.max(1, t.querySelectorAll("tspan").length),
        }))
        .sort((a, b) => a.at[1]! - b.at[1]!);
      for (const [i, p] of places.entries())
        for (const q of places.slice(i + 1))
          if (Math.abs(p.at[0]! - q.at[0]!) < 5)
            assert.ok(
              q.at[1]! - p.at[1]! >= 5.5 * (p.lines + q.lines),
              `${p.at} and ${q.at} at ${svg.getAttribute("width")}`,
            );
    }
});
