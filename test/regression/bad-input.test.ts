// Bad input: a defined result or an error naming the column, level or group; never a silent NaN.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  EstimationError,
  fit,
  linearProbability,
  logit,
  multinomial,
  ols,
  ordered,
  poisson,
  probit,
  wls,
  type Data,
  type Fit,
} from "proband/regression";
import { loadStudy, random } from "proband/study";
import { refitter } from "#src/regression/bootstrap.js";
import { modelOf } from "#src/regression/fit.js";
import { close } from "./support.js";

const next = random(5, "bad input");
const n = 60;
const x = Array.from({ length: n }, () => next.normal());
const g = x.map((_, i) => ["a", "b", "c"][i % 3]!);
const y = x.map((v) => 1 + v + next.normal());
const b = x.map((v) => +(v + next.normal() > 0));
const data = { x, g, y, b };
const problem = (f: () => unknown): EstimationError => {
  try {
    f();
  } catch (e) {
    assert.ok(e instanceof EstimationError, String(e));
    return e;
  }
  throw new Error("expected an EstimationError");
};
const finite = (f: Fit) => f.rows.every((r) => [r.estimate, r.se, r.p, r.low, r.high].every(Number.isFinite));

test("perfect separation names the column, the level or the cut", () => {
  const level = problem(() => logit({ ...data, b: g.map((v, i) => (v === "b" ? 1 : b[i]!)) }, "b ~ g"));
  assert.equal(level.problem, "separation");
  assert.deepEqual(level.columns, ["g[b]"]);
  assert.match(level.message, /b is 1 in all 20 rows where g\[b\] = 1/);
  const cut = problem(() => probit({ ...data, b: x.map((v) => +(v > 0.3)) }, "b ~ x"));
  assert.match(cut.message, /b is 0 wherever x is below .* and 1 wherever it is above/);
  const z = x.map(() => next.normal());
  const together = problem(() => logit({ x, z, b: x.map((v, i) => +(v + z[i]! > 0)) }, "b ~ x + z"));
  assert.match(together.message, /together x, z tell b exactly/);
  const quasi = problem(() =>
    logit(
      {
        ...data,
        b: x.map((v, i) => (v > 0.3 ? 1 : v < -0.3 ? 0 : i % 2)),
        z: x.map((v) => (Math.abs(v) <= 0.3 ? 0 : v)),
      },
      "b ~ z",
    ),
  );
  assert.equal(quasi.problem, "separation");
  const zero = problem(() => poisson({ g, y: g.map((v, i) => (v === "c" ? 0 : i % 4)) }, "y ~ g"));
  assert.deepEqual([zero.problem, zero.columns], ["separation", ["g[c]"]]);
  assert.equal(
    problem(() => multinomial({ x, y: x.map((v) => (v < -0.5 ? "low" : v > 0.5 ? "high" : "middle")) }, "y ~ x"))
      .problem,
    "separation",
  );
  assert.equal(
    problem(() => ordered({ x, y: x.map((v) => (v < -0.5 ? 1 : v > 0.5 ? 3 : 2)) }, "y ~ x")).problem,
    "separation",
  );
});

test("Firth's penalty gives separated data a finite answer", () => {
  const f = logit({ ...data, b: g.map((v, i) => (v === "b" ? 1 : b[i]!)) }, "b ~ g", { penalty: "firth" });
  assert.ok(finite(f));
  assert.ok(f.rows.find((r) => r.term === "g[b]")!.estimate > 1);
});

test("rank deficiency names the column and what it is made of; dropping is asked for and said", () => {
  const twice = { ...data, x2: x.map((v) => 2 * v), s: x.map((v, i) => v + y[i]!) };
  const e = problem(() => ols(twice, "b ~ x + x2"));
  assert.deepEqual([e.problem, e.columns], ["collinear", ["x2", "x"]]);
  assert.match(
    problem(() => ols(twice, "b ~ x + y + s")).message,
    /column s is a linear combination of x, y; leave one of them out/,
  );
  assert.equal(problem(() => logit(twice, "b ~ x + x2")).problem, "collinear");
  assert.equal(problem(() => ordered(twice, "g ~ x + x2")).problem, "collinear");
  const f = ols(twice, "b ~ x + x2", { collinear: "drop" });
  assert.deepEqual(f.names, ["(Intercept)", "x"]);
  assert.ok(Number.isNaN(f.rows[2]!.estimate));
  assert.match(String(f), /x2 was dropped: column x2 is a linear combination of x/);
  assert.match(String(f), /\nx2 +– +–/);
});

