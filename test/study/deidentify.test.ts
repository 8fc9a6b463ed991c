import assert from "node:assert/strict";
import { before, test } from "node:test";
import { loadStudy, type Study } from "proband/study";

let anes: Study, disclosure: Study, insurance: Study;
before(async () => {
  anes = await loadStudy("anes96");
  disclosure = await loadStudy("disclosure");
  insurance = await loadStudy("insurance");
});

test("ids and design items go, ages come in bands, the key leads back", () => {
  const { respondents, key } = insurance.deidentify();
  assert.ok(!respondents.has("id") && !respondents.has("village"));
  assert.deepEqual(respondents.item("age").scale.kind, "ordinal");
  const place = new Map(insurance.ids.map((id, i) => [id, i]));
  respondents.ids.forEach((id, i) => {
    const old = place.get(key.get(id)!)!;
    const age = insurance.column("age")[old] as number | null;
    assert.equal(respondents.column("age")[i], age === null ? null : Math.floor(age / 10) * 10);
    assert.equal(respondents.column("takeup")[i], insurance.column("takeup")[old]);
  });
  assert.equal(new Set(key.values()).size, 1410);
  assert.notDeepEqual([...key.values()], [...insurance.ids]);
});

test("k-anonymity is counted as by hand, and suppression removes the small groups", () => {
  const { report } = disclosure.deidentify({ quasiIdentifiers: ["sex", "ethnicity"], k: 50 });
  const sizes = new Map<string, number>();
  disclosure.rows.forEach((r) => sizes.set(`${r.sex} ${r.ethnicity}`, (sizes.get(`${r.sex} ${r.ethnicity}`) ?? 0) + 1));
  const small = [...sizes.values()].filter((s) => s < 50);
  assert.equal(report.smallest, Math.min(...sizes.values()));
  assert.equal(
    report.atRisk,
    small.reduce((a, b) => a + b, 0),
  );
  assert.match(String(report), /not 50-anonymous/);
  const { respondents, report: after } = anes.deidentify({ quasiIdentifiers: ["age", "PID"], k: 5, suppress: true });
  const blank = respondents.column("PID").filter((v) => v === null).length;
  assert.ok(blank > 0 && blank < 200);
  assert.ok(after.smallest >= 5);
});

test("consent is not changed, and unknown items are refused", () => {
  assert.equal(anes.deidentify().respondents.codebook.sharing, anes.codebook.sharing);
  assert.throws(() => anes.deidentify({ drop: ["nobody"] }), /no item nobody/);
  assert.throws(
    () => anes.deidentify({ bands: { vote: 2 } }),
    /bands\.vote: expected an item that is a number; it is nominal/,
  );
});
