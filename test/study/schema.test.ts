import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { codebookSchema, dataFolder, from, holds, impliedAction, impliedBy } from "proband/study";

test("data/codebook.schema.json is the schema in use (node scripts/write-schema.mjs)", () => {
  assert.deepEqual(JSON.parse(readFileSync(join(dataFolder(), "codebook.schema.json"), "utf8")), codebookSchema);
});

test("conditions with missing answers follow Kleene's logic", () => {
  const people: Record<string, number | null> = { a: 1, b: null };
  const look = (name: string) => people[name] ?? null;
  const yes = { eq: [{ item: "a" }, 1] } as const,
    open = { gt: [{ item: "b" }, 1] } as const;
  const all = (...parts: object[]) => holds({ all: parts } as never, look);
  const any = (...parts: object[]) => holds({ any: parts } as never, look);
  assert.equal(all(yes, open), undefined);
  assert.equal(any(yes, open), true);
  assert.equal(all({ not: yes }, open), false);
  assert.equal(holds({ not: open } as never, look), undefined);
});

test("a rule's first case that holds decides; none is indifference, missing is open", () => {
  const rule = {
    action: "x",
    text: "",
    cases: [
      { when: { ge: [{ item: "both" }, 75] }, implies: "refrain" },
      { when: { lt: [{ item: "one" }, { multiply: [2, { item: "two" }] }] }, implies: "one" },
    ],
  } as never;
  const by = (both: number | null, one: number | null, two: number | null) =>
    impliedBy(rule, (name) => ({ both, one, two })[name] ?? null);
  assert.equal(by(80, null, null), "refrain");
  assert.equal(by(10, 5, 4), "one");
  assert.equal(by(10, 9, 4), null);
  assert.equal(by(null, 5, 4), undefined);
});

test("ordered words are compared by their positions, words by equality, and never by the alphabet", () => {
  const words = ["disagree", "neutral", "agree"];
  const item = (name: string, role: "belief" | "action") => ({
    name,
    role,
    label: name,
    text: "",
    scale: { kind: "ordinal" as const, options: words.map((value) => ({ value, label: value })) },
  });
  const codebook = (when: object) => ({
    name: "w",
    title: "w",
    description: "",
    version: "1",
    provenance: "human" as const,
    sharing: "allowed" as const,
    licence: "",
    citation: "",
    items: [item("a", "belief"), item("b", "belief"), item("act", "action")],
    rule: { action: "act", text: "", cases: [{ when, implies: "agree" }] },
    defaults: { groups: [], outcome: "act", formula: "", family: "ologit" as const },
  });
  const rows = [
    { a: "agree", b: "neutral", act: "agree" },
    { a: "disagree", b: "neutral", act: "agree" },
    { a: null, b: "neutral", act: "agree" },
  ];
  const implied = (when: object) => impliedAction(from(rows, codebook(when) as never));
  assert.deepEqual(implied({ gt: [{ score: "a" }, { score: "b" }] }), ["agree", null, undefined]);
  assert.deepEqual(implied({ eq: [{ item: "a" }, { value: "disagree" }] }), [null, "agree", undefined]);
  assert.throws(() => implied({ gt: [{ item: "a" }, { item: "b" }] }), /words have none: use \{ "score": item \}/);
  assert.throws(() => implied({ gt: [{ add: [{ item: "a" }, 1] }, 2] }), /arithmetic needs numbers/);
});
