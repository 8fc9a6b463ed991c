/** What the regression tests share: fixtures and comparison. */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { Simulated, random, type Respondents, type Value } from "proband/study";

// Tests run from build/test; fixtures stay beside their sources.
export const fixture = <T>(name: string): T =>
  JSON.parse(readFileSync(new URL(`../../../test/regression/fixtures/${name}.json`, import.meta.url), "utf8")) as T;

/** Relative agreement; absolute where the expected value is 0. */
export function close(actual: ArrayLike<number>, expected: ArrayLike<number>, tolerance = 1e-8, what = ""): void {
  assert.equal(actual.length, expected.length, `${what}: ${actual.length} values for ${expected.length}`);
  for (let i = 0; i < expected.length; i++) {
    const error = Math.abs(actual[i]! - expected[i]!) / (Math.abs(expected[i]!) || 1);
    assert.ok(
      error <= tolerance,
      `${what}[${i}]: ${actual[i]} against ${expected[i]} (off by ${error.toExponential(1)}, allowed ${tolerance})`,
    );
  }
}

/** A simulation of people in which `change` replaces answers. */
export function simulated(
  human: Respondents,
  change: (name: string, column: readonly Value[]) => readonly Value[],
  seed = 1,
  trainedOn: string[] = [],
): Simulated {
  return new Simulated({
    codebook: human.codebook,
    ids: human.ids,
    columns: new Map(human.names.map((name) => [name, change(name, human.column(name))])),
    origin: human.origin,
    simulation: {
      model: "test",
      provider: "test",
      seed,
      finetuningSeed: seed,
      trainedOn,
      ledgerKey: "test",
      elicitation: "test",
    },
  });
}

/** Answers replaced, for a share of people, by another person's. */
export function noisy(human: Respondents, share: number, seed = 1): Simulated {
  const next = random(seed, "noisy");
  const answers = new Set(human.items("belief", "action").map((i) => i.name));
  return simulated(
    human,
    (name, column) =>
      answers.has(name) ? column.map((v) => (next() < share ? column[next.integer(column.length)]! : v)) : column,
    seed,
  );
}
