// How often a 95% interval holds the truth, over replications of a known law. Written to build/bench/coverage.json.
// `--only=PPI` measures what matches, `--replications=500` fewer times.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  linearProbability,
  logit,
  marginalEffects,
  multinomial,
  ols,
  ordered,
  poisson,
  probit,
  recover,
  wls,
} from "../../dist/regression/index.js";
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
measure("ordered probit", "n = 300", replications, (r) =>
  holds(
    ordered(
      sample(r, 300, (v, z, s) => {
        const latent = 0.5 * v - 0.3 * z + s.normal();
        return latent < -0.6 ? 1 : latent < 0.4 ? 2 : 3;
      }),
      "y ~ x + z",
      { link: "probit" },
    ),
    "x",
    0.5,
  ),
);
measure("multinomial logit", "n = 300, three answers", replications, (r) =>
  holds(
    multinomial(
      sample(r, 300, (v, z, s) => {
        const odds = [1, Math.exp(0.6 * v), Math.exp(0.2 - 0.4 * z)];
        return ["a", "b", "c"][s.weighted(odds)];
      }),
      "y ~ x + z",
    ),
    "b: x",
    0.6,
  ),
);
measure("WLS", "n = 100, precisions known", replications, (r) => {
  const sd = Array.from({ length: 100 }, () => Math.exp(0.7 * r.normal()));
  const x = sd.map(() => r.normal());
  const y = x.map((v, i) => 1 + 0.5 * v + sd[i] * r.normal());
  return holds(wls({ x, y }, "y ~ x", { weights: sd.map((s) => 1 / s ** 2) }), "x", 0.5);
});
measure("OLS, clustered two ways", "40 × 40, one row a cell", replications, (r) => {
  const effects = () => Array.from({ length: 40 }, () => r.normal());
  const [a, b, u, v] = [effects(), effects(), effects(), effects()];
  const [g, h] = [0, 1].map((way) => Array.from({ length: 1600 }, (_, i) => (way ? i % 40 : Math.floor(i / 40))));
  const x = g.map((c, i) => u[c] + v[h[i]] + r.normal());
  const y = x.map((w, i) => 0.5 * w + a[g[i]] + b[h[i]] + r.normal());
  return holds(ols({ g, h, x, y }, "y ~ x", { cluster: ["g", "h"] }), "x", 0.5);
});
// The effect is averaged over the people of the sample, as the delta method's errors take them.
measure("logit, average marginal effect", "n = 300", replications, (r) => {
  const data = sample(r, 300, binary);
  const effect = data.x.reduce((sum, v, i) => {
    const p = expit(-0.2 + 0.8 * v - 0.5 * data.z[i]);
    return sum + (0.8 * p * (1 - p)) / 300;
  }, 0);
  const { low, high } = marginalEffects(logit(data, "y ~ x + z")).rows.find((row) => row.variable === "x");
  return low <= effect && effect <= high;
});
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
// Paired differences: people and simulations of them have the same slope, and errors that go together.
measure("recover, paired difference", "n = 100, HC3", replications, (r) => {
  const x = Array.from({ length: 100 }, () => r.normal());
  const e = x.map(() => r.normal());
  const of = (y) => ({ codebook, ids: x.map((_, i) => `${i}`), columns: { x, y } });
  const simulation = { model: "m", provider: "bench", seed: 1, trainedOn: [], ledgerKey: "", elicitation: "" };
  const { rows } = recover(
    new Respondents(of(x.map((v, i) => 0.5 * v + e[i]))),
    new Simulated({ ...of(x.map((v, i) => 0.3 + 0.5 * v + 0.6 * e[i] + 0.8 * r.normal())), simulation }),
  );
  return rows[0].differenceP >= 0.05;
});
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
measure("cross-PPI, mean", "n = 100, 5 folds, N = 900", replications, (r) => {
  const { human, simulatedHuman, simulated } = study(r, 100, 900);
  const folds = [0, 1, 2, 3, 4];
  // Each fold's model errs in its own way.
  const by = (k, people, rows) => {
    const { simulation } = people;
    const own = people.take(rows);
    const of = (k) => human.ids.filter((_, i) => i % 5 !== k);
    return new Simulated({
      codebook,
      ids: own.ids,
      columns: { x: own.column("x"), y: own.column("y").map((v) => v + (k - 2) / 5) },
      simulation: { ...simulation, model: `m${k}`, trainedOn: of(k) },
    });
  };
  const all = (people) => people.ids.map((_, i) => i);
  return inside(
    {
      estimand: mean("y"),
      method: "cross",
      human,
      simulatedHuman: folds.map((k) =>
        by(
          k,
          simulatedHuman,
          all(human).filter((i) => i % 5 === k),
        ),
      ),
      simulated: folds.map((k) => by(k, simulated, all(simulated))),
    },
    0,
  );
});
const size = (n) => (n > 500 ? 4500 : 900);
for (const n of [50, 200, 1000]) {
  measure("PPI, OLS slope", `n = ${n}, N = ${size(n)}`, replications, (r) =>
    inside({ estimand: olsOf("y ~ x"), ...study(r, n, size(n)), method: "ppi" }, 0.5, "x"),
  );
  measure("PPI++, OLS slope", `n = ${n}, N = ${size(n)}`, replications, (r) =>
    inside({ estimand: olsOf("y ~ x"), ...study(r, n, size(n)) }, 0.5, "x"),
  );
  measure("PPI, logit slope", `n = ${n}, N = ${size(n)}`, replications, (r) =>
    inside({ estimand: logitOf("vote ~ x"), ...study(r, n, size(n)), method: "ppi" }, truth, "x"),
  );
  measure("PPI++, logit slope", `n = ${n}, N = ${size(n)}`, replications, (r) =>
    inside({ estimand: logitOf("vote ~ x"), ...study(r, n, size(n)) }, truth, "x"),
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
