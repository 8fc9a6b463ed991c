// node scripts/generate-gallery.mjs: draws docs/gallery/*.svg, one figure of every kind, from a real run on anes96 with
// the built-in model. It starts from nothing each time (about three minutes), so that the times shown are real.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadStudy, sampling, finetuning, simulation, alignment, regression, figures, marks } from "../dist/index.js";
import { learningCurve } from "../dist/report/learning/index.js";
import { root } from "./setup.mjs";

const out = join(root, "docs", "gallery");
mkdirSync(out, { recursive: true });
function save(name, svg) {
  // Colours for a light page: these files stand in documents whose colours they cannot know.
  const text = figures.toSvg(svg).replace(/(\d+\.\d{2})\d+/g, "$1");
  writeFileSync(join(out, `${name}.svg`), text);
  console.log(`${name}.svg ${(text.length / 1000).toFixed(0)} kB`);
}
const home = mkdtempSync(join(tmpdir(), "proband-gallery-"));
process.env["PROBAND_HOME"] = home;
const draw = { theme: "light" };

const anes = await loadStudy("anes96");
const { pilot, rest, report: coverage } = sampling.stratified(anes, { by: "PID", n: 60, seed: 7 });
save("sampling-coverage", figures.figureOf(coverage, draw));

const started = performance.now();
const model = await finetuning.run(pilot, { base: "proband-base", seed: 7 });
const finetuned = performance.now();
save("training-curves", figures.figureOf(model, draw));
const people = rest.take(Array.from({ length: 300 }, (_, i) => i));
const silico = await simulation.run(people, { model, seed: 7 });
const simulated = performance.now();

const sets = { people, [`finetuned on ${pilot.n}`]: silico };
const provenance = marks(silico);
save("belief-distributions", figures.beliefDistributions(sets, { ...draw, provenance, width: 720 }));
save("joint-beliefs", figures.jointBeliefs(sets, ["selfLR", "DoleLR"], { ...draw, provenance, width: 720 }));
const compared = alignment.compare(people, silico, { by: ["PID"], pilot, replicates: 200, seed: 7 });
save("divergence-by-group", figures.figureOf(compared, draw));
save("rarefaction", figures.figureOf(alignment.heterogeneity(people, silico), draw));
save("belief-action-flows", figures.figureOf(alignment.coherence(people, silico, { by: [] }), { ...draw, width: 720 }));
save("forest", figures.figureOf(regression.recover(people, silico), draw));
const measured = performance.now();

const curve = await learningCurve(anes, {
  sizes: [15, 30, 60],
  draws: 2,
  seeds: 1,
  holdout: 80,
  variants: ["finetuned", "marginal bootstrap", "row bootstrap", "people"],
  seed: 7,
});
save("learning-curve", figures.figureOf(curve, { ...draw, provenance }));

const seconds = (from, to) => (to - from) / 1000;
const steps = [
  { step: "finetuning", seconds: seconds(started, finetuned), n: pilot.n },
  { step: "simulation", seconds: seconds(finetuned, simulated), n: people.n },
  { step: "measures", seconds: seconds(simulated, measured), n: people.n },
];
save("cost-and-time", figures.costAndTime(steps, { ...draw, provenance }));
rmSync(home, { recursive: true, force: true });
