// How often a 95% interval holds the truth, over replications of a known law. Written to build/bench/coverage.json.
// `--only=PPI` measures what matches, `--replications=500` fewer times.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { linearProbability, logit, ols, ordered, poisson, probit } from "../../dist/regression/index.js";
import { mean, ols as olsOf, logit as logitOf, ppi, quantile } from "../../dist/inference/index.js";
import { Respondents, Simulated, random } from "../../dist/study/index.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");
const asked = process.argv.find((a) => /^--replications=/.test(a));
const replications = asked ? Number(asked.split("=")[1]) : 2000;
const only = new RegExp(process.argv.find((a) => a.startsWith("--only="))?.slice(7) ?? "");
const results = [];
const expit = (v) => 1 / (1 + Math.exp(-v));
function measure(name, setting, count, one) {
  if (!only.test(name)) return;
  let held = 0;
  let tried = 0;
  let lost = 0;
  const started = performance.now();
  for (let r = 0; r < count; r++) {
    try {
      held += one(random(r, name)) ? 1 : 0;
      tried++;
    } catch (e) {
      if (e.name !== "EstimationError" && e.name !== "InferenceError") throw e;
      lost++;
    }
  }
  const coverage = held / tried;
  const error = 1.96 * Math.sqrt((0.95 * 0.05) / tried);
  results.push({
    name,
    setting,
    replications: tried,
    notEstimable: lost,
    coverage,
    nominalBand: [0.95 - error, 0.95 + error],
  });
  console.log(
    `${name.padEnd(34)} ${setting.padEnd(44)} ${(100 * coverage).toFixed(1)}%  ${Math.abs(coverage - 0.95) <= error ? "nominal" : coverage > 0.95 ? "above  " : "BELOW  "} (±${(100 * error).toFixed(1)}, ${tried}${lost ? `, ${lost} not estimable` : ""}, ${((performance.now() - started) / 1000).toFixed(0)} s)`,
  );
}
const holds = (fit, term, truth) => {
  const r = fit.rows.find((row) => row.term === term);
  return r.low <= truth && truth <= r.high;
};
const sample = (next, n, outcome) => {
  const x = Array.from({ length: n }, () => next.normal());
  const z = x.map((v) => +(next() < expit(v)));
  return { x, z, y: x.map((v, i) => outcome(v, z[i], next)) };
};
const even = (v, z, next) => 1 + 0.5 * v - 0.3 * z + next.normal();
const uneven = (v, z, next) => 1 + 0.5 * v - 0.3 * z + next.normal() * (0.5 + Math.abs(v));
measure("OLS, classical", "n = 100, equal variances", replications, (r) =>
  holds(ols(sample(r, 100, even), "y ~ x + z"), "x", 0.5),
);
measure("OLS, classical", "n = 100, unequal variances (wrong here)", replications, (r) =>
  holds(ols(sample(r, 100, uneven), "y ~ x + z"), "x", 0.5),
);
for (const covariance of ["HC0", "HC1", "HC2", "HC3", "HC4"]) {
  measure(`OLS, ${covariance}`, "n = 100, equal variances", replications, (r) =>
    holds(ols(sample(r, 100, even), "y ~ x + z", { covariance }), "x", 0.5),
  );
  measure(`OLS, ${covariance}`, "n = 100, unequal variances", replications, (r) =>
    holds(ols(sample(r, 100, uneven), "y ~ x + z", { covariance }), "x", 0.5),
  );
  measure(`OLS, ${covariance}`, "n = 1,000, unequal variances", replications, (r) =>
    holds(ols(sample(r, 1000, uneven), "y ~ x + z", { covariance }), "x", 0.5),
  );
}
for (const [setting, law] of [
  ["equal", even],
  ["unequal", uneven],
])
  measure("OLS, HC2, Satterthwaite", `n = 100, ${setting} variances`, replications, (r) =>
    holds(ols(sample(r, 100, law), "y ~ x + z", { covariance: "HC2", degreesOfFreedom: "satterthwaite" }), "x", 0.5),
  );
