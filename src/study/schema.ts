/** JSON Schema (draft-07) of a codebook; written to data/codebook.schema.json by scripts/write-schema.mjs for editors. */

/* oxlint-disable unicorn/no-thenable -- "then" is JSON Schema's */
const value = { type: ["number", "string"] };
const expression = {
  oneOf: [
    { type: "number" },
    ...["item", "score", "value", "abs", "add", "subtract", "multiply", "min", "max"].map((key) => ({
      type: "object",
      required: [key],
      additionalProperties: false,
      properties: {
        [key]:
          key === "item" || key === "score"
            ? { type: "string" }
            : key === "value"
              ? { type: ["number", "string"] }
              : key === "abs"
                ? { $ref: "#/definitions/expression" }
                : {
                    type: "array",
                    items: { $ref: "#/definitions/expression" },
                    minItems: key === "subtract" ? 2 : 1,
                    ...(key === "subtract" ? { maxItems: 2 } : {}),
                  },
      },
    })),
  ],
};
const condition = {
  oneOf: [
    ...["lt", "le", "gt", "ge", "eq"].map((key) => ({
      type: "object",
      required: [key],
      additionalProperties: false,
      properties: {
        [key]: { type: "array", items: { $ref: "#/definitions/expression" }, minItems: 2, maxItems: 2 },
      },
    })),
    ...["all", "any"].map((key) => ({
      type: "object",
      required: [key],
      additionalProperties: false,
      properties: { [key]: { type: "array", items: { $ref: "#/definitions/condition" }, minItems: 1 } },
    })),
    {
      type: "object",
      required: ["not"],
      additionalProperties: false,
      properties: { not: { $ref: "#/definitions/condition" } },
    },
  ],
};
const options = {
  type: "array",
  minItems: 2,
  items: {
    type: "object",
    required: ["value", "label"],
    additionalProperties: false,
    properties: { value, label: { type: "string" }, anchored: { type: "boolean" } },
  },
};
const scale = {
  type: "object",
  required: ["kind"],
  properties: { kind: { enum: ["nominal", "ordinal", "interval", "count"] } },
  allOf: [
    {
      if: { properties: { kind: { const: "nominal" } } },
      then: { required: ["options"], properties: { kind: {}, options }, additionalProperties: false },
    },
    {
      if: { properties: { kind: { const: "ordinal" } } },
      then: {
        required: ["options"],
        properties: { kind: {}, options, scores: { type: "array", items: { type: "number" } } },
        additionalProperties: false,
      },
    },
    {
      if: { properties: { kind: { const: "interval" } } },
      then: {
        required: ["min", "max", "step"],
        properties: {
          kind: {},
          min: { type: "number" },
          max: { type: "number" },
          step: { type: "number", minimum: 0 },
          unit: { type: "string" },
          labels: { type: "object", additionalProperties: { type: "string" } },
        },
        additionalProperties: false,
      },
    },
    {
      if: { properties: { kind: { const: "count" } } },
      then: {
        properties: { kind: {}, max: { type: "number", minimum: 0 }, unit: { type: "string" } },
        additionalProperties: false,
      },
    },
  ],
};

export const codebookSchema = {
  $schema: "http://json-schema.org/draft-07/schema#",
  title: "Proband codebook",
  description: "Who was asked what: the items of a study, how each is answered, and what the answers imply.",
  type: "object",
  required: [
    "name",
    "title",
    "description",
    "version",
    "provenance",
    "sharing",
    "licence",
    "citation",
    "items",
    "defaults",
  ],
  additionalProperties: false,
  properties: {
    $schema: { type: "string" },
    name: { type: "string", pattern: "^[A-Za-z0-9][A-Za-z0-9._-]*$" },
    title: { type: "string", minLength: 1 },
    description: { type: "string" },
    version: { type: "string" },
    provenance: { enum: ["human", "synthetic"] },
    sharing: { enum: ["allowed", "forbidden"] },
    licence: { type: "string" },
    citation: { type: "string" },
    source: { type: "string" },
    introduction: { type: "string" },
    treatments: {
      type: "object",
      additionalProperties: { type: "object", additionalProperties: { type: "string" } },
    },
    population: { type: "string" },
    year: { type: "number" },
    file: {
      type: "object",
      required: ["path", "format"],
      additionalProperties: false,
      properties: {
        path: { type: "string" },
        format: { enum: ["csv", "tsv", "jsonl", "parquet", "arrow", "sav", "qualtrics"] },
        delimiter: { type: "string", minLength: 1, maxLength: 1 },
        quote: { type: "string", minLength: 1, maxLength: 1 },
        sha256: { type: "string", pattern: "^[0-9a-f]{64}$" },
      },
    },
    items: {
      type: "array",
      minItems: 1,
      items: {
        type: "object",
        required: ["name", "role", "label", "text", "scale"],
        additionalProperties: false,
        properties: {
          name: { type: "string", pattern: "^[\\p{L}_][\\p{L}\\p{N}_.]*$" },
          role: { enum: ["id", "attribute", "treatment", "belief", "action", "weight"] },
          column: { type: "string" },
          label: { type: "string", minLength: 1 },
          text: { type: "string" },
          scale: { $ref: "#/definitions/scale" },
          sensitive: { type: "boolean" },
          matched: { type: "string" },
          list: {
            type: "object",
            required: ["count", "arm", "treated", "length"],
            additionalProperties: false,
            properties: {
              count: { type: "string" },
              arm: { type: "string" },
              treated: value,
              length: { type: "integer", minimum: 1 },
            },
          },
          hidden: { type: "boolean" },
          derived: { type: "array", items: { type: "string" }, minItems: 1 },
          missing: { type: "array", items: value },
        },
      },
    },
    rule: {
      type: "object",
      required: ["action", "text", "cases"],
      additionalProperties: false,
      properties: {
        action: { type: "string" },
        text: { type: "string" },
        cases: {
          type: "array",
          minItems: 1,
          items: {
            type: "object",
            required: ["when", "implies"],
            additionalProperties: false,
            properties: {
              when: { $ref: "#/definitions/condition" },
              implies: { type: ["number", "string", "null"] },
            },
          },
        },
      },
    },
    defaults: {
      type: "object",
      required: ["groups", "outcome", "formula", "family"],
      additionalProperties: false,
      properties: {
        groups: { type: "array", items: { type: "string" } },
        outcome: { type: "string" },
        formula: { type: "string" },
        family: { enum: ["ols", "logit", "poisson", "ologit", "mlogit", "probit"] },
        cluster: { type: "string" },
      },
    },
    caveats: { type: "array", items: { type: "string" } },
  },
  definitions: { expression, condition, scale },
} as const;
