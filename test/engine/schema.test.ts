import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { Ajv2020 } from "ajv/dist/2020.js";
import type { Engine } from "#src/engine/index.js";
import { createGrammar } from "#src/engine/inference/grammar.js";
import { schemaGrammar } from "#src/engine/inference/json-schema.js";
import { openModel } from "#src/engine/node/index.js";
import { writeTinyModel } from "./tiny.js";

const accepts = (schema: unknown, text: string) => {
  const g = createGrammar();
  let states = [g.start(schemaGrammar(g, schema))];
  for (const ch of text) states = g.step(states, ch);
  return states.length > 0 && g.complete(states);
};

describe("a schema as a grammar agrees with Ajv", () => {
  const ajv = new Ajv2020({ strict: false });
  const person = {
    type: "object",
    properties: { age: { type: "integer", minimum: 18, maximum: 99 }, vote: { enum: ["Clinton", "Dole", null] } },
    required: ["age", "vote"],
    additionalProperties: false,
  };
  const cases: [unknown, unknown[]][] = [
    [{ type: "integer", minimum: -12, maximum: 205 }, Array.from({ length: 400 }, (_, i) => i - 150)],
    [{ type: "integer", exclusiveMinimum: 0, exclusiveMaximum: 10 }, [-1, 0, 1, 5, 9, 10, 11, 2.5]],
    [{ type: "integer", minimum: 0, maximum: 100, multipleOf: 5 }, Array.from({ length: 120 }, (_, i) => i - 5)],
    [{ type: "number", minimum: -1.5, maximum: 2 }, [-1, 0, 1, 2, 0.5, 1.99]],
    [{ type: "string", minLength: 2, maxLength: 3 }, ["", "a", "ab", "abc", "abcd", 'a"', "a\\", "é\n"]],
    [{ enum: ["a", 1, null, true] }, ["a", "b", 1, 2, null, true, false]],
    [person, [{ age: 18, vote: "Dole" }, { age: 17, vote: "Dole" }, { age: 99, vote: null }, { age: 20 }, {}]],
    [
      { type: "array", items: { type: "boolean" }, minItems: 1, maxItems: 3 },
      [[], [true], [true, false, true], [true, true, true, true], [1]],
    ],
    [
      { type: "array", prefixItems: [{ const: 1 }], items: { const: 2 }, maxItems: 3, minItems: 1 },
      [[1], [1, 2], [1, 2, 2], [1, 2, 2, 2], [2], []],
    ],
    [{ type: ["string", "null"] }, ["x", null, 1]],
    [
      {
        type: "object",
        properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } },
        required: ["b"],
        additionalProperties: false,
      },
      [{ b: 2 }, { a: 1, b: 2 }, { b: 2, c: 3 }, { a: 1, b: 2, c: 3 }, { a: 1 }, {}, { b: 3 }],
    ],
    [
      {
        $defs: {
          tree: {
            type: "object",
            properties: { of: { type: "array", items: { $ref: "#/$defs/tree" } } },
            required: ["of"],
          },
        },
        $ref: "#/$defs/tree",
      },
      [{ of: [] }, { of: [{ of: [] }, { of: [{ of: [] }] }] }, { of: [1] }, {}],
    ],
  ];
  for (const [schema, values] of cases)
    test(JSON.stringify(schema).slice(0, 90), () => {
      const valid = ajv.compile(schema as object);
      for (const value of values) {
        const text = JSON.stringify(value);
        assert.equal(accepts(schema, text), valid(value), text);
      }
    });

  test("what would not be kept is refused", () => {
    for (const schema of [
      { type: "string", pattern: "a" },
      { type: "array" },
      {},
      { type: "integer", minimum: 2, maximum: 1 },
    ])
      assert.throws(() => accepts(schema, ""), { code: "bad_option" });
  });
});

describe("a model that knows nothing", () => {
  const schema = {
    type: "object",
    properties: {
      vote: { enum: ["Clinton", "Dole"] },
      age: { type: "integer", minimum: 0, maximum: 105 },
      place: { type: "string", maxLength: 30 },
      party: { type: "array", items: { type: "integer", minimum: 1, maximum: 7 }, maxItems: 4 },
    },
    required: ["vote", "age", "place", "party"],
    additionalProperties: false,
  };
  let folder: string, engine: Engine;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "engine-"));
    await writeTinyModel(folder);
    engine = await openModel(folder, { threads: 1 });
  });
  after(async () => {
    await engine.close();
    await rm(folder, { recursive: true });
  });
  const ask = (seed: number, maxTokens: number) => ({
    messages: [{ role: "user" as const, content: "how do you vote" }],
    jsonSchema: schema,
    seed,
    maxTokens,
    temperature: 1.5,
  });

  test("still gives a valid object, with little room too", async () => {
    const valid = new Ajv2020().compile(schema);
    const requests = Array.from({ length: 40 }, (_, i) => ask(i, i % 2 ? 200 : 30 + (i % 7)));
    for (const { text, finish } of await engine.generate(requests)) {
      assert.ok(valid(JSON.parse(text)), text);
      assert.equal(finish, "stop");
    }
  });

  test("says so when no valid object fits", async () => {
    await assert.rejects(engine.generate([ask(1, 5)]), {
      name: "EngineError",
      code: "bad_option",
      message: /shortest answer takes/,
    });
  });
});
