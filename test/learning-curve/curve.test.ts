import assert from "node:assert/strict";
import { test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import { allVariants, learningCurve, measures, type CurveRecord } from "#src/report/learning/index.js";

const anes = await loadStudy("anes96");
const variants = allVariants.filter((v) => !["finetuned", "base", "few-shot"].includes(v));

test("a stopped curve goes on where it was and ends as one that was not stopped", async () => {
  const options = { sizes: [30, 60], draws: 2, variants, onProgress: () => {} };
  const whole = await learningCurve(anes, options);
  const kept: CurveRecord[] = [];
  const stop = new AbortController();
  const store = {
    read: () => [...kept],
    append: (record: CurveRecord) => {
      kept.push(record);
      if (kept.length === 5) stop.abort(new Error("stopped"));
    },
  };
  await assert.rejects(learningCurve(anes, { ...options, store, signal: stop.signal }), /stopped/);
  assert.equal(kept.length, 5);
  const resumed = await learningCurve(anes, { ...options, store });
  assert.deepEqual(resumed.rows, whole.rows);
});

test("people compared with themselves are at distance 0, with as many structures and the same gap", () => {
  const m = measures(anes, anes);
  assert.deepEqual([m.beliefDistance, m.actionDistance, m.jointDistance, m.gapDifference], [0, 0, 0, 0]);
  assert.ok(Math.abs(m.structures - 1) < 1e-9);
  // Source: the study's own documentation, 817 definite implied actions, 12.36% act otherwise.
  assert.ok(Math.abs(m.gap - 0.1236) < 5e-5);
});

test("sizes that leave too few people are left out, and said", async () => {
  const curve = await learningCurve(anes, {
    sizes: [30, 930],
    draws: 1,
    variants: ["row bootstrap"],
    onProgress: () => {},
  });
  assert.ok(curve.rows.every((row) => row.n === 30));
  assert.match(curve.notes.join("\n"), /930/);
  await assert.rejects(learningCurve(anes, { sizes: [940], draws: 1 }), /leaves 40 of 944/);
});
