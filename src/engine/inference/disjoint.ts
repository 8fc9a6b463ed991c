/** Whether no value satisfies two schemas at once, as far as types, constants and tags tell: what makes `oneOf` an `anyOf`. */

type Schema = Record<string, unknown>;

/** Every pair of them. */
export function disjoint(schemas: unknown[], resolve: (schema: unknown) => unknown): boolean {
  return schemas.every((a, i) => schemas.slice(i + 1).every((b) => apart(resolve(a), resolve(b), resolve)));
}

function apart(a: unknown, b: unknown, resolve: (schema: unknown) => unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || !a || !b) return false;
  const [x, y] = [a as Schema, b as Schema];
  const [values, others] = [constants(x), constants(y)];
  if (values && others) return !values.some((v) => others.includes(v));
  const [types, otherTypes] = [typesOf(x), typesOf(y)];
  if (types && otherTypes && !types.some((t) => otherTypes.includes(t))) return true;
  // Objects that both must have a tag, with different constants.
  const [p, q] = [x["properties"], y["properties"]] as (Schema | undefined)[];
  if (!p || !q) return false;
  const needed = (schema: Schema, key: string) => ((schema["required"] ?? []) as string[]).includes(key);
  return Object.keys(p).some((key) => {
    if (!(key in q) || !needed(x, key) || !needed(y, key)) return false;
    const [one, two] = [constants(resolve(p[key]) as Schema), constants(resolve(q[key]) as Schema)];
    return Boolean(one && two && !one.some((v) => two.includes(v)));
  });
}

const constants = (schema: Schema | undefined): string[] | undefined =>
  schema && "const" in schema
    ? [JSON.stringify(schema["const"])]
    : Array.isArray(schema?.["enum"])
      ? schema["enum"].map((v) => JSON.stringify(v))
      : undefined;

function typesOf(schema: Schema): string[] | undefined {
  const values = constants(schema);
  const of = (v: unknown) => (v === null ? "null" : Array.isArray(v) ? "array" : typeof v);
  if (values) return values.map((v) => of(JSON.parse(v)));
  const type = schema["type"] ?? (schema["properties"] ? "object" : undefined);
  if (type === undefined) return undefined;
  return (Array.isArray(type) ? type : [type]).map((t) => (t === "integer" ? "number" : String(t)));
}
