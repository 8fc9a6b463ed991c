/**
 * JSON Schema as a grammar of the texts that satisfy it. Supported: object (properties in their order, required,
 * additionalProperties of an object without properties), array (items, prefixItems, minItems, maxItems), string
 * (minLength, maxLength, pattern, format), integer (bounds, multipleOf), number (bounds), boolean, null, several types,
 * enum, const, anyOf, oneOf whose branches exclude each other, allOf of one, $ref into the schema, any value. Others are
 * refused, for an answer that breaks them would pass unseen.
 */
import { EngineError } from "../errors.js";
import { disjoint } from "./disjoint.js";
import type { Grammar, Node } from "./grammar.js";
import { formats, jsonCharacter, patternGrammar } from "./pattern.js";

type Schema = Record<string, unknown> | boolean;

const notes = [
  "title",
  "description",
  "default",
  "examples",
  "$schema",
  "$id",
  "$comment",
  "$defs",
  "definitions",
  "deprecated",
  "readOnly",
  "writeOnly",
  "strict",
];
const known: Record<string, string[]> = {
  object: ["properties", "required", "additionalProperties"],
  array: ["items", "prefixItems", "minItems", "maxItems"],
  string: ["minLength", "maxLength", "pattern", "format"],
  integer: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
  number: ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"],
  boolean: [],
  null: [],
};

/** Longest free string, so that a model that rambles still ends. */
const longestString = 2000;

