/** `regression.explore(human, simulated)`: which coefficients survive, under which formula and level. */
import { recover } from "../../regression/index.js";
import type { Recovered } from "../../regression/index.js";
import type { Respondents, Simulated } from "../../study/index.js";
import { figureOf } from "../../figures/displays.js";
import { slider, text } from "../controls.js";
import { dropdown } from "../selection.js";
import { asCode, Panel } from "./panel.js";

export interface RegressionExploration {
  formula: string;
  alpha: number;
  covariance: string;
}

export interface ExploreRegressionOptions extends Partial<RegressionExploration> {
  /** What the two sets are called in the shown code (default "rest" and "silico"). */
  names?: readonly [human: string, simulated: string];
}

/** A panel over formula, level and covariance. `panel.result` is what `regression.recover` returned. */
export function exploreRegression(
  human: Respondents,
  simulated: Simulated | readonly Simulated[],
  options: ExploreRegressionOptions = {},
): Panel<RegressionExploration, Recovered> {
  const { formula } = human.codebook.defaults;
  const [h, s] = options.names ?? ["rest", "silico"];
  const call = (v: RegressionExploration) => ({
    formula: v.formula,
    alpha: v.alpha,
    ...(v.covariance ? { covariance: v.covariance as "HC3" } : {}),
  });
  return new Panel<RegressionExploration, Recovered>({
    title: `Regression recovery in ${human.codebook.name}`,
    controls: {
      formula: wide(text({ description: "formula", value: options.formula ?? formula, continuous_update: false })),
      alpha: slider({ description: "alpha", min: 0.01, max: 0.2, step: 0.01, value: options.alpha ?? 0.05 }),
      covariance: dropdown<string>({
        description: "errors",
        options: [["default", ""], ["classical", "classical"], ["HC0", "HC0"], ["HC1", "HC1"], ["HC3", "HC3"]] as [string, string][], // prettier-ignore
        value: options.covariance ?? "",
      }),
    },
    compute(values) {
      const value = recover(human, simulated, call(values));
      const figure = figureOf(value);
      return { value, text: value.verdict, table: value, ...(figure ? { figures: [figure] } : {}) };
    },
    code: (values) => `regression.recover(${h}, ${s}, ${asCode(call(values))});`,
  });
}

/** A control as wide as its place: a formula is long. */
function wide<W extends { layout: { set(patch: { width: string; grid_area: string }): unknown } }>(control: W): W {
  // Not grid_column: the front end removes an empty grid_area after it, and with it the column.
  control.layout.set({ width: "95%", grid_area: "auto / 1 / auto / -1" });
  return control;
}
