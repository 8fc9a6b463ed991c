/** People and simulations with the numbers of the fixture (test/reference/inference/ppi.py). */
import { readFileSync } from "node:fs";
import { Respondents, Simulated, type Codebook, type Item, type Value } from "proband/study";

export interface Fixture {
  n: number;
  N: number;
  x: number[];
  group: number[];
  y: number[];
  f: number[];
  vote: number[];
  fvote: number[];
  w: number[];
  wu: number[];
  [result: string]: unknown;
}
export const fixture = JSON.parse(
  readFileSync(new URL("../../../test/inference/fixtures/ppi.json", import.meta.url), "utf8"),
) as Fixture;

const item = (name: string, role: Item["role"], scale: Item["scale"]): Item => ({
  name,
  role,
  label: name,
  text: name,
  scale,
});
const options = (...values: (number | string)[]) => values.map((value) => ({ value, label: `answer ${value}` }));

export const codebook: Codebook = {
  name: "made-up",
  title: "Numbers for tests",
  description: "",
  version: "1",
  provenance: "synthetic",
  sharing: "allowed",
  licence: "CC0",
  citation: "",
  items: [
    item("x", "attribute", { kind: "interval", min: -10, max: 10, step: 0.0001 }),
    item("group", "treatment", { kind: "nominal", options: options(0, 1, 2) }),
    item("y", "belief", { kind: "interval", min: -100, max: 100, step: 0.0001 }),
    item("vote", "action", { kind: "nominal", options: options(0, 1) }),
    item("party", "attribute", { kind: "nominal", options: options("red", "green", "blue") }),
  ],
  defaults: { groups: ["group"], outcome: "y", formula: "y ~ x + group", family: "ols" },
};

export const origin = {
  model: "m",
  provider: "test",
  seed: 1,
  finetuningSeed: 1,
  trainedOn: [] as string[],
  ledgerKey: "k",
  elicitation: "test",
};

type Columns = Record<string, readonly Value[]>;
export const people = (ids: readonly string[], columns: Columns, weights?: readonly number[]): Respondents =>
  new Respondents({ codebook, ids, columns, ...(weights ? { weights } : {}) });
export const simulations = (
  ids: readonly string[],
  columns: Columns,
  more: Partial<typeof origin> = {},
  weights?: readonly number[],
): Simulated =>
  new Simulated({ codebook, ids, columns, simulation: { ...origin, ...more }, ...(weights ? { weights } : {}) });

const { n, N, x, group, y, f, vote, fvote, w, wu } = fixture;
const ids = x.map((_, i) => `p${i}`);
const cut = <T>(v: readonly T[], target: boolean) => (target ? v.slice(n, n + N) : v.slice(0, n));
const part = (target: boolean, simulated: boolean): Columns => ({
  x: cut(x, target),
  group: cut(group, target),
  y: cut(simulated ? f : y, target),
  vote: cut(simulated ? fvote : vote, target),
});

export const inputs = (weighted = false) => ({
  human: people(cut(ids, false), part(false, false), weighted ? w : undefined),
  simulatedHuman: simulations(cut(ids, false), part(false, true)),
  simulated: simulations(cut(ids, true), part(true, true), {}, weighted ? wu : undefined),
});
