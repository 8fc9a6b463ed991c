import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { Respondents, Simulated } from "#src/study/index.js";
import type { Codebook, Value } from "#src/study/index.js";

/** A fixture made by test/reference/alignment. */
export const fixture = (name: string) =>
  JSON.parse(readFileSync(join(process.cwd(), "test", "alignment", "fixtures", `${name}.json`), "utf8"));

/** Equal to a relative tolerance (absolute near zero). */
export function close(actual: number | null | undefined, expected: number, tolerance = 1e-8, what = ""): void {
  assert.ok(
    actual !== null &&
      actual !== undefined &&
      Math.abs(actual - expected) <= tolerance * Math.max(Math.abs(expected), 1e-6),
    `${what} expected ${expected}, found ${actual}`,
  );
}

/** Two beliefs on 1–4, an action, a treatment, a size-of-town group; the rule: act when belief a exceeds belief b. */
export const codebook: Codebook = {
  name: "toy",
  title: "Toy study",
  description: "For tests",
  version: "1",
  provenance: "human",
  sharing: "allowed",
  licence: "CC0-1.0",
  citation: "Nobody (2026)",
  items: [
    {
      name: "arm",
      role: "treatment",
      label: "arm",
      text: "arm",
      scale: { kind: "nominal", options: ["control", "treated"].map((v) => ({ value: v, label: v })) },
    },
    {
      name: "town",
      role: "attribute",
      label: "town",
      text: "town",
      scale: { kind: "nominal", options: ["small", "large"].map((v) => ({ value: v, label: v })) },
    },
    {
      name: "a",
      role: "belief",
      label: "a",
      text: "a?",
      scale: { kind: "ordinal", options: [1, 2, 3, 4].map((v) => ({ value: v, label: `${v}` })) },
    },
    {
      name: "b",
      role: "belief",
      label: "b",
      text: "b?",
      scale: { kind: "ordinal", options: [1, 2, 3, 4].map((v) => ({ value: v, label: `${v}` })) },
    },
    {
      name: "act",
      role: "action",
      label: "act",
      text: "act?",
      sensitive: true,
      matched: "plain",
      scale: {
        kind: "nominal",
        options: [
          { value: 0, label: "no" },
          { value: 1, label: "yes" },
        ],
      },
    },
    {
      name: "plain",
      role: "action",
      label: "plain",
      text: "plain?",
      scale: {
        kind: "nominal",
        options: [
          { value: 0, label: "no" },
          { value: 1, label: "yes" },
        ],
      },
    },
  ],
  rule: {
    action: "act",
    text: "act when a exceeds b",
    cases: [
      { when: { gt: [{ item: "a" }, { item: "b" }] }, implies: 1 },
      { when: { lt: [{ item: "a" }, { item: "b" }] }, implies: 0 },
    ],
  },
  defaults: { groups: ["arm"], outcome: "act", formula: "act ~ a", family: "logit" },
};

export function people(columns: Record<string, readonly Value[]>, over: Partial<Codebook> = {}): Respondents {
  const n = Object.values(columns)[0]!.length;
  return new Respondents({
    codebook: { ...codebook, ...over },
    ids: Array.from({ length: n }, (_, i) => `p${i}`),
    columns,
  });
}

export function simulation(
  of: Respondents,
  columns: Record<string, readonly Value[]>,
  model = "test-model",
  finetuningSeed?: number,
): Simulated {
  const all = new Map(of.names.map((n) => [n, of.column(n)]));
  for (const [name, column] of Object.entries(columns)) all.set(name, column);
  return new Simulated({
    codebook: of.codebook,
    ids: of.ids,
    columns: all,
    simulation: {
      model,
      provider: "test",
      seed: 1,
      trainedOn: [],
      ledgerKey: "k",
      elicitation: "test",
      ...(finetuningSeed === undefined ? {} : { finetuningSeed }),
    },
  });
}
