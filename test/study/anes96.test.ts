import assert from "node:assert/strict";
import { test } from "node:test";
import { impliedAction, labelOf, loadStudy, midpoint, scoresOf, supportOf } from "proband/study";

test("anes96 loads by name: 944 people, checked hash, a card", async () => {
  const anes = await loadStudy("anes96");
  assert.equal(anes.n, 944);
  assert.equal(anes.origin.dataHash, anes.codebook.file!.sha256);
  assert.equal(anes.provenance, "human");
  assert.match(String(anes), /944 respondents/);
  assert.match(String(anes), /Clinton's left–right position/);
  assert.deepEqual(anes.row(0), {
    id: "1",
    popul: 0,
    age: 36,
    educ: 3,
    income: 1,
    TVnews: 7,
    PID: 6,
    selfLR: 7,
    ClinLR: 1,
    DoleLR: 6,
    vote: 1,
  });
});

test("anes96 has 176 belief structures, 817 definite implied actions and a gap of 12.36%", async () => {
  const anes = await loadStudy("anes96");
  const structures = new Set(
    anes.ids.map((_, i) => ["selfLR", "ClinLR", "DoleLR"].map((n) => anes.column(n)[i]).join()),
  );
  assert.equal(structures.size, 176);
  const implied = impliedAction(anes);
  const vote = anes.column("vote");
  const definite = implied.flatMap((v, i) => (v === null || v === undefined ? [] : [v !== vote[i]]));
  assert.equal(definite.length, 817);
  assert.equal(definite.filter(Boolean).length, 101);
  assert.equal(((100 * 101) / 817).toFixed(2), "12.36");
});

test("scales: options, support, midpoint, labels", async () => {
  const anes = await loadStudy("anes96");
  const pid = anes.item("PID");
  assert.deepEqual(supportOf(pid), [0, 1, 2, 3, 4, 5, 6]);
  assert.deepEqual(scoresOf(pid), [0, 1, 2, 3, 4, 5, 6]);
  assert.equal(midpoint(pid), 3);
  assert.equal(labelOf(pid, 3), "independent");
  assert.equal(scoresOf(anes.item("vote")), null);
  assert.equal(supportOf(anes.item("TVnews")).length, 8);
});