const clustered = (groups, covariance) => (r) => {
  const effect = Array.from({ length: groups }, () => r.normal());
  const level = Array.from({ length: groups }, () => r.normal());
  const g = Array.from({ length: groups * 10 }, (_, i) => i % groups);
  const x = g.map((c) => level[c] + 0.5 * r.normal());
  return holds(
    ols({ g, x, y: x.map((v, i) => 0.5 * v + effect[g[i]] + r.normal()) }, "y ~ x", { cluster: "g", covariance }),
    "x",
    0.5,
  );
};
measure("OLS, clustered", "10 clusters of 10", replications, clustered(10));
measure("OLS, clustered", "40 clusters of 10", replications, clustered(40));
measure("OLS, CR2", "10 clusters of 10", replications, clustered(10, "CR2"));
measure("OLS, CR2", "40 clusters of 10", replications, clustered(40, "CR2"));
const binary = (v, z, r) => +(r() < expit(-0.2 + 0.8 * v - 0.5 * z));
for (const n of [60, 300])
  measure("logit", `n = ${n}`, replications, (r) => holds(logit(sample(r, n, binary), "y ~ x + z"), "x", 0.8));
measure("logit, Firth", "n = 60", replications, (r) =>
  holds(logit(sample(r, 60, binary), "y ~ x + z", { penalty: "firth" }), "x", 0.8),
);
measure("logit, bootstrap percentile", "n = 300, 999 replicates", Math.min(replications, 1000), (r) =>
  holds(
    logit(sample(r, 300, binary), "y ~ x + z", { covariance: "bootstrap", replicates: 999, seed: r.integer(1e9) }),
    "x",
    0.8,
  ),
);
measure("probit", "n = 300", replications, (r) =>
  holds(
    probit(
      sample(r, 300, (v, z, s) => +(-0.2 + 0.5 * v - 0.3 * z + s.normal() > 0)),
      "y ~ x + z",
    ),
    "x",
    0.5,
  ),
);
const count = (v, z, r) => {
  const limit = Math.exp(-Math.exp(0.3 + 0.4 * v - 0.2 * z));
  let k = 0;
  for (let p = r(); p > limit; p *= r()) k++;
  return k;
};
measure("Poisson", "n = 200", replications, (r) => holds(poisson(sample(r, 200, count), "y ~ x + z"), "x", 0.4));
const level = (v, z, r) => {
  const u = r();
  const latent = 0.8 * v - 0.5 * z + Math.log(u / (1 - u));
  return latent < -1 ? 1 : latent < 0.5 ? 2 : 3;
};
measure("ordered logit", "n = 300", Math.min(replications, 2000), (r) =>
  holds(ordered(sample(r, 300, level), "y ~ x + z"), "x", 0.8),
);
measure("linear probability, HC3", "n = 300, law linear in x", replications, (r) => {
  const x = Array.from({ length: 300 }, () => r());
  return holds(linearProbability({ x, y: x.map((v) => +(r() < 0.2 + 0.6 * v)) }, "y ~ x"), "x", 0.6);
});

