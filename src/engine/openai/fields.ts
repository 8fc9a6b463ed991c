/** Reads fields of a request body with OpenAI's messages for wrong types and ranges. */
import { ApiError } from "./errors.js";

export type Body = Record<string, unknown>;

const typeName = (value: unknown) =>
  value === null
    ? "null"
    : Array.isArray(value)
      ? "an array"
      : typeof value === "object"
        ? "an object"
        : `a ${typeof value}`;

const wrongType = (name: string, expected: string, value: unknown) =>
  new ApiError(
    400,
    `Invalid type for '${name}': expected ${expected}, but got ${typeName(value)} instead.`,
    "invalid_type",
    name,
  );

export function required(body: Body, name: string): unknown {
  if (body[name] === undefined || body[name] === null)
    throw new ApiError(400, `Missing required parameter: '${name}'.`, "missing_required_parameter", name);
  return body[name];
}

export function text(body: Body, name: string): string {
  const value = required(body, name);
  if (typeof value !== "string") throw wrongType(name, "a string", value);
  return value;
}

export function optionalText(body: Body, name: string): string | undefined {
  return body[name] === undefined || body[name] === null ? undefined : text(body, name);
}

export function flag(body: Body, name: string): boolean {
  const value = body[name] ?? false;
  if (typeof value !== "boolean") throw wrongType(name, "a boolean", value);
  return value;
}

export function object(body: Body, name: string): Body | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "object" || Array.isArray(value)) throw wrongType(name, "an object", value);
  return value as Body;
}

/** A number within limits; integers where `integer`. */
export function number(
  body: Body,
  name: string,
  limits: { min?: number; max?: number; integer?: boolean } = {},
): number | undefined {
  const value = body[name];
  if (value === undefined || value === null) return undefined;
  const kind = limits.integer ? "integer" : "decimal";
  if (typeof value !== "number" || !Number.isFinite(value) || (limits.integer && !Number.isInteger(value)))
    throw wrongType(name, limits.integer ? "an integer" : "a number", value);
  if (limits.min !== undefined && value < limits.min)
    throw new ApiError(
      400,
      `Invalid '${name}': ${kind} below minimum value. Expected a value >= ${limits.min}, but got ${value} instead.`,
      `${kind}_below_min_value`,
      name,
    );
  if (limits.max !== undefined && value > limits.max)
    throw new ApiError(
      400,
      `Invalid '${name}': ${kind} above maximum value. Expected a value <= ${limits.max}, but got ${value} instead.`,
      `${kind}_above_max_value`,
      name,
    );
  return value;
}

/** A number or "auto" (undefined). */
export function numberOrAuto(body: Body, name: string, limits: Parameters<typeof number>[2]): number | undefined {
  return body[name] === "auto" ? undefined : number(body, name, limits);
}

export function list(body: Body, name: string): unknown[] {
  const value = required(body, name);
  if (!Array.isArray(value)) throw wrongType(name, "an array", value);
  return value;
}

/** Throws for a field that nobody knows: a misspelt one would be ignored unseen. */
export function onlyKnown(body: Body, names: readonly string[], within = ""): void {
  for (const name of Object.keys(body))
    if (!names.includes(name))
      throw new ApiError(400, `Unknown parameter: '${within}${name}'.`, "unknown_parameter", within + name);
}

/** Throws for a field that OpenAI has and this server does not do, instead of ignoring it silently. */
export function refuse(body: Body, names: readonly string[], why: string): void {
  for (const name of names) {
    const value = body[name];
    if (value !== undefined && value !== null && !(Array.isArray(value) && !value.length))
      throw new ApiError(
        400,
        `Unsupported parameter: '${name}' is not supported by ${why}.`,
        "unsupported_parameter",
        name,
      );
  }
}

/** OpenAI's labels of a job or batch. */
export function metadata(body: Body): Record<string, string> {
  const given = object(body, "metadata") ?? {};
  const entries = Object.entries(given);
  if (entries.length > 16 || entries.some(([k, v]) => k.length > 64 || typeof v !== "string" || v.length > 512))
    throw new ApiError(
      400,
      "Invalid 'metadata': up to 16 pairs, keys of up to 64 and string values of up to 512 characters.",
      "invalid_value",
      "metadata",
    );
  return given as Record<string, string>;
}
