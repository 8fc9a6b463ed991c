/**
 * Tables of docs/base-model.md: node scripts/train-base/tables.mjs CURVE_FOLDER …, each the --out of a
 * `proband learning-curve`. For each study and size mean ± standard deviation over pilots (of the mean over finetuning
 * seeds); then what was asked of the model, with differences to bootstrap and chain on the same pilots.
 */
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";

const columns = {
  logLikelihood: "log-likelihood",
  beliefDistance: "JSD beliefs",
  jointDistance: "JSD structures",
  structures: "structures ÷ people's",
  gapDifference: "gap less people's",
  signF1: "sign F1",
};
const variants = [
  "finetuned",
  "base",
  "marginal bootstrap",
  "row bootstrap",
  "Gaussian copula",
  "regression chain",
  "people",
];
const mean = (list) => list.reduce((a, b) => a + b, 0) / list.length;
const deviation = (list) =>
  list.length > 1 ? Math.sqrt(list.reduce((s, x) => s + (x - mean(list)) ** 2, 0) / (list.length - 1)) : 0;

const studies = process.argv.slice(2).map((folder) => {
  const [, ...records] = readFileSync(join(folder, "measurements.jsonl"), "utf8").trim().split("\n").map(JSON.parse);
  const sizes = [...new Set(records.map((r) => r.n))].sort((a, b) => a - b);
  /** By pilot draw the mean over seeds. */
  const byDraw = (variant, n, key) => {
    const of = new Map();
    for (const r of records)
      if (r.variant === variant && (r.n === n || ["base", "people"].includes(variant)) && r.measured[key] !== null)
        of.set(r.draw, [...(of.get(r.draw) ?? []), r.measured[key]]);
    return new Map([...of].map(([draw, values]) => [draw, mean(values)]));
  };
  const finetunings = (n) => records.filter((r) => r.variant === "finetuned" && r.n === n).length;
  return { name: basename(folder), sizes, byDraw, finetunings };
});

for (const { name, sizes, byDraw, finetunings } of studies) {
  console.log(`### ${name}\n`);
  for (const n of sizes) {
    const draws = byDraw("finetuned", n, "beliefDistance").size;
    console.log(`| n = ${n} (${draws} draws, ${finetunings(n)} finetunings) | ${Object.values(columns).join(" | ")} |`);
    console.log(`| --- ${"| --- ".repeat(Object.keys(columns).length)}|`);
    for (const variant of variants.filter((v) => n === sizes[0] || !["base", "people"].includes(v))) {
      const cells = Object.keys(columns).map((key) => {
        const values = [...byDraw(variant, n, key).values()];
        return values.length ? `${mean(values).toFixed(3)} ± ${deviation(values).toFixed(3)}` : "–";
      });
      console.log(`| ${variant} | ${cells.join(" | ")} |`);
    }
    console.log();
  }
}

const against = (study, n, key, variant) => {
  const own = study.byDraw("finetuned", n, key),
    other = study.byDraw(variant, n, key);
  const draws = [...own.keys()].filter((d) => other.has(d));
  const [a, b] = [own, other].map((of) => mean(draws.map((d) => of.get(d))));
  const differences = draws.map((d) => own.get(d) - other.get(d));
  return { ratio: a / b, difference: a - b, error: deviation(differences) / Math.sqrt(draws.length) };
};
const yes = (met, text) => `${met ? "yes" : "**no**"}, ${text}`;
const signed = ({ difference, error }) => `${difference >= 0 ? "+" : ""}${difference.toFixed(3)} ± ${error.toFixed(3)}`;
const value = (study, n, key) => mean([...study.byDraw("finetuned", n, key).values()]);
const gap = (study, n, most) => {
  const values = [...study.byDraw("finetuned", n, "gapDifference").values()].map((v) => 100 * v);
  const text = `${mean(values) >= 0 ? "+" : ""}${mean(values).toFixed(1)} ± ${deviation(values).toFixed(1)}`;
  return yes(Math.abs(mean(values)) <= most, text);
};
const rows = {
  "30 people: beliefs' JSD ≤ .6 × marginal bootstrap's": (s) => {
    const { ratio } = against(s, 30, "beliefDistance", "marginal bootstrap");
    return yes(ratio <= 0.6, `${ratio.toFixed(2)} ×`);
  },
  "30: joint JSD better than bootstrap's": (s) => {
    const d = against(s, 30, "jointDistance", "marginal bootstrap");
    return yes(d.difference < 0, signed(d));
  },
  "30: log-likelihood better than bootstrap's": (s) => {
    const d = against(s, 30, "logLikelihood", "marginal bootstrap");
    return yes(d.difference > 0, signed(d));
  },
  "30: log-likelihood no worse than the chain's": (s) => {
    const d = against(s, 30, "logLikelihood", "regression chain");
    return yes(d.difference >= 0, signed(d));
  },
  "120: JSD within 10% of bootstrap's": (s) => {
    const { ratio } = against(s, 120, "beliefDistance", "marginal bootstrap");
    return yes(ratio <= 1.1, `${ratio.toFixed(2)} ×`);
  },
  "120: log-likelihood within .05 of the chain's": (s) => {
    const d = against(s, 120, "logLikelihood", "regression chain");
    return yes(d.difference >= -0.05, signed(d));
  },
  "structures within a factor 1.3 (30 and 120)": (s) => {
    const found = [30, 120].map((n) => value(s, n, "structures"));
    return yes(
      found.every((f) => f <= 1.3 && f >= 1 / 1.3),
      found.map((f) => f.toFixed(2)).join(" and "),
    );
  },
  "gap within 8 points after 30": (s) => gap(s, 30, 8),
  "gap within 4 points after 120": (s) => gap(s, 120, 4),
  "better with n, 30 → 120": (s) => {
    const [l, j] = ["logLikelihood", "beliefDistance"].map((key) => [30, 120].map((n) => value(s, n, key)));
    const text = `${l.map((v) => v.toFixed(3)).join(" → ")}; JSD ${j.map((v) => v.toFixed(3)).join(" → ")}`;
    return yes(l[1] > l[0] && j[1] < j[0], text);
  },
};
const whole = studies.filter(({ sizes }) => sizes.includes(30) && sizes.includes(120));
if (whole.length) {
  console.log(`| target | ${whole.map((s) => s.name).join(" | ")} |\n| --- ${"| --- ".repeat(whole.length)}|`);
  for (const [target, of] of Object.entries(rows)) console.log(`| ${target} | ${whole.map(of).join(" | ")} |`);
}
