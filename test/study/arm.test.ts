import assert from "node:assert/strict";
import { test } from "node:test";
import { loadStudy, parseCodebook } from "proband/study";

test("a new arm: everyone is in it, answers and crossings are gone, the codebook has its text", async () => {
  const study = await loadStudy("disclosure");
  const text = 'The herald has read out: "There are no new defences anywhere."';
  const arm = study.withArm({ treatment: "message", value: "neither", label: "no defences", text });
  assert.equal(arm.n, 929);
  assert.deepEqual([...new Set(arm.column("message"))], ["neither"]);
  assert.deepEqual(arm.column("valuations"), study.column("valuations"));
  for (const name of ["target1", "attack", "group"]) assert.ok(!arm.has(name), name);
  assert.equal(arm.codebook.treatments!.message!.neither, text);
  parseCodebook(arm.codebook);
  assert.notEqual(arm.codebook.version, study.codebook.version);
  // The study itself is unchanged.
  assert.equal(study.codebook.treatments!.message!.neither, undefined);
});

test("an existing arm for comparison, other treatments set, a smaller number of people", async () => {
  const study = await loadStudy("disclosure");
  const control = study.withArm({ treatment: "message", value: "none", set: { valuations: "known" }, n: 100, seed: 3 });
  assert.equal(control.n, 100);
  assert.deepEqual([...new Set(control.column("valuations"))], ["known"]);
  assert.equal(control.codebook.version, study.codebook.version);
});

test("a study without treatments gets one, and a wording can be tried", async () => {
  const anes = await loadStudy("anes96");
  const arm = anes.withArm({ value: "reminder", text: "You were reminded that few votes can decide." });
  assert.deepEqual([...new Set(arm.column("arm"))], ["reminder"]);
  parseCodebook(arm.codebook);
  const reworded = anes.withArm({ value: "short", wording: { selfLR: "Left or right?" } });
  assert.equal(reworded.item("selfLR").text, "Left or right?");
});

test("what is wrong with an arm is said", async () => {
  const study = await loadStudy("disclosure");
  assert.throws(
    () => study.withArm({ value: "x", text: "y" }),
    /treatment: say which one gets the arm, of message, valuations, listarm/,
  );
  assert.throws(
    () => study.withArm({ treatment: "age", value: "x" }),
    /age is no treatment of disclosure; it has message/,
  );
  assert.throws(
    () => study.withArm({ treatment: "message", value: "x" }),
    /text: say what people in the new arm "x" are told/,
  );
  assert.throws(
    () => study.withArm({ treatment: "message", value: "none", text: "y" }),
    /"none" is an arm of the study/,
  );
  assert.throws(
    () => study.withArm({ treatment: "message", value: "none", set: { valuations: "?" } }),
    /set\.valuations: there is no "\?"; expected unknown, known/,
  );
  assert.throws(
    () => study.withArm({ treatment: "message", value: "none", wording: { q: "?" } }),
    /wording\.q: there is no such item/,
  );
});
