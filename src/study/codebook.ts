import { Ajv, type ErrorObject, type ValidateFunction } from "ajv";
import { StudyError, type Problem } from "./errors.js";
import { itemsOfRule } from "./rule.js";
import { describeScale, fits } from "./scale.js";
import { codebookSchema } from "./schema.js";
import type { Codebook } from "./types.js";

let validator: ValidateFunction | undefined;

/**
 * Checks that `data` is a codebook: its shape by JSON Schema, and what a schema cannot say (names are unique, what
 * is referred to exists, options are distinct). Throws a StudyError that lists every fault with its place.
 */
export function parseCodebook(data: unknown, file = "codebook.json"): Codebook {
  validator ??= new Ajv({ allErrors: true, verbose: true, strict: false, unicodeRegExp: true }).compile(codebookSchema);
  if (!validator(data)) throw new StudyError(schemaProblems(validator.errors ?? [], file));
  const { $schema: _, ...codebook } = data as unknown as Codebook & { $schema?: string };
  const problems = meaningProblems(codebook).map((p) => ({ file, ...p }));
  if (problems.length) throw new StudyError(problems);
  return codebook;
}

function schemaProblems(errors: ErrorObject[], file: string): Problem[] {
  const seen = new Set<string>();
  const problems: Problem[] = [];
  for (const e of errors) {
    if (e.keyword === "if" || e.keyword === "oneOf") continue;
    const at = e.instancePath.slice(1).replaceAll("/", ".") || "top level";
    const params = e.params as Record<string, unknown>;
    const expected =
      e.keyword === "required"
        ? `expected the property "${String(params.missingProperty)}"`
        : e.keyword === "additionalProperties"
          ? `the property "${String(params.additionalProperty)}" is not known here; remove it or correct its spelling`
          : e.keyword === "enum"
            ? `expected one of ${(params.allowedValues as unknown[]).join(", ")}`
            : `the value ${e.message}`;
    const simple = ["string", "number", "boolean"].includes(typeof e.data);
    const problem = { file, column: at, ...(simple ? { value: e.data } : {}), expected };
    const key = at + expected;
    if (!seen.has(key)) problems.push(problem);
    seen.add(key);
  }
  // An expression that fits no alternative fails in all of them; one line says it.
  const inRule = problems.filter((p) => p.column!.startsWith("rule.cases"));
  if (inRule.length > 3)
    return [
      ...problems.filter((p) => !inRule.includes(p)),
      {
        file,
        column: inRule[0]!.column,
        expected: "this part of the belief–action rule is not a condition or expression",
      },
    ];
  return problems;
}

function meaningProblems(codebook: Codebook): Problem[] {
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const item of codebook.items) {
    if (names.has(item.name)) problems.push({ column: item.name, expected: "an item's name must be unique" });
    names.add(item.name);
    const { scale } = item;
    if (scale.kind === "nominal" || scale.kind === "ordinal") {
      const values = scale.options.map((o) => String(o.value));
      if (new Set(values).size < values.length)
        problems.push({ column: item.name, expected: "two options have the same value; values must be distinct" });
      if (scale.kind === "ordinal" && scale.scores && scale.scores.length !== values.length)
        problems.push({
          column: item.name,
          expected: `${scale.scores.length} scores for ${values.length} options; expected one an option`,
        });
    }
    if (scale.kind === "interval" && !(scale.max > scale.min))
      problems.push({ column: item.name, expected: `max (${scale.max}) must be above min (${scale.min})` });
  }
  const refer = (name: string, place: string) => {
    if (!names.has(name))
      problems.push({ column: place, value: name, expected: `expected an item; there are ${[...names].join(", ")}` });
  };
  for (const { name, list } of codebook.items)
    if (list) {
      refer(list.count, `${name}.list.count`);
      refer(list.arm, `${name}.list.arm`);
      const arm = codebook.items.find((i) => i.name === list.arm);
      if (arm && !fits(arm, list.treated))
        problems.push({
          column: `${name}.list.treated`,
          value: list.treated,
          expected: `expected ${describeScale(arm)}`,
        });
    }
  for (const item of codebook.items) if (item.matched) refer(item.matched, `${item.name}.matched`);
  for (const item of codebook.items) for (const from of item.derived ?? []) refer(from, `${item.name}.derived`);
  for (const group of codebook.defaults.groups) refer(group, "defaults.groups");
  if (codebook.defaults.cluster) refer(codebook.defaults.cluster, "defaults.cluster");
  if (codebook.defaults.outcome) refer(codebook.defaults.outcome, "defaults.outcome");
  for (const [name, arms] of Object.entries(codebook.treatments ?? {})) {
    refer(name, "treatments");
    const item = codebook.items.find((i) => i.name === name);
    if (item && (item.scale.kind === "nominal" || item.scale.kind === "ordinal"))
      for (const arm of Object.keys(arms))
        if (!item.scale.options.some((o) => String(o.value) === arm))
          problems.push({ column: `treatments.${name}`, value: arm, expected: `expected an option of ${name}` });
  }
  const { rule } = codebook;
  if (rule) {
    refer(rule.action, "rule.action");
    for (const name of itemsOfRule(rule)) refer(name, "rule.cases");
    const action = codebook.items.find((i) => i.name === rule.action);
    if (action)
      for (const { implies } of rule.cases)
        if (implies !== null && !fits(action, implies))
          problems.push({ column: "rule.cases", value: implies, expected: `expected an option of ${action.name}` });
  }
  return problems;
}
