import assert from "node:assert/strict";
import { test } from "node:test";
import { microbatches } from "#src/engine/training/finetune.js";

const split = (lengths: number[], tokens: number) =>
  microbatches(
    lengths.map((n) => ({ ids: new Array<number>(n).fill(1), targets: [] })),
    tokens,
  ).map((rows) => rows.map((row) => row.ids.length));

test("rows of like length share a run; what would be padded much gets one of its own", () => {
  assert.deepEqual(split([100, 98, 101, 97], 4096), [[97, 98, 100, 101]]);
  assert.deepEqual(split([300, 40, 290, 45, 50], 4096), [
    [40, 45, 50],
    [290, 300],
  ]);
  // A little padding costs less than another run.
  assert.deepEqual(split([20, 60, 100], 4096), [[20, 60, 100]]);
});

test("no run holds more padded tokens than memory allows, unless one row does", () => {
  for (const rows of split([300, 310, 320, 900, 305], 650))
    assert.ok(rows.length === 1 || rows.length * Math.max(...rows) <= 650, `${rows}`);
  assert.deepEqual(split([900], 650), [[900]]);
});
