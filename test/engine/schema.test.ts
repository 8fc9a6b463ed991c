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
  const more: [unknown, unknown[]][] = [
    [
      {
        type: "object",
        properties: { a: { type: "array", items: { type: "array", items: { enum: [1, 2] } } } },
        required: ["a"],
        additionalProperties: false,
      },
      [{ a: [] }, { a: [[1], [2, 1]] }, { a: [[3]] }, { a: [1] }, {}],
    ],
    [{ anyOf: [{ type: "integer", minimum: 1 }, { const: "none" }] }, [1, 0, "none", "x", null]],
    [{ oneOf: [{ type: "integer" }, { type: "string", maxLength: 1 }] }, [1, "a", "ab", null]],
    [{ type: ["integer", "null"], minimum: 3 }, [2, 3, null, "3"]],
    [{ type: "string", enum: ["a", 1] }, ["a", 1]],
    [{ type: "number", exclusiveMinimum: 0, exclusiveMaximum: 1 }, [0, 1, 0.5, 0.25, 1.5, -0.5]],
    [{ type: "number", minimum: -2, exclusiveMaximum: 2 }, [-2, 2, 1.5, -1.5, 0, 2.5]],
    [true, [1, "a", null, [1, ["x"]], { a: { b: [] } }, -1.5]],
    [{ type: "array" }, [[], [1, "a", {}], 1]],
    [{ type: "array", maxItems: 2 }, [[], [1, {}], [1, 2, 3]]],
    [{ type: "object" }, [{}, { a: 1, b: [null] }, 1]],
    [{ type: "object", additionalProperties: { type: "integer" } }, [{}, { a: 1, b: 2 }, { a: "1" }]],
    [{ $defs: { a: { $ref: "#/$defs/b" }, b: { type: "boolean" } }, $ref: "#/$defs/a" }, [true, 1]],
    [{ title: "T", description: "D", type: "boolean", default: true, examples: [false] }, [true, 1]],
  ];
  const texts = ["", "a", "ab", "abc", "xaby", "A1", "12", "1234", "a-b", "a.b", 'say "a"', "back\\slash", "é", "a\nb"];
  texts.push("2024-02-29", "x@y.org", "ab ab", "q/r");
  const patterns = ["a", "^a", "b$", "^ab?c*$", "^(ab|cd)+$", "^[a-c]{2,3}$", "^[^a-c]+$", "^\\d+$", "^\\w{2}$", "\\s"];
  patterns.push("^.$", "^a.b$", "^a\\.b$", '"', "\\\\", "^\\u00e9$", "^(?:[A-Z]\\d|\\d{2,})$", "^[\\w.-]+@[\\w.-]+$");
  patterns.push("^a|b$", "^$", "^(?<year>\\d{4})-\\d\\d-\\d\\d$", "^[^\\n]*$", "\\W", "[/]", "^a+?b");
  for (const pattern of patterns) more.push([{ type: "string", pattern }, texts]);
  for (const [schema, values] of [...cases, ...more])
    test(JSON.stringify(schema).slice(0, 90), () => {
      const valid = ajv.compile(schema as object);
      for (const value of values) {
        const text = JSON.stringify(value);
        assert.equal(accepts(schema, text), valid(value), text);
      }
    });

  test("formats are written so that everyone takes them", () => {
    // Examples and counterexamples of RFC 3339, RFC 5321, RFC 4122, RFC 791.
    for (const [format, right, wrong] of [
      ["date", "1996-11-05", "1996-13-05"],
      ["time", "23:59:59Z", "24:00:00Z"],
      ["date-time", "1996-11-05T20:20:39Z", "1996-11-05 20:20:39"],
      ["duration", "P3D", "3 days"],
      ["email", "a.voter@example.org", "a.voter"],
      ["hostname", "www.example.org", "-www.example.org"],
      ["ipv4", "192.168.0.255", "192.168.0.256"],
      ["ipv6", "2001:db8:0:0:0:0:0:1", "2001:db8"],
      ["uuid", "f81d4fae-7dec-41d0-a765-00a0c91e6bf6", "f81d4fae"],
    ] as const) {
      assert.ok(accepts({ type: "string", format }, JSON.stringify(right)), right);
      assert.ok(!accepts({ type: "string", format }, JSON.stringify(wrong)), wrong);
    }
  });

  test("what would not be kept is refused, saying what and where", () => {
    const within = (schema: unknown) => ({ type: "object", properties: { x: schema }, required: ["x"] });
    const refused: [unknown, RegExp][] = [
      [{ type: "string", pattern: "(?=a)b" }, /^jsonSchema\.x: pattern \(\?=a\)b: a lookahead is not supported/],
      [{ type: "string", pattern: "\\bword" }, /\\b is not supported/],
      [{ type: "string", pattern: "(" }, /is not a regular expression/],
      [{ type: "string", pattern: "a", maxLength: 3 }, /pattern and maxLength together/],
      [{ type: "string", format: "uri" }, /format uri is not supported; use a pattern, or one of date, time/],
      [{ type: "integer", minimum: 2, maximum: 1 }, /no integer lies within/],
      [{ type: "number", multipleOf: 0.5 }, /multipleOf is not supported for type number/],
      [{ type: "array", items: { type: "integer" }, uniqueItems: true }, /uniqueItems is not supported for type array/],
      [{ type: "object", patternProperties: { a: {} } }, /patternProperties is not supported for type object/],
      [{ type: ["string", "null"], minimum: 3 }, /minimum is not supported for type string or null/],
      [{ not: { type: "string" } }, /not is not supported/],
      [{ enum: [1, 2], minimum: 2 }, /minimum beside enum/],
      [{ enum: [] }, /empty enum/],
      [{ enum: [1], type: "string" }, /no value of enum is of type string/],
      [{ allOf: [{ type: "string" }, { maxLength: 3 }] }, /allOf of 2 schemas/],
      [{ oneOf: [{ type: "integer" }, { type: "number" }] }, /oneOf: its branches may hold for the same value/],
      [{ anyOf: [{ type: "string" }], minLength: 3 }, /minLength beside anyOf/],
      [{ $ref: "#/$defs/none" }, /\$ref #\/\$defs\/none points nowhere/],
      [{ $ref: "https://example.org/schema" }, /only references within the schema/],
      [{ type: "file" }, /type file is not supported/],
      ["text", /"text" is not a schema/],
    ];
    for (const [schema, message] of refused)
      assert.throws(() => accepts(within(schema), ""), { code: "bad_option", message });
    const endless = { type: "object", properties: { again: { $ref: "#" } }, required: ["again"] };
    assert.throws(() => accepts(endless, ""), { message: /no finite value/ });
  });

  test("a schema that leads back to itself without a step (which Ajv does not survive)", () => {
    const circle = { anyOf: [{ type: "null" }, { $ref: "#" }] };
    assert.ok(accepts(circle, "null") && !accepts(circle, "1"));
  });

  test("oneOf by a tag, as unions of types are written", () => {
    const tagged = (kind: string, type: string) => ({
      type: "object",
      properties: { kind: { const: kind }, value: { type } },
      required: ["kind", "value"],
      additionalProperties: false,
    });
    const schema = { oneOf: [tagged("a", "integer"), tagged("b", "boolean")] };
    assert.ok(accepts(schema, '{"kind":"a","value":1}') && accepts(schema, '{"kind":"b","value":true}'));
    assert.ok(!accepts(schema, '{"kind":"b","value":1}'));
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

  test("keeps to patterns, unions, recursion and free objects", async () => {
    const node = {
      type: "object",
      properties: {
        age: { type: "string", pattern: "^\\d{4}-(0[1-9]|1[0-2])$" },
        vote: { anyOf: [{ type: "number", minimum: 0, maximum: 1 }, { type: "null" }] },
        of: { type: "array", items: { $ref: "#/$defs/node" }, maxItems: 2 },
      },
      required: ["age", "vote", "of"],
      additionalProperties: false,
    };
    for (const jsonSchema of [{ $defs: { node }, $ref: "#/$defs/node" }, { type: "object" }, true]) {
      const valid = new Ajv2020().compile(jsonSchema);
      const requests = Array.from({ length: 12 }, (_, i) => ({ ...ask(i, 40 + 10 * i), jsonSchema }));
      for (const { text } of await engine.generate(requests)) assert.ok(valid(JSON.parse(text)), text);
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
