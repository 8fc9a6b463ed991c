/**
 * One figure of several learning curves: node scripts/train-base/figure.mjs OUT.svg CURVE_FOLDER …, each the --out of a
 * `proband learning-curve`. Columns are studies, rows the measures of docs/base-model.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { setup } from "../setup.mjs";

await setup();
const { learningCurve } = await import("#src/figures/node/index.js");
const [out, ...folders] = process.argv.slice(2);
const measures = {
  beliefDistance: "JSD of beliefs",
  logLikelihood: "nats an answer",
  gapDifference: "gap less people's",
};
// Those with a likelihood first, so that each has the same colour in every row.
const shown = ["finetuned", "marginal bootstrap", "regression chain", "row bootstrap", "Gaussian copula"];
const ROW = 385;
const parts = [];
let width = 0,
  height = 0;
Object.entries(measures).forEach(([metric, measure], row) =>
  folders.forEach((folder, column) => {
    const { rows } = JSON.parse(readFileSync(join(folder, "learning-curve.json"), "utf8"));
    const of = rows.filter((r) => r.metric === metric && r.mean !== null && Number.isFinite(r.mean));
    const floor = of.find((r) => r.variant === "people")?.mean;
    const svg = learningCurve(
      shown
        .flatMap((variant) => of.filter((r) => r.variant === variant))
        .map(({ n, variant, mean, sd }) => ({
          n,
          variant,
          value: mean,
          ...(sd > 0 ? { low: mean - sd, high: mean + sd } : {}),
        })),
      { measure: `${basename(folder)}: ${measure}`, ...(metric === "beliefDistance" ? { floor } : {}) },
    );
    const [w, h] = ["width", "height"].map((name) => Number(svg.getAttribute(name)));
    svg.setAttribute("x", column * w);
    svg.setAttribute("y", row * ROW);
    width = Math.max(width, (column + 1) * w);
    height = Math.max(height, row * ROW + h);
    parts.push(svg.outerHTML);
  }),
);
writeFileSync(
  out,
  `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width / 2}" height="${height / 2}">${parts.join("")}</svg>\n`,
);
