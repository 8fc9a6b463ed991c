/**
 * JSON Schema as a grammar of the texts that satisfy it. Supported: object (properties in their order, required),
 * array (items, prefixItems, minItems, maxItems), string (minLength, maxLength, enum), integer (bounds, multipleOf),
 * number (bounds), boolean, null, enum, const, anyOf, oneOf, allOf of one, $ref into $defs. Others are refused, for an
 * answer that breaks them would pass unseen.
 */
import { EngineError } from "../errors.js";
import type { Grammar, Node } from "./grammar.js";

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
  "additionalProperties",
  "format",
  "deprecated",
  "strict",
];
const known: Record<string, string[]> = {
  object: ["properties", "required"],
  array: ["items", "prefixItems", "minItems", "maxItems"],
  string: ["minLength", "maxLength"],
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
  const plain = g.character((ch) => ch !== '"' && ch !== "\\" && ch >= " ", "a");
  const escape = g.choice(...['\\"', "\\\\", "\\/", "\\n", "\\t", "\\r", "\\b", "\\f"].map((e) => g.text(e)));
  const stringCharacter = g.choice(plain, escape);

  function compile(schema: Schema, path: string): Node {
    if (
      schema === true ||
      (typeof schema === "object" && schema && !Object.keys(schema).some((k) => !notes.includes(k)))
    )
      throw bad(path, "any value at all is allowed; give a type");
    if (typeof schema !== "object" || schema === null) throw bad(path, `${JSON.stringify(schema)} is not a schema`);
    const ref = schema["$ref"];
    if (typeof ref === "string") return reference(ref, path);
    if ("const" in schema) return g.text(JSON.stringify(schema["const"]));
    if (Array.isArray(schema["enum"])) {
      if (!schema["enum"].length) throw bad(path, "an empty enum");
      return g.choice(...schema["enum"].map((v) => g.text(JSON.stringify(v))));
    }
    const any = schema["anyOf"] ?? schema["oneOf"];
    if (Array.isArray(any)) return g.choice(...any.map((s, i) => compile(s as Schema, `${path}.anyOf[${i}]`)));
    const all = schema["allOf"];
    if (Array.isArray(all) && all.length === 1) return compile(all[0] as Schema, `${path}.allOf[0]`);
    const type = schema["type"] ?? (schema["properties"] ? "object" : schema["items"] ? "array" : undefined);
    if (Array.isArray(type)) return g.choice(...type.map((t) => typed({ ...schema, type: t }, String(t), path, true)));
    return typed(schema, String(type), path, false);
  }

  function typed(schema: Record<string, unknown>, type: string, path: string, several: boolean): Node {
    const allowed = known[type];
    if (!allowed) throw bad(path, `type ${type} is not supported`);
    if (!several)
      for (const key of Object.keys(schema))
        if (!allowed.includes(key) && !notes.includes(key) && key !== "type" && key !== "required")
          throw bad(path, `${key} is not supported for type ${type}`);
    if (type === "object") return object(schema, path);
    if (type === "array") return array(schema, path);
    if (type === "string") return string(schema, path);
    if (type === "integer") return integer(schema, path);
    if (type === "number") return number(schema, path);
    return type === "boolean" ? g.choice(g.text("true"), g.text("false")) : g.text("null");
  }

  function reference(ref: string, path: string): Node {
    const made = references.get(ref);
    if (made) return made;
    let target: unknown = root;
    if (!ref.startsWith("#")) throw bad(path, `$ref ${ref}: only references within the schema are supported`);
    for (const part of ref.slice(1).split("/").filter(Boolean))
      target = (target as Record<string, unknown> | undefined)?.[part.replaceAll("~1", "/").replaceAll("~0", "~")];
    if (target === undefined) throw bad(path, `$ref ${ref} points nowhere`);
    let compiled: Node | undefined;
    const node = g.reference(() => (compiled ??= compile(target as Schema, ref)));
    references.set(ref, node);
    return node;
  }

  function object(schema: Record<string, unknown>, path: string): Node {
    const properties = Object.entries((schema["properties"] ?? {}) as Record<string, Schema>);
    const required = new Set((schema["required"] ?? []) as string[]);
    for (const name of required)
      if (!properties.some(([key]) => key === name)) throw bad(path, `required names ${name}, which properties lack`);
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
    if (items === undefined && !first.length) throw bad(path, "an array needs items");
    const item = items === undefined || items === false ? undefined : compile(items as Schema, `${path}[]`);
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
    const fraction = g.sequence(g.text("."), g.repeat(digit, 1, 6));
    if (low > high) throw bad(path, "no whole number lies within its bounds; use an enum");
    const options = [integers(low, high)];
    // A fraction moves away from zero: it may stand behind whole numbers that are not the outermost.
    if (high > 0 && Math.max(0, low) <= high - 1)
      options.push(g.sequence(naturals(Math.max(0, low), high - 1), fraction));
    if (low < 0 && Math.max(0, -high) <= -low - 1)
      options.push(g.sequence(g.text("-"), naturals(Math.max(0, -high), -low - 1), fraction));
    return g.choice(...options);
  }

  return compile(root as Schema, "");
}