test("columns that nearly depend: every model gives the coefficients of the well-conditioned parametrisation, and warns", () => {
  // q = 2x + 1 + 1e-8 z: the slope of q is that of z × 1e8, with its error; q itself is rounded at 1e-16 of its size.
  const z = x.map(() => next.normal());
  const q = x.map((v, i) => 2 * v + 1 + 1e-8 * z[i]!);
  const counts = x.map((v) => Math.floor(Math.exp(0.3 * v + next.normal() * 0.5)));
  const steps = x.map((v, i) => 1 + Math.min(2, Math.max(0, Math.round(v + z[i]! * 0.3 + next.normal() + 1))));
  const all = { ...data, z, q, counts, steps, w: x.map(() => 1 + next()) };
  const models: [string, (formula: string) => Fit][] = [
    ["ols", (f) => ols(all, `y ~ ${f}`)],
    ["ols, HC3", (f) => ols(all, `y ~ ${f}`, { covariance: "HC3" })],
    ["wls, HC1", (f) => wls(all, `y ~ ${f}`, { weights: "w", covariance: "HC1" })],
    ["lpm", (f) => linearProbability(all, `b ~ ${f}`)],
    ["logit", (f) => logit(all, `b ~ ${f}`)],
    ["logit, HC1, weights", (f) => logit(all, `b ~ ${f}`, { weights: "w", covariance: "HC1" })],
    ["Firth", (f) => logit(all, `b ~ ${f}`, { penalty: "firth" })],
    ["probit", (f) => probit(all, `b ~ ${f}`)],
    ["poisson, clustered", (f) => poisson(all, `counts ~ ${f}`, { cluster: "g" })],
    ["multinomial", (f) => multinomial(all, `g ~ ${f}`)],
    ["ordered", (f) => ordered(all, `steps ~ ${f}`)],
    ["ordered, weights", (f) => ordered(all, `steps ~ ${f}`, { weights: "w" })],
  ];
  for (const [name, model] of models) {
    const near = model("x + q");
    const plain = model("x + z");
    assert.match(near.warnings.join(), /q is nearly a linear combination/, name);
    const slopes = (fit: Fit, term: RegExp) => fit.rows.filter((r) => term.test(r.term));
    slopes(near, /q$/).forEach((r, i) => {
      const z = slopes(plain, /z$/)[i]!;
      close([r.estimate * 1e-8, r.se * 1e-8], [z.estimate, z.se], 1e-6, name);
    });
  }
});

test("an exact fit is said, and nothing in it is not a number", () => {
  const f = ols({ x, y: x.map((v) => 2 * v), z: x.map((_, i) => i % 3) }, "y ~ x + z", { covariance: "HC1" });
  assert.match(f.warnings.join(), /fit is exact/);
  assert.ok(f.rows.every((r) => !Number.isNaN(r.statistic) && !Number.isNaN(r.p)));
  assert.doesNotMatch(ols(data, "y ~ x").warnings.join(), /exact/);
});

test("what cannot be squared, replicates, weights in a formula, no rows: named", () => {
  assert.match(
    problem(() => logit({ x: x.map((v) => v * 1e-160), b }, "b ~ x")).message,
    /column x has numbers up to .*e-160.* another unit/,
  );
  for (const replicates of [0, 1, NaN, 2.5])
    assert.match(
      problem(() => ols(data, "y ~ x", { covariance: "bootstrap", replicates })).message,
      /replicates: expected a whole number of 10 or more/,
    );
  assert.match(
    problem(() => ols(data, "y ~ x + weights(x)")).message,
    /weights are an option .* \{ weights: "column" \}/,
  );
  assert.match(problem(() => ols({ x: [], y: [] }, "y ~ x")).message, /the data have no rows/);
});

