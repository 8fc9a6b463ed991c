/** Self-consistency on answers small enough to check by eye. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import { Simulated } from "#src/study/index.js";
import { consistency, type SimulationRun } from "#src/simulation/index.js";

const anes = await loadStudy("anes96");
function run(...draws: [votes: number[], beliefs: (number | null)[]][]): SimulationRun {
  const simulation = { model: "m", provider: "p", seed: 1, trainedOn: [], ledgerKey: "", elicitation: "logprobs" };
  const all = draws.map(
    ([vote, selfLR]) =>
      new Simulated({
        codebook: anes.codebook,
        ids: vote.map(String).map((_, i) => `p${i}`),
        columns: { vote, selfLR },
        simulation,
      }),
  );
  return Object.assign(all[0]!, { draws: all, report: undefined as never }) as SimulationRun;
}

test("agreement beyond chance is Scott's pi", () => {
  // Two draws of ten people, equal in 8 of them, each with five of either answer: chance .5² + .5² = .5,
  // π = (.8 − .5) / (1 − .5) = .6 by Scott's formula.
  const first = [0, 0, 0, 0, 0, 1, 1, 1, 1, 1];
  const second = [0, 0, 0, 0, 1, 1, 1, 1, 1, 0];
  const beliefs = [1, 2, 3, 4, 5, 6, 7, 1, 2];
  const result = consistency(run([first, [...beliefs, 3]], [second, [...beliefs, null]]));
  const vote = result.rows.find((r) => r.item === "vote")!;
  assert.equal(vote.same, 0.8);
  assert.ok(Math.abs(vote.chance - 0.5) < 1e-12);
  assert.ok(Math.abs(vote.agreement - 0.6) < 1e-12);
  const self = result.rows.find((r) => r.item === "selfLR")!;
  assert.deepEqual([self.same, self.distance], [1, 0]);
});

test("the distance of ordered answers is in steps; one draw is not enough", () => {
  const result = consistency(
    run(
      [
        [0, 1],
        [1, 7],
      ],
      [
        [0, 1],
        [3, 7],
      ],
    ),
  );
  const self = result.rows.find((r) => r.item === "selfLR")!;
  assert.deepEqual([self.same, self.distance], [0.5, 1]);
  assert.throws(
    () =>
      consistency(
        run([
          [0, 1],
          [1, 7],
        ]),
      ),
    /at least two draws/,
  );
});

test("across items: answers of one interview hang together more than those of two, beside people's", () => {
  // By hand: 0 0 1 1 and 1 2 7 6 have r = 10 / √(4·104/4) = 5 / √26; the second draw is the first mirrored.
  const silico = run(
    [
      [0, 0, 1, 1],
      [1, 2, 7, 6],
    ],
    [
      [1, 1, 0, 0],
      [7, 6, 1, 2],
    ],
  );
  const people = anes.take([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const result = consistency(silico, { people });
  const [pair] = result.pairs.rows;
  assert.deepEqual([pair!.first, pair!.second], ["selfLR", "vote"]);
  assert.ok(Math.abs(pair!.within - 5 / Math.sqrt(26)) < 1e-12);
  assert.ok(Math.abs(pair!.across + 5 / Math.sqrt(26)) < 1e-12);
  assert.ok(Math.abs(pair!.people!) < 1);
  assert.match(String(result), /in the same interview, 0\.98 in two interviews of the same person, among people/);
  assert.equal(consistency(silico).pairs.rows[0]!.people, null);
});
