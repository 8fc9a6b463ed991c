/** Separation: predictors that tell the outcome exactly, so that a likelihood has no maximum. Albert & Anderson (1984). */
import { EstimationError } from "./errors.js";
import { times } from "./linalg.js";
import type { Standardised } from "./standardise.js";

/**
 * An error that names the separating columns, or undefined where the data are not separated. The candidate direction
 * is the last Newton step, which on separated data turns towards the direction in which the likelihood keeps rising.
 */
export function separation(
  family: string,
  step: Float64Array,
  b: Float64Array,
  space: Standardised,
  y: Float64Array,
  names: readonly string[],
  outcome: string,
): EstimationError | undefined {
  const single = singleColumn(space, y, names, outcome, family);
  if (single) return single;
  for (const direction of [step, b]) {
    const side = times(space.z, space.n, space.k, direction);
    let largest = 0;
    for (const v of side) largest = Math.max(largest, Math.abs(v));
    if (!(largest > 0)) continue;
    const tolerance = 1e-5 * largest;
    const separated = side.every((v, i) =>
      family === "poisson"
        ? y[i]! > 0
          ? Math.abs(v) <= tolerance
          : v <= tolerance
        : (y[i]! > 0.5 ? v : -v) >= -tolerance,
    );
    if (!separated) continue;
    const top = Math.max(...direction.map((d, j) => (j === space.intercept ? 0 : Math.abs(d))));
    const columns = names.filter((_, j) => j !== space.intercept && Math.abs(direction[j]!) > 0.02 * top);
    return new EstimationError(
      "separation",
      message(`${columns.length > 1 ? "together " : ""}${told(columns)} ${outcome} exactly`),
      columns,
    );
  }
  return undefined;
}

/** "x tells", "x, z tell". */
export const told = (columns: readonly string[]): string =>
  `${columns.join(", ")} ${columns.length === 1 ? "tells" : "tell"}`;

const message = (what: string): string =>
  `perfect separation: ${what}, so the likelihood rises for ever and has no maximum. Leave the column out, merge its level with another, or use penalty: "firth" (logit)`;

/** The plain case: one column whose values do not overlap between the outcomes, or a level within which the outcome is constant. */
function singleColumn(
  space: Standardised,
  y: Float64Array,
  names: readonly string[],
  outcome: string,
  family: string,
): EstimationError | undefined {
  const { z, n, k, intercept } = space;
  for (let j = 0; j < k; j++) {
    if (j === intercept) continue;
    let low0 = Infinity,
      high0 = -Infinity,
      low1 = Infinity,
      high1 = -Infinity;
    for (let i = 0; i < n; i++) {
      const v = z[j * n + i]!;
      if (y[i]! > (family === "poisson" ? 0 : 0.5)) {
        if (v < low1) low1 = v;
        if (v > high1) high1 = v;
      } else {
        if (v < low0) low0 = v;
        if (v > high0) high0 = v;
      }
    }
    if (family === "poisson") {
      if (low1 === high1 && (high0 <= low1 || low0 >= high1) && low0 !== high0)
        return new EstimationError(
          "separation",
          message(`${outcome} is 0 in every row where ${names[j]} differs from ${round(original(space, j, low1))}`),
          [names[j]!],
        );
      continue;
    }
    // Without an intercept the cut can only lie at zero.
    const above = intercept >= 0 ? high0 <= low1 : high0 <= 0 && low1 >= 0;
    const below = intercept >= 0 ? high1 <= low0 : high1 <= 0 && low0 >= 0;
    if ((!above && !below) || Math.min(low0, low1) === Math.max(high0, high1)) continue;
    const column = z.subarray(j * n, (j + 1) * n);
    const values = new Set(column);
    if (values.size === 2)
      for (const value of values) {
        const rows = [...column.keys()].filter((i) => column[i] === value);
        if (rows.every((i) => y[i] === y[rows[0]!]))
          return new EstimationError(
            "separation",
            message(
              `${outcome} is ${y[rows[0]!]} in all ${rows.length} rows where ${names[j]} = ${round(original(space, j, value))}`,
            ),
            [names[j]!],
          );
      }
    const [lower, upper] = above ? [high0, low1] : [high1, low0];
    return new EstimationError(
      "separation",
      message(
        `${outcome} is ${above ? 0 : 1} wherever ${names[j]} is below ${round(original(space, j, upper))} and ${above ? 1 : 0} wherever it is above ${round(original(space, j, lower))}`,
      ),
      [names[j]!],
    );
  }
  return undefined;
}

const original = (space: Standardised, j: number, v: number): number => v * space.scale[j]! + space.mean[j]!;
const round = (v: number): string => String(Number(v.toPrecision(6)));
