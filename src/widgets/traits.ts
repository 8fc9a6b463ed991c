/** What a model's attributes may hold, and how they look on the wire. The tables are generated from the schema. */

export interface Trait {
  type:
    | "string"
    | "int"
    | "float"
    | "bool"
    | "bytes"
    | "array"
    | "reference"
    | "Date"
    | "Datetime"
    | "NaiveDatetime"
    | "Time"
    | "any";
  /** May be null. */
  none?: boolean;
  enum?: readonly (string | null)[];
  /** Further accepted literal values of a union ("any" of a step). */
  or?: readonly string[];
  /** Type of an array's elements. */
  items?: "string" | "int" | "float" | "object" | "reference";
  /** A copy is made for each widget. */
  initial?: unknown;
  /** Attribute holds a widget of this class, made when it is first asked for. */
  widget?: string;
}

export type Traits = Readonly<Record<string, Trait>>;

/** Time of day. */
export interface TimeOfDay {
  hours: number;
  minutes: number;
  seconds: number;
  milliseconds: number;
}

/** Throws, naming widget and attribute, unless the value may stand there. */
export function check(model: string, name: string, trait: Trait | undefined, value: unknown): void {
  if (!trait) return;
  if (value === null || value === undefined) {
    if (trait.none || trait.type === "reference" || trait.type === "any") return;
    throw new TypeError(`${model}.${name} may not be empty; expected ${words(trait)}`);
  }
  if (trait.or?.includes(value as string)) return;
  const fail = (found = show(value)) => {
    throw new TypeError(`${model}.${name}: expected ${words(trait)}, found ${found}`);
  };
  if (trait.enum && !trait.enum.includes(value as string)) fail();
  switch (trait.type) {
    case "string":
      if (typeof value !== "string") fail();
      break;
    case "int":
      if (!Number.isInteger(value)) fail();
      break;
    case "float":
      // JSON has no words for NaN and infinities: a front end would be sent nothing.
      if (!Number.isFinite(value)) fail();
      break;
    case "bool":
      if (typeof value !== "boolean") fail();
      break;
    case "bytes":
      if (!(value instanceof ArrayBuffer) && !ArrayBuffer.isView(value)) fail();
      break;
    case "array":
      if (!Array.isArray(value)) fail();
      (value as unknown[]).forEach((v, i) => {
        const bad =
          (trait.items === "string" && typeof v !== "string") ||
          (trait.items === "int" && !Number.isInteger(v)) ||
          (!trait.items && typeof v === "number" && !Number.isFinite(v));
        if (bad) fail(`${show(v)} at ${i}`);
      });
      break;
    case "Date":
    case "Datetime":
    case "NaiveDatetime":
      if (!(value instanceof Date) || Number.isNaN(value.getTime())) fail();
  }
}

function words(trait: Trait): string {
  if (trait.enum) return `one of ${trait.enum.map((v) => JSON.stringify(v)).join(", ")}`;
  const noun: Record<Trait["type"], string> = {
    string: "text",
    int: "a whole number",
    float: "a finite number",
    bool: "true or false",
    bytes: "bytes (a typed array)",
    array: trait.items ? `an array of ${trait.items}s` : "an array",
    reference: `a ${trait.widget ?? "widget"}`,
    Date: "a valid Date",
    Datetime: "a valid Date",
    NaiveDatetime: "a valid Date",
    Time: "{ hours, minutes, seconds, milliseconds }",
    any: "any value",
  };
  return (
    noun[trait.type] +
    (trait.or ? ` or ${trait.or.map((v) => `"${v}"`).join(", ")}` : "") +
    (trait.none ? " or null" : "")
  );
}

function show(value: unknown): string {
  if (typeof value === "string") return `"${value.slice(0, 40)}"`;
  if (typeof value === "object" && value !== null)
    return value instanceof Date ? "an invalid Date" : (value.constructor?.name ?? "an object");
  return String(value);
}

/** A value as the protocol writes it (dates have fields of their own; all else is left to `pack`). */
export function toWire(trait: Trait | undefined, value: unknown): unknown {
  if (!(value instanceof Date)) return value;
  if (trait?.type === "Date") return { year: value.getFullYear(), month: value.getMonth(), date: value.getDate() };
  if (trait?.type === "Datetime")
    return {
      year: value.getUTCFullYear(),
      month: value.getUTCMonth(),
      date: value.getUTCDate(),
      hours: value.getUTCHours(),
      minutes: value.getUTCMinutes(),
      seconds: value.getUTCSeconds(),
      milliseconds: value.getUTCMilliseconds(),
    };
  if (trait?.type === "NaiveDatetime")
    return {
      year: value.getFullYear(),
      month: value.getMonth(),
      date: value.getDate(),
      hours: value.getHours(),
      minutes: value.getMinutes(),
      seconds: value.getSeconds(),
      milliseconds: value.getMilliseconds(),
    };
  return value;
}

/** The reverse of `toWire`. */
export function fromWire(trait: Trait | undefined, value: unknown): unknown {
  if (value === null || typeof value !== "object") return value;
  const v = value as Record<string, number>;
  if (trait?.type === "Date") return new Date(v["year"]!, v["month"]!, v["date"]!);
  const fields = [
    v["year"]!,
    v["month"]!,
    v["date"]!,
    v["hours"],
    v["minutes"],
    v["seconds"],
    v["milliseconds"],
  ] as const;
  if (trait?.type === "Datetime") return new Date(Date.UTC(...fields));
  if (trait?.type === "NaiveDatetime") return new Date(...(fields as readonly number[] as [number, number]));
  return value;
}