test("constant columns, a level alone, an outcome without variation", () => {
  assert.match(
    problem(() => ols({ ...data, k: x.map(() => 4) }, "y ~ x + k")).message,
    /column k is 4 in every row; beside the intercept/,
  );
  assert.match(
    problem(() => ols({ ...data, k: x.map(() => 0) }, "y ~ k - 1")).message,
    /column k is zero in every row/,
  );
  assert.match(
    problem(() => ols({ ...data, g: g.map(() => "a") }, "y ~ g")).message,
    /column g has one level only \(a\)/,
  );
  assert.match(
    problem(() => logit({ x, b: x.map(() => 1) }, "b ~ x")).message,
    /all 60 rows have b = 1; a logit model needs both outcomes/,
  );
  assert.match(problem(() => poisson({ x, b: x.map(() => 0) }, "b ~ x")).message, /all 60 rows have b = 0/);
  assert.match(problem(() => multinomial({ x, b: x.map(() => "a") }, "b ~ x")).message, /all 60 rows have b = a/);
  for (const f of ["y ~ x", "y ~ 1"])
    assert.match(
      problem(() => ols({ x, y: x.map(() => 3) }, f)).message,
      /all 60 rows have y = 3; there is no variation/,
    );
  assert.match(problem(() => ols({ x, y: x.map(() => 0) }, "y ~ 0 + x")).message, /all 60 rows have y = 0/);
});

test("a group of one: HC1 is defined, HC3 says whose group it is", () => {
  const alone = { ...data, g: g.map((v, i) => (i === 7 ? "lonely" : v)) };
  assert.ok(finite(ols(alone, "y ~ x + g", { covariance: "HC1" })));
  const e = problem(() => ols(alone, "y ~ x + g", { covariance: "HC3" }));
  assert.match(e.message, /leverage 1 .* group of one/);
  assert.ok(e.columns.includes("g[lonely]"));
});

test("weights: negative, all zero, missing, of the wrong number; zeros leave rows out", () => {
  const w = x.map(() => 1);
  assert.match(
    problem(() => wls({ ...data, w: w.map((v, i) => (i === 4 ? -1 : v)) }, "y ~ x", { weights: "w" })).message,
    /column w, row 5: the weight is -1/,
  );
  assert.match(problem(() => wls(data, "y ~ x", { weights: w.map(() => 0) })).message, /all weights are zero/);
  assert.match(problem(() => wls(data, "y ~ x", { weights: [1, 2] })).message, /2 weights for 60 rows/);
  assert.match(problem(() => ols(data, "y ~ x", { weights: "inclusion" })).message, /no inclusion weights/);
  assert.match(problem(() => wls(data, "y ~ x", { weights: "g" })).message, /column g holds text/);
  const half = wls(data, "y ~ x", { weights: w.map((v, i) => (i < 30 ? v : 0)) });
  close(half.coefficients, ols({ x: x.slice(0, 30), y: y.slice(0, 30) }, "y ~ x").coefficients, 1e-12);
  assert.equal(half.n, 30);
});

test("missing values are left out, counted by column; infinite ones are refused with their row", () => {
  const rows = x.map((v, i) => ({ x: i === 3 ? null : v, y: i === 5 ? NaN : y[i]!, g: i === 9 ? undefined : g[i]! }));
  const f = ols(rows, "y ~ x + g");
  assert.equal(f.n, 57);
  assert.match(String(f), /3 of 60 rows left out for missing values \(y 1, x 1, g 1\)/);
  assert.match(
    problem(() =>
      ols(
        [
          { x: Infinity, y: 1 },
          { x: 2, y: 1 },
        ],
        "y ~ x",
      ),
    ).message,
    /column x, row 1: expected a finite number or text, found Infinity/,
  );
  assert.match(
    problem(() =>
      ols(
        [
          { x: 1, y: 1 },
          { x: "two", y: 1 },
        ],
        "y ~ x",
      ),
    ).message,
    /column x mixes numbers and text: row 1 holds 1, row 2 holds "two"/,
  );
  assert.match(
    problem(() =>
      ols(
        [
          { x: null, y: 1 },
          { x: null, y: 1 },
        ],
        "y ~ x",
      ),
    ).message,
    /no row has all of y, x; missing: x in 2 of 2 rows/,
  );
  assert.match(problem(() => ols([], "y ~ x")).message, /no rows/);
});

