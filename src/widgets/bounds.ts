/** Values kept between min and max, as the front end keeps them. */
import type { ModelSpec } from "./widget.js";

type State = Record<string, unknown>;

/** What a change has to become so that min ≤ value ≤ max; a minimum above the maximum is an error. */
export function keepWithin(spec: ModelSpec, patch: State, before: State): State {
  const { traits } = spec;
  if (!traits["min"] || !traits["max"] || !traits["value"]) return {};
  if (!("min" in patch || "max" in patch || "value" in patch)) return {};
  const after = { ...before, ...patch };
  let [min, max] = [after["min"], after["max"]];
  const value = after["value"];
  const comparable = (x: unknown): x is number | Date => typeof x === "number" || x instanceof Date;
  if (comparable(min) && comparable(max) && min > max)
    throw new RangeError(
      `${spec.name.replace(/Model$/, "")}: min ${show(min)} is above max ${show(max)}; set both at once to move the range`,
    );
  if (spec.name === "FloatLogSliderModel") {
    const base = Number(after["base"]);
    [min, max] = [base ** Number(min), base ** Number(max)];
  }
  const clamp = (x: unknown) => {
    if (!comparable(x)) return x;
    if (comparable(min) && x < min) return min;
    if (comparable(max) && x > max) return max;
    return x;
  };
  if (/RangeSlider/.test(spec.name) && Array.isArray(value)) {
    if (value.length !== 2) throw new RangeError(`a range's value is two numbers, [low, high]; found ${value.length}`);
    const pair = value.map(clamp) as [number, number];
    const ordered = pair[0] > pair[1] ? [pair[1], pair[0]] : pair;
    return ordered[0] === value[0] && ordered[1] === value[1] ? {} : { value: ordered };
  }
  const kept = clamp(value);
  return kept === value ? {} : { value: kept };
}

function show(x: number | Date): string {
  return x instanceof Date ? x.toISOString() : String(x);
}