export function schemaGrammar(g: Grammar, root: unknown): Node {
  const references = new Map<string, Node>();
  const bad = (path: string, why: string) => new EngineError("bad_option", `jsonSchema${path}: ${why}`);
  const gap = g.choice(g.text(""), g.text(" "));
  const digit = g.character((ch) => ch >= "0" && ch <= "9", "0");
  const stringCharacter = jsonCharacter(g, () => true)!;

  /** Refuses what stands beside a keyword that says everything already. */
  function alone(schema: Record<string, unknown>, keyword: string, path: string, also: string[] = []): void {
    for (const key of Object.keys(schema))
      if (key !== keyword && !notes.includes(key) && !also.includes(key))
        throw bad(path, `${key} beside ${keyword} is not supported`);
  }

  function compile(schema: Schema, path: string): Node {
    if (schema === true) return anyValue();
    if (typeof schema !== "object" || schema === null) throw bad(path, `${JSON.stringify(schema)} is not a schema`);
    if (!Object.keys(schema).some((k) => !notes.includes(k))) return anyValue();
    const ref = schema["$ref"];
    if (typeof ref === "string") {
      alone(schema, "$ref", path);
      return reference(ref, path);
    }
    if ("const" in schema) return values(schema, "const", [schema["const"]], path);
    if (Array.isArray(schema["enum"])) return values(schema, "enum", schema["enum"], path);
    for (const keyword of ["anyOf", "oneOf"]) {
      const branches = schema[keyword];
      if (!Array.isArray(branches)) continue;
      alone(schema, keyword, path);
      if (!branches.length) throw bad(path, `${keyword} is empty`);
      if (keyword === "oneOf" && !disjoint(branches, target))
        throw bad(
          path,
          "oneOf: its branches may hold for the same value; give them different types or a constant property, or use anyOf",
        );
      return g.choice(...branches.map((s, i) => compile(s as Schema, `${path}.${keyword}[${i}]`)));
    }
    const all = schema["allOf"];
    if (Array.isArray(all)) {
      alone(schema, "allOf", path);
      if (all.length !== 1) throw bad(path, `allOf of ${all.length} schemas is not supported; write them as one`);
      return compile(all[0] as Schema, `${path}.allOf[0]`);
    }
    const implied = Object.keys(known).find((type) => known[type]!.some((key) => key in schema && key !== "required"));
    const type = schema["type"] ?? implied;
    if (type === undefined) {
      const key = Object.keys(schema).find((k) => !notes.includes(k))!;
      throw bad(path, `${key} is not supported`);
    }
    const types = (Array.isArray(type) ? type : [type]) as string[];
    for (const t of types) if (!known[t]) throw bad(path, `type ${String(t)} is not supported`);
    for (const key of Object.keys(schema))
      if (key !== "type" && !notes.includes(key) && !types.some((t) => known[t]!.includes(key)))
        throw bad(path, `${key} is not supported for type ${types.join(" or ")}`);
    const options = types.map((t) => typed(schema, t, path));
    return options.length === 1 ? options[0]! : g.choice(...options);
  }

  /** Constants, of which `type` beside them keeps some. */
  function values(schema: Record<string, unknown>, keyword: string, all: unknown[], path: string): Node {
    alone(schema, keyword, path, ["type"]);
    const types = schema["type"] === undefined ? undefined : [schema["type"]].flat();
    const of = (v: unknown) => (v === null ? "null" : Array.isArray(v) ? "array" : typeof v);
    const fits = (v: unknown) => !types || types.some((t) => t === of(v) || (t === "integer" && Number.isInteger(v)));
    const kept = all.filter(fits);
    if (!kept.length)
      throw bad(path, all.length ? `no value of ${keyword} is of type ${String(types)}` : "an empty enum");
    return g.choice(...kept.map((v) => g.text(JSON.stringify(v))));
  }

  function typed(schema: Record<string, unknown>, type: string, path: string): Node {
    if (type === "object") return object(schema, path);
    if (type === "array") return array(schema, path);
    if (type === "string") return string(schema, path);
    if (type === "integer") return integer(schema, path);
    if (type === "number") return number(schema, path);
    return type === "boolean" ? g.choice(g.text("true"), g.text("false")) : g.text("null");
  }

  let anything: Node | undefined;
  /** Any JSON value. */
  function anyValue(): Node {
    const self = g.reference(() => anything!);
    anything ??= g.choice(
      g.sequence(g.text('"'), g.repeat(stringCharacter, 0, longestString), g.text('"')),
      integers(-Infinity, Infinity),
      g.sequence(integers(-Infinity, Infinity), g.text("."), g.repeat(digit, 1, 6)),
      ...["true", "false", "null"].map((t) => g.text(t)),
      list("[", self, "]"),
      map(self),
    );
    return anything;
  }
  const list = (open: string, item: Node, close: string): Node => {
    const comma = g.sequence(g.text(","), gap);
    const some = g.sequence(item, g.repeat(g.sequence(comma, item), 0, Infinity));
    return g.sequence(g.text(open), g.choice(g.text(""), some), g.text(close));
  };
  /** An object with keys of the model's choice. */
  const map = (value: Node): Node =>
    list("{", g.sequence(g.text('"'), g.repeat(stringCharacter, 1, 60), g.text('":'), gap, value), "}");

  /** The schema itself, or what its `$ref` points to; undefined where it points nowhere. */
  function target(schema: unknown): unknown {
    const seen = new Set<unknown>();
    let at = schema;
    while (typeof at === "object" && at !== null && "$ref" in at && !seen.has(at)) {
      seen.add(at);
      at = pointed(String(at.$ref));
    }
    return at;
  }

  function pointed(ref: string): unknown {
    let found: unknown = root;
    for (const part of ref.slice(1).split("/").filter(Boolean))
      found = (found as Record<string, unknown> | undefined)?.[
        decodeURIComponent(part).replaceAll("~1", "/").replaceAll("~0", "~")
      ];
    return found;
  }

  function reference(ref: string, path: string): Node {
    const before = references.get(ref);
    if (before) return before;
    if (!ref.startsWith("#")) throw bad(path, `$ref ${ref}: only references within the schema are supported`);
    const found = pointed(ref);
    if (found === undefined) throw bad(path, `$ref ${ref} points nowhere`);
    // Known before it is compiled: it may refer to itself.
    const made: { node?: Node } = {};
    const self = g.reference(() => made.node!);
    references.set(ref, self);
    made.node = compile(found as Schema, ref);
    return self;
  }

  function object(schema: Record<string, unknown>, path: string): Node {
    const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
    const required = new Set((schema["required"] ?? []) as string[]);
    for (const name of required)
      if (!properties.some(([key]) => key === name)) throw bad(path, `required names ${name}, which properties lack`);
    // Beside named properties nothing is added: an answer without is valid, and a repeated name would not be.
    const more = schema["additionalProperties"] ?? true;
    if (!properties.length && more !== false) return map(compile(more as Schema, `${path}.additionalProperties`));
    const pairs = properties.map(([key, value]) => ({
      needed: required.has(key),
      node: g.sequence(g.text(JSON.stringify(key) + ":"), gap, compile(value, `${path}.${key}`)),
    }));
    const comma = g.sequence(g.text(","), gap);
    // What may come from pair i on, with or without one before it.
    const memo = new Map<string, Node>();
    const from = (i: number, after: boolean): Node => {
      const key = `${i} ${after}`;
      let node = memo.get(key);
      if (node) return node;
      if (i === pairs.length) node = g.text("");
      else {
        const { node: pair, needed } = pairs[i]!;
        const take = g.sequence(...(after ? [comma] : []), pair, from(i + 1, true));
        node = needed ? take : g.choice(take, from(i + 1, after));
      }
      memo.set(key, node);
      return node;
    };
    return g.sequence(g.text("{"), from(0, false), g.text("}"));
  }

  function array(schema: Record<string, unknown>, path: string): Node {
    const first = ((schema["prefixItems"] ?? []) as Schema[]).map((s, i) => compile(s, `${path}[${i}]`));
    const { minItems = 0, maxItems = Infinity } = schema as { minItems?: number; maxItems?: number };
    if (minItems > maxItems) throw bad(path, `minItems ${minItems} is more than maxItems ${maxItems}`);
    const items = schema["items"];
    const open = items === undefined && !first.length;
    const item = open
      ? anyValue()
      : items === undefined || items === false
        ? undefined
        : compile(items as Schema, `${path}[]`);
    if (!item && minItems > first.length) throw bad(path, `minItems ${minItems} is more than prefixItems gives`);
    const comma = g.sequence(g.text(","), gap);
    const head = first.slice(0, Number.isFinite(maxItems) ? maxItems : undefined);
    const least = Math.max(0, minItems - head.length),
      most = item ? maxItems - head.length : 0;
    const parts = head.flatMap((node, i) => (i ? [comma, node] : [node]));
    if (most > 0 && item) {
      if (head.length) parts.push(g.repeat(g.sequence(comma, item), least, most));
      else {
        const some = g.sequence(item, g.repeat(g.sequence(comma, item), Math.max(0, least - 1), most - 1));
        parts.push(least ? some : g.choice(g.text(""), some));
      }
    }
    return g.sequence(g.text("["), ...parts, g.text("]"));
  }

  function string(schema: Record<string, unknown>, path: string): Node {
    const { minLength = 0, maxLength = longestString } = schema as { minLength?: number; maxLength?: number };
    if (minLength > maxLength) throw bad(path, `minLength ${minLength} is more than maxLength ${maxLength}`);
    const { pattern, format } = schema as { pattern?: string; format?: string };
    const keys = ["pattern", "format", "minLength", "maxLength"].filter((key) => key in schema);
    if (pattern !== undefined || format !== undefined) {
      if (keys.length > 1)
        throw bad(path, `${keys.join(" and ")} together are not supported; say all of it in pattern`);
      const source = pattern ?? formats[format!];
      if (source === undefined)
        throw bad(
          path,
          `format ${format} is not supported; use a pattern, or one of ${Object.keys(formats).join(", ")}`,
        );
      return g.sequence(
        g.text('"'),
        patternGrammar(g, source, (why) => bad(path, why)),
        g.text('"'),
      );
    }
    return g.sequence(g.text('"'), g.repeat(stringCharacter, minLength, maxLength), g.text('"'));
  }

  function bounds(schema: Record<string, unknown>): [number, number] {
    const {
      minimum = -Infinity,
      maximum = Infinity,
      exclusiveMinimum = -Infinity,
      exclusiveMaximum = Infinity,
    } = schema as Record<string, number>;
    const low = Math.max(
      minimum,
      Number.isInteger(exclusiveMinimum) ? exclusiveMinimum + 1 : Math.ceil(exclusiveMinimum),
    );
    const high = Math.min(
      maximum,
      Number.isInteger(exclusiveMaximum) ? exclusiveMaximum - 1 : Math.floor(exclusiveMaximum),
    );
    return [Math.ceil(low), Math.floor(high)];
  }

  function integer(schema: Record<string, unknown>, path: string): Node {
    const [low, high] = bounds(schema);
    if (low > high) throw bad(path, "no integer lies within its bounds");
    const step = schema["multipleOf"] as number | undefined;
    if (step !== undefined) {
      if (!(Number.isInteger(step) && step > 0) || !((high - low) / step <= 10000))
        throw bad(path, "multipleOf needs a positive integer, and bounds at most 10000 multiples apart");
      const values: Node[] = [];
      for (let v = Math.ceil(low / step) * step; v <= high; v += step) values.push(g.text(String(v === 0 ? 0 : v)));
      if (!values.length) throw bad(path, `no multiple of ${step} lies within its bounds`);
      return g.choice(...values);
    }
    return integers(low, high);
  }

  function integers(low: number, high: number): Node {
    const options: Node[] = [];
    if (high >= 0) options.push(naturals(Math.max(0, low), high));
    if (low < 0) options.push(g.sequence(g.text("-"), naturals(Math.max(1, -high), -low)));
    return g.choice(...options);
  }

  /** Decimal texts of low … high, both 0 or more; high may be infinite (up to 15 digits). */
  function naturals(low: number, high: number): Node {
    const top = Math.min(high, 999_999_999_999_999);
    const options: Node[] = [];
    for (let digits = String(low).length; digits <= String(top).length; digits++) {
      const from = Math.max(low, digits === 1 ? 0 : 10 ** (digits - 1)),
        to = Math.min(top, 10 ** digits - 1);
      if (from <= to) options.push(sameLength(String(from), String(to)));
    }
    return g.choice(...options);
  }

  /** Texts of numbers with equally many digits, from … to. */
  function sameLength(from: string, to: string): Node {
    if (!from) return g.text("");
    const n = from.length - 1;
    if (/^0*$/.test(from) && /^9*$/.test(to)) return g.repeat(digit, from.length, from.length);
    if (from[0] === to[0]) return g.sequence(g.text(from[0]!), sameLength(from.slice(1), to.slice(1)));
    const options: Node[] = [g.sequence(g.text(from[0]!), sameLength(from.slice(1), "9".repeat(n)))];
    for (let d = Number(from[0]) + 1; d < Number(to[0]); d++)
      options.push(g.sequence(g.text(String(d)), g.repeat(digit, n, n)));
    options.push(g.sequence(g.text(to[0]!), sameLength("0".repeat(n), to.slice(1))));
    return g.choice(...options);
  }

  function number(schema: Record<string, unknown>, path: string): Node {
    const [low, high] = bounds(schema);
    const { exclusiveMinimum: above = -Infinity, exclusiveMaximum: below = Infinity } = schema as Record<
      string,
      number
    >;
    const { minimum = -Infinity, maximum = Infinity } = schema as Record<string, number>;
    // A fraction stands between two whole numbers within the bounds; where such a one is itself excluded, it is not 0.
    const from = Math.ceil(Math.max(minimum, above)),
      to = Math.floor(Math.min(maximum, below));
    const part = (edge: boolean) =>
      edge
        ? g.sequence(
            g.text("."),
            g.repeat(digit, 0, 5),
            g.character((ch) => ch >= "1" && ch <= "9", "5"),
          )
        : g.sequence(g.text("."), g.repeat(digit, 1, 6));
    const options: Node[] = low <= high ? [integers(low, high)] : [];
    const excluded = low > from || high < to;
    if (to > 0 && Math.max(0, from) <= to - 1)
      options.push(g.sequence(naturals(Math.max(0, from), to - 1), part(excluded)));
    if (from < 0 && Math.max(0, -to) <= -from - 1)
      options.push(g.sequence(g.text("-"), naturals(Math.max(0, -to), -from - 1), part(excluded)));
    if (!options.length) throw bad(path, "no whole number lies within its bounds; use an enum");
    return g.choice(...options);
  }

  const node = compile(root as Schema, "");
  if (g.shortest(node) === undefined) throw bad("", "no finite value satisfies it: it requires itself within itself");
  return node;
}