test("fewer rows than coefficients, and as many", () => {
  assert.match(
    problem(() => ols({ x: [1, 2], y: [1, 2], z: [3, 1] }, "y ~ x + z")).message,
    /2 rows for 3 coefficients \(\(Intercept\), x, z\)/,
  );
  assert.match(
    problem(() => ols({ x: [1, 2], y: [1, 2] }, "y ~ x")).message,
    /2 rows for 2 coefficients: the fit is exact/,
  );
  assert.match(problem(() => logit({ x: [1], y: [1] }, "y ~ x")).message, /1 rows for 2 coefficients/);
  assert.match(
    problem(() => multinomial({ x: [1, 2, 3], y: ["a", "b", "c"] }, "y ~ x")).message,
    /3 rows for 4 coefficients/,
  );
});

test("an outcome that the model cannot have", async () => {
  assert.match(
    problem(() => logit({ x, y: x.map((_, i) => 1 + (i % 2)) }, "y ~ x")).message,
    /outcome y, row 2: found 2; a logit model needs 0 and 1\. Write I\(y == …\)/,
  );
  assert.match(problem(() => linearProbability(data, "y ~ x")).message, /a lpm model needs 0 and 1/);
  assert.match(problem(() => poisson(data, "y ~ x")).message, /needs counts 0, 1, 2/);
  assert.match(
    problem(() => ols(data, "g ~ x")).message,
    /the outcome g is categorical \(a, b, c\); ols needs a number/,
  );
  assert.match(problem(() => logit(data, "g ~ x")).message, /needs two answers: write I\(g == 'a'\)/);
  assert.match(problem(() => ols(data, "~ x")).message, /has no outcome/);
  assert.match(problem(() => fit(data as Data)).message, /a formula is needed/);
  const anes = await loadStudy("anes96");
  assert.match(String(logit(anes, "vote ~ PID")), /The event is vote = /);
});

test("clusters and covariances", () => {
  assert.match(problem(() => ols(data, "y ~ x", { cluster: x.map(() => "one") })).message, /one cluster only/);
  assert.match(problem(() => ols(data, "y ~ x", { cluster: "place" })).message, /there is no column place/);
  assert.match(problem(() => ols(data, "y ~ x", { covariance: "cluster" })).message, /needs the option `cluster`/);
  assert.match(
    problem(() => ols(data, "y ~ x", { covariance: "HC9" as never })).message,
    /unknown covariance "HC9"; known are classical, HC0/,
  );
  assert.match(problem(() => multinomial(data, "g ~ x", { covariance: "HC3" })).message, /HC3 needs leverages/);
  assert.match(
    problem(() => fit(data, { formula: "y ~ x", family: "lasso" as never })).message,
    /unknown family "lasso"/,
  );
  assert.match(String(ols(data, "y ~ x", { cluster: "g" })), /Only 3 clusters: clustered errors are too small/);
});

test("the bootstrap: seeded, close to HC errors, failed draws counted", () => {
  const options = { covariance: "bootstrap", replicates: 2000, seed: 4 } as const;
  const f = ols(data, "y ~ x", options);
  assert.deepEqual(ols(data, "y ~ x", options).rows, f.rows);
  const hc = ols(data, "y ~ x", { covariance: "HC3" });
  for (const [j, r] of f.rows.entries()) assert.ok(Math.abs(r.se / hc.rows[j]!.se - 1) < 0.12);
  for (const verb of [logit, probit]) assert.ok(finite(verb(data, "b ~ x", options)));
  assert.ok(
    finite(ordered({ x, y: x.map((v, i) => Math.round(v + (i % 5) / 2)) }, "y ~ x", { ...options, replicates: 50 })),
  );
});

test("quick bootstrap refits are within a hundredth of a standard error of full ones; least squares exact", () => {
  const counts = new Float64Array(n);
  for (let i = 0; i < n; i++) counts[next.integer(n)]!++;
  for (const [verb, formula, tolerance] of [
    [logit, "b ~ x + g", 0.01],
    [probit, "b ~ x + g", 0.01],
    [ols, "y ~ x + g", 1e-9],
  ] as const) {
    const f = verb(data, formula);
    const quick = refitter(modelOf(f))(counts)!;
    const full = verb(data, formula, { weights: counts }).coefficients;
    for (const [j, v] of full.entries())
      assert.ok(Math.abs(quick[j]! - v) < tolerance * f.rows[j]!.se, `${formula}, ${f.names[j]}`);
  }
});
