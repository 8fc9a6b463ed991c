// Bad input: a defined result or an error that names option, item, group or respondent; never a silent not-a-number.
import assert from "node:assert/strict";
import { test } from "node:test";
import { bias, classifierTest, coherence, compare, groupGaps, heterogeneity } from "#src/alignment/index.js";
import { Respondents, random, type Respondents as People } from "#src/study/index.js";
import { codebook } from "./fixture.js";

/** Forty people, one of them alone in the small town. */
function people(
  seed: number,
  change: (columns: Record<string, (number | string | null)[]>) => void = () => {},
): People {
  const r = random(seed, "bad input"),
    ids = Array.from({ length: 40 }, (_, i) => `p${i}`);
  const answers = (low: number, size: number) => ids.map(() => low + r.integer(size));
  const columns: Record<string, (number | string | null)[]> = {
    arm: ids.map((_, i) => ["control", "treated"][i % 2]!),
    town: ids.map((_, i) => (i ? "large" : "small")),
    a: answers(1, 4),
    b: answers(1, 4),
    act: answers(0, 2),
    plain: answers(0, 2),
  };
  change(columns);
  return new Respondents({ codebook, ids, columns });
}
const every = (value: number | null) => (columns: Record<string, (number | string | null)[]>) => {
  for (const name of ["a", "b", "act", "plain"]) columns[name] = columns[name]!.map(() => value);
};
type Options = { level?: number; replicates?: number; seed?: number; by?: string[] };
const steps: Record<string, (h: People, s: People, options?: Options) => unknown> = {
  compare: (h, s, options) => compare(h, s, { replicates: 40, by: ["arm", "town"], ...options }),
  heterogeneity: (h, s, options) => heterogeneity(h, s, { replicates: 20, by: ["arm"], ...options }),
  coherence: (h, s, options) => coherence(h, s, { replicates: 40, by: ["arm", "town"], ...options }),
  bias: (h, s, options) => bias(h, s, { replicates: 40, ...options }),
  groupGaps: (h, s, options) => groupGaps(h, s, { replicates: 40, by: ["arm"], ...options }),
  classifierTest: (h, s, options) => classifierTest(h, s, { replicates: 20, ...options }),
};
/** Paths of numbers that are none. */
function unnumbered(value: unknown, path = ""): string[] {
  if (typeof value === "number") return Number.isNaN(value) ? [path] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([k, v]) => unnumbered(v, `${path}.${k}`));
}

for (const [name, step] of Object.entries(steps)) {
  test(`${name}: whatever the answers, a result without NaN or an error that names them`, () => {
    const cases: Record<string, [People, People]> = {
      "all alike": [people(1, every(1)), people(2, every(1))],
      "simulations all alike": [people(1), people(2, every(1))],
      "an item that nobody answered": [people(1, (c) => (c["a"] = c["a"]!.map(() => null))), people(2)],
      "an item that one group did not answer": [
        people(1, (c) => (c["a"] = c["a"]!.map((v, i) => (i % 2 ? null : v)))),
        people(2),
      ],
      "nothing simulated was answered": [people(1), people(2, every(null))],
      "one person": [people(1).take([0]), people(2)],
      "two people": [people(1).take([0, 1]), people(2)],
    };
    for (const [what, [human, simulated]] of Object.entries(cases)) {
      let found: unknown;
      try {
        found = step(human, simulated);
      } catch (error) {
        assert.match(
          (error as Error).message,
          /nobody answered all of a, b|pairs answered everything|there are no groups/,
          what,
        );
        continue;
      }
      assert.deepEqual(unnumbered(found), [], what);
      assert.doesNotMatch(String(found), /NaN|undefined/, what);
    }
  });

  test(`${name}: options that are none`, () => {
    const [h, s] = [people(1), people(2)];
    for (const level of [0, 1, 95, NaN]) assert.throws(() => step(h, s, { level }), /level: expected a number between/);
    for (const replicates of [-1, 2.5, NaN])
      assert.throws(() => step(h, s, { replicates }), /replicates: expected a whole number/);
    assert.throws(() => step(h, s, { seed: NaN }), /seed: expected a number/);
    assert.throws(() => step(h, undefined as unknown as People), /simulated: expected respondents.* found undefined/);
    if (name !== "bias") assert.throws(() => step(h, s, { by: ["town", "nope"] }), /no column nope to group by/);
  });
}

test("group gaps leave out an item that one group did not answer, and say so", () => {
  const found = groupGaps(
    people(1, (c) => (c["a"] = c["a"]!.map((v, i) => (i % 2 ? null : v)))),
    people(2),
    {
      by: "arm",
      replicates: 40,
    },
  );
  assert.match(found.notes.join(), /arm: nobody of treated answered a on both sides, so it is left out/);
  assert.ok(found.rows.every((r) => Number.isFinite(r.distance)));
});

test("an answer that is not a number is refused with column and respondent", () => {
  assert.throws(() => people(1, (c) => (c["a"]![3] = NaN)), /column a, respondent p3: the answer is not a number/);
});
