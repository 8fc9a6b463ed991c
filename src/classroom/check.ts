/**
 * Checks in exercises. A passed check prints one line on standard output and returns nothing; a failed one throws, with
 * a hint. That is what autograders need: nbgrader gives a cell no points for an error or for anything on standard error,
 * and takes a number as a cell's result for partial credit, so a check never returns one.
 */
export class CheckFailed extends Error {
  override name = "CheckFailed";
}

export interface CheckOptions {
  /** What to try, shown when the check fails. */
  hint?: string;
  /** For numbers: the largest difference allowed (default 1e-9 relative to the expected value). */
  tolerance?: number;
}

/**
 * `check("what is checked", condition, { hint })`, or `check("what", actual, expected, { hint, tolerance })`, where numbers
 * are compared within a tolerance and everything else by structure. A function is called, so that an error inside becomes
 * a failed check.
 */
export function check(what: string, condition: boolean | (() => boolean), options?: CheckOptions): void;
export function check<T>(what: string, actual: T | (() => T), expected: T, options?: CheckOptions): void;
export function check(what: string, actual: unknown, second?: unknown, third?: CheckOptions): void {
  const isCondition = third === undefined && (second === undefined || isOptions(second));
  const options = (isCondition ? second : third) as CheckOptions | undefined;
  let value: unknown;
  try {
    value = typeof actual === "function" ? (actual as () => unknown)() : actual;
  } catch (error) {
    throw fail(
      what,
      `your code threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
      options,
    );
  }
  if (isCondition) {
    if (value !== true)
      throw fail(what, value === false ? "it does not hold" : `expected true or false, found ${show(value)}`, options);
  } else if (!same(value, second, options?.tolerance ?? 1e-9))
    throw fail(what, `expected ${show(second)}, found ${show(value)}`, options);
  console.log(`✓ ${what}`);
}

const isOptions = (value: unknown): boolean =>
  typeof value === "object" &&
  value !== null &&
  !Array.isArray(value) &&
  Object.keys(value).every((k) => k === "hint" || k === "tolerance");

function fail(what: string, why: string, options?: CheckOptions): CheckFailed {
  return new CheckFailed(`✗ ${what}: ${why}.${options?.hint ? ` Hint: ${options.hint}` : ""}`);
}

function same(a: unknown, b: unknown, tolerance: number): boolean {
  if (typeof a === "number" && typeof b === "number")
    return Object.is(a, b) || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b);
  if (ArrayBuffer.isView(a) || ArrayBuffer.isView(b) || Array.isArray(a) || Array.isArray(b)) {
    const x = Array.from(a as ArrayLike<unknown>),
      y = Array.from(b as ArrayLike<unknown>);
    return x.length === y.length && x.every((v, i) => same(v, y[i], tolerance));
  }
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((k) => k in b && same((a as Record<string, unknown>)[k], (b as Record<string, unknown>)[k], tolerance))
  );
}

function show(value: unknown): string {
  const text =
    typeof value === "string"
      ? JSON.stringify(value)
      : typeof value === "object"
        ? (JSON.stringify(value) ?? "an object")
        : String(value);
  return text.length > 120 ? `${text.slice(0, 117)}…` : text;
}
