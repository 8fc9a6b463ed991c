// Results as text: whole where there is room, in blocks of columns where a terminal is narrow.
import assert from "node:assert/strict";
import { test } from "node:test";
import { formatTable, type Column } from "proband/study";

interface Row {
  who: string;
  n: number;
  share: number;
  interval: [number, number];
}
const rows: Row[] = [
  { who: "people", n: 30, share: 0.25, interval: [0.1, 0.4] },
  { who: "simulated", n: 900, share: 0.5, interval: [0.45, 0.55] },
];
const columns: Column<Row>[] = [
  { name: "who" },
  { name: "n", format: "integer" },
  { name: "share", title: "share of those who act otherwise", format: "percent" },
  { name: "interval", title: "95%", format: "interval", digits: 2 },
];

test("a table without a width is one block, numbers right and text left", () => {
  assert.equal(
    formatTable(rows, columns),
    [
      "who          n  share of those who act otherwise           95%",
      "─────────  ───  ────────────────────────────────  ────────────",
      "people      30                             25.0%  [0.10, 0.40]",
      "simulated  900                             50.0%  [0.45, 0.55]",
    ].join("\n"),
  );
});

test("where it does not fit, titles take several lines, then columns move below, each block with the first column", () => {
  assert.equal(
    formatTable(rows, columns, { width: 30 }),
    [
      "                 share of",
      "                those who",
      "                      act",
      "who          n  otherwise",
      "─────────  ───  ─────────",
      "people      30      25.0%",
      "simulated  900      50.0%",
      "",
      "who                 95%",
      "─────────  ────────────",
      "people     [0.10, 0.40]",
      "simulated  [0.45, 0.55]",
    ].join("\n"),
  );
});