const item = (name, role, scale) => ({ name, role, label: name, text: name, scale });
const codebook = {
  name: "coverage",
  title: "",
  description: "",
  version: "1",
  provenance: "synthetic",
  sharing: "allowed",
  licence: "",
  citation: "",
  items: [
    item("x", "attribute", { kind: "interval", min: -10, max: 10, step: 0.01 }),
    item("y", "belief", { kind: "interval", min: -100, max: 100, step: 0.01 }),
    item("vote", "action", { kind: "nominal", options: [0, 1].map((value) => ({ value, label: `${value}` })) }),
    item("answer", "belief", {
      kind: "ordinal",
      options: [1, 2, 3, 4, 5, 6, 7].map((value) => ({ value, label: `${value}` })),
    }),
  ],
  defaults: { groups: [], outcome: "y", formula: "y ~ x", family: "ols" },
};
/** n people and N more, of whom a biased simulator that knows x and a little more says what they would answer. */
function study(r, n, N, quality = 0.7) {
  const make = (count, prefix) => {
    const x = Array.from({ length: count }, () => r.normal());
    const e = x.map(() => r.normal());
    const seen = x.map((v, i) => 0.6 + 0.7 * v + quality * e[i] + 0.6 * r.normal());
    const y = x.map((v, i) => 0.5 * v + e[i]);
    const answer = (v) => Math.max(1, Math.min(7, Math.round(4 + 1.3 * v)));
    const columns = { x, y, vote: y.map((v) => +(v * 1.2 + 0.8 * r.normal() > 0)), answer: y.map(answer) };
    const simulated = { x, y: seen, vote: seen.map((v) => +(v > 0)), answer: seen.map(answer) };
    return { ids: x.map((_, i) => `${prefix}${i}`), columns, simulated };
  };
  const a = make(n, "h");
  const b = make(N, "t");
  const simulation = { model: "m", provider: "bench", seed: 1, trainedOn: [], ledgerKey: "", elicitation: "" };
  return {
    human: new Respondents({ codebook, ids: a.ids, columns: a.columns }),
    simulatedHuman: new Simulated({ codebook, ids: a.ids, columns: a.simulated, simulation }),
    simulated: new Simulated({ codebook, ids: b.ids, columns: b.simulated, simulation }),
  };
}
const inside = (options, truth, term) => {
  const result = ppi(options);
  const r = result.rows.find((row) => row.method === result.method && (!term || row.term === term));
  return r.low <= truth && truth <= r.high;
};
// The truth of the logit and the answers' quantile by the law itself, from ten million draws.
const truth = (() => {
  const r = random(1, "truth");
  const x = Array.from({ length: 400_000 }, () => r.normal());
  const y = x.map((v) => 0.5 * v + r.normal());
  return logit({ x, vote: y.map((v) => +(v * 1.2 + 0.8 * r.normal() > 0)) }, "vote ~ x").coefficients[1];
})();
for (const n of [20, 50, 200]) {
  measure("PPI, mean", `n = ${n}, N = 900`, replications, (r) =>
    inside({ estimand: mean("y"), ...study(r, n, 900), method: "ppi" }, 0),
  );
  measure("PPI++, mean", `n = ${n}, N = 900`, replications, (r) =>
    inside({ estimand: mean("y"), ...study(r, n, 900) }, 0),
  );
}
measure("PPI++, mean", "n = 50, N = 900, useless simulator", replications, (r) =>
  inside({ estimand: mean("y"), ...study(r, 50, 900, 0) }, 0),
);
for (const n of [50, 200]) {
  measure("PPI++, OLS slope", `n = ${n}, N = 900`, replications, (r) =>
    inside({ estimand: olsOf("y ~ x"), ...study(r, n, 900) }, 0.5, "x"),
  );
  measure("PPI, logit slope", `n = ${n}, N = 900`, replications, (r) =>
    inside({ estimand: logitOf("vote ~ x"), ...study(r, n, 900), method: "ppi" }, truth, "x"),
  );
  measure("PPI++, logit slope", `n = ${n}, N = 900`, replications, (r) =>
    inside({ estimand: logitOf("vote ~ x"), ...study(r, n, 900) }, truth, "x"),
  );
}
measure("PPI++, median (continuous)", "n = 100, N = 900", replications, (r) =>
  inside({ estimand: quantile("y", 0.5), ...study(r, 100, 900) }, 0),
);
measure("PPI++, median (seven answers)", "n = 100, N = 900", replications, (r) =>
  inside({ estimand: quantile("answer", 0.5), ...study(r, 100, 900) }, 4),
);
measure("PPBoot, mean", "n = 100, N = 900, 500 draws", Math.min(replications, 1000), (r) =>
  inside({ estimand: mean("y"), ...study(r, 100, 900), method: "ppboot", replicates: 500, seed: r.integer(1e9) }, 0),
);
mkdirSync(join(root, "build", "bench"), { recursive: true });
writeFileSync(join(root, "build", "bench", "coverage.json"), JSON.stringify(results, null, 2));
