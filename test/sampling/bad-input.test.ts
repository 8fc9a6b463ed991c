// Bad input: an error that names what is wrong, never a silent not-a-number.
import assert from "node:assert/strict";
import { before, test } from "node:test";
import { loadStudy, type Study } from "proband/study";
import {
  cluster,
  coverage,
  effectiveSampleSize,
  kDpp,
  modelError,
  oneGroup,
  power,
  powerFromPrototype,
  rake,
  raked,
  sampleSize,
  sampleSizeForPower,
  simpleRandom,
  stratified,
  weightedMean,
} from "proband/sampling";

let anes: Study, disclosure: Study, insurance: Study;
before(async () => {
  anes = await loadStudy("anes96");
  disclosure = await loadStudy("disclosure");
  insurance = await loadStudy("insurance");
});
const weighted = (weights: (i: number) => number) =>
  anes.take(
    anes.ids.map((_, i) => i),
    {},
    anes.ids.map((_, i) => weights(i)),
  );

test("sizes and names", () => {
  for (const n of [0, -3, 2.5, NaN])
    assert.throws(() => oneGroup(disclosure, { n, group: 1 }), /n: expected a whole number of 1 or more/);
  for (const perCluster of [0, -1, 2.5])
    assert.throws(() => cluster(insurance, { by: "village", clusters: 5, perCluster }), /perCluster: expected a whole/);
  assert.throws(
    () => stratified(anes, { by: "PID", n: 30, allocation: "nyman" as "neyman" }),
    /invalid allocation: nyman; expected "proportional", "equal", "neyman"/,
  );
  for (const bandwidth of [0, NaN]) assert.throws(() => kDpp(anes, { n: 20, bandwidth }), /bandwidth: expected/);
  assert.throws(() => kDpp(anes, { n: 20, rank: 5 }), /rank: expected a whole number of at least n \(20\)/);
  assert.throws(() => coverage(anes.take([]), anes), /part: there is nobody in it/);
  assert.throws(() => simpleRandom(anes, { n: 30, seed: NaN }), /seed: expected a number, found NaN/);
});

test("weights that are negative, all zero, or zero within a level", () => {
  assert.throws(
    () =>
      weightedMean(
        weighted(() => 0),
        "selfLR",
      ),
    /weights: all are zero/,
  );
  assert.throws(
    () =>
      weightedMean(
        weighted((i) => (i === 3 ? -2 : 1)),
        "selfLR",
      ),
    /found -2 at respondent 4 \(4\)/,
  );
  const votes = anes.column("vote").map(Number);
  assert.throws(
    () => rake(anes, { margins: { vote: { "0": 0.5, "1": 0.5 } }, weights: votes }),
    /margins.vote: all 551 respondents who are Bill Clinton have weight zero/,
  );
});

test("margins of a measured item: values that nobody in the pilot has go to the nearest", () => {
  const { pilot, report } = raked(anes, { n: 60, by: ["age"] });
  assert.ok(pilot.weights!.every((w) => w > 0 && Number.isFinite(w)));
  assert.match(report.notes.join(), /age: nobody is 20 years; its share is given to/);
});

test("a margin that was not given is null", () => {
  const rows = coverage(anes.take([0, 1, 2]), anes, { margins: { vote: { "0": 0.5, "1": 0.5 } } }).rows;
  assert.deepEqual([...new Set(rows.filter((r) => r.item === "vote").map((r) => r.margin))], [0.5]);
  assert.deepEqual([...new Set(rows.filter((r) => r.item === "PID").map((r) => r.margin))], [null]);
});

test("power and sample sizes", () => {
  assert.throws(() => power({ effect: 1, n: 2, ratio: 0.1 }), /ratio: 0.1 leaves 0.2 people in the second group/);
  assert.throws(() => power({ effect: 1, n: Infinity }), /n: expected/);
  assert.throws(() => power({ effect: 1, n: 20, alternative: "smaller" as "larger" }), /invalid alternative: smaller/);
  // statsmodels: TTestIndPower().solve_power(0.5, alpha=0.05, power=0.8, ratio=0.25) = 158.17
  assert.equal(sampleSizeForPower({ effect: 0.5, ratio: 0.25 }), 159);
  assert.throws(() => sampleSize({ sd: 0.5, standardError: Infinity }), /standardError: expected/);
  assert.throws(() => effectiveSampleSize(0, 0, 0), /expected n above 0/);
  assert.throws(() => effectiveSampleSize(30, 100, 2), /correlation: expected −1 to 1/);
});

test("prototypes: an answer that does not exist, a power that is none, and no number of people", () => {
  const of = (group: number) => disclosure.filter((r) => r["group"] === group);
  const arms = { control: of(1), arm: of(3), error: { sd: 1 } };
  assert.throws(
    () => powerFromPrototype({ ...arms, outcome: "attack", value: "atack1" }),
    /attack has no answer "atack1"/,
  );
  assert.throws(
    () => modelError(disclosure, disclosure, { outcome: "attack", value: "x" }),
    /attack has no answer "x"/,
  );
  assert.throws(() => powerFromPrototype({ ...arms, outcome: "target1", power: 2 }), /power: expected a probability/);
  const hopeless = powerFromPrototype({ ...arms, outcome: "target1", error: { sd: 500 }, power: 0.99 });
  assert.equal(hopeless.rows[1]!.needed, null);
});
