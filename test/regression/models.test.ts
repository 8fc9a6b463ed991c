// Against statsmodels 0.15 (models.py) and R 4.2 with sandwich, MASS and nnet (models.R). Tolerance 1e-8 relative, unless
// the source's own optimiser stops earlier.
import assert from "node:assert/strict";
import { test } from "node:test";
import {
  design,
  fit,
  linearProbability,
  logit,
  marginalEffects,
  multinomial,
  ols,
  ordered,
  poisson,
  probit,
  wls,
  type Data,
  type Fit,
} from "proband/regression";
import { loadStudy } from "proband/study";
import { close, fixture } from "./support.js";

interface Stats {
  params: number[];
  se: number[];
  llf: number;
  llnull?: number;
  aic?: number;
  bic?: number;
  rsquared?: number;
  rsquared_adj?: number;
  fvalue?: number;
  f_pvalue?: number;
  prsquared?: number;
  llr_pvalue?: number;
  HC0?: number[];
  HC1?: number[];
  HC2?: number[];
  HC3?: number[];
  cluster?: number[];
  margins?: { effect: number[]; se: number[] };
  marginsDummy?: { effect: number[]; se: number[] };
}
const python = fixture<unknown>("models") as Partial<Record<string, Stats>> & {
  spector: { data: Record<string, number[]>; logit: Stats; probit: Stats };
  mlogit: { margins: { effect: number[][]; se: number[][] } };
  ologit: Stats & { slopesSe: number[] };
  oprobit: Stats & { slopesSe: number[] };
};
interface RStats extends Record<string, number[] | number> {
  coef: number[];
  se: number[];
  logLik: number;
}
const r = fixture<Record<string, RStats>>("r");
const anes = await loadStudy("anes96");
const rows = anes.rows;
const se = (f: Fit) => f.rows.map((row) => row.se);
const HC = ["HC0", "HC1", "HC2", "HC3", "HC4"] as const;

/** Coefficients, classical and robust errors, likelihood and fit statistics against both sources. */
function check(
  family: (options: object) => Fit,
  sm: Stats | undefined,
  R: RStats | undefined,
  permute?: number[],
): void {
  const f = family({});
  const order = (v: number[]) => (permute ? permute.map((i) => v[i]!) : v);
  if (sm) {
    close(f.coefficients, sm.params, 1e-8, "coefficients (statsmodels)");
    close(se(f), sm.se, 1e-8, "classical (statsmodels)");
    close([f.logLikelihood], [sm.llf], 1e-10, "log-likelihood");
    if (sm.aic !== undefined) close([f.aic], [sm.aic], 1e-10, "AIC");
    if (sm.bic !== undefined) close([f.bic], [sm.bic], 1e-10, "BIC");
    if (sm.rsquared !== undefined)
      close([f.rSquared!, f.rSquaredAdjusted!], [sm.rsquared, sm.rsquared_adj!], 1e-9, "R²");
    if (sm.fvalue !== undefined) close([f.overall!.statistic, f.overall!.p], [sm.fvalue, sm.f_pvalue!], 1e-7, "F");
    if (sm.prsquared !== undefined)
      close(
        [f.pseudoRSquared!, Math.log(f.overall!.p)],
        [sm.prsquared, Math.log(sm.llr_pvalue!)],
        1e-8,
        "pseudo-R², likelihood ratio",
      );
  }
  if (R) {
    close(f.coefficients, order(R.coef), 1e-8, "coefficients (R)");
    close(se(f), order(R.se), 1e-8, "classical (R)");
    close([f.logLikelihood], [R.logLik], 1e-10, "log-likelihood (R)");
  }
  for (const covariance of f.family === "mlogit" ? (["HC0"] as const) : HC) {
    const errors = se(family({ covariance }));
    if (R?.[covariance]) close(errors, order(R[covariance] as number[]), 1e-8, `${covariance} (sandwich)`);
    const theirs = sm?.[covariance as "HC0"];
    if (theirs && (f.rSquared !== undefined || covariance === "HC0"))
      close(errors, theirs, 1e-8, `${covariance} (statsmodels)`);
  }
}

test("OLS with a factor and an interaction: coefficients, fit, HC0–HC4", () => {
  const formula = "selfLR ~ PID * age + C(educ, ref=4) + income";
  // Both sources put numeric and categorical columns in an order of their own; names decide.
  const names = fit(anes, { formula, family: "ols" }).names;
  const R = [
    "(Intercept)",
    "PID",
    "age",
    "educ[1]",
    "educ[2]",
    "educ[3]",
    "educ[5]",
    "educ[6]",
    "educ[7]",
    "income",
    "PID:age",
  ];
  const patsy = [
    "(Intercept)",
    "educ[1]",
    "educ[2]",
    "educ[3]",
    "educ[5]",
    "educ[6]",
    "educ[7]",
    "PID",
    "age",
    "PID:age",
    "income",
  ];
  const sm = python.ols!;
  const reorder = (v: number[]) => names.map((n) => v[patsy.indexOf(n)]!);
  check(
    (o) => ols(anes, formula, o),
    {
      ...sm,
      params: reorder(sm.params),
      se: reorder(sm.se),
      HC0: reorder(sm.HC0!),
      HC1: reorder(sm.HC1!),
      HC2: reorder(sm.HC2!),
      HC3: reorder(sm.HC3!),
    },
    r.ols,
    names.map((n) => R.indexOf(n)),
  );
  close(se(ols(anes, formula, { cluster: "popul" })), reorder(sm.cluster!), 1e-8, "clustered");
});

test("WLS: statsmodels and R", () => {
  const weights = rows.map((row) => 1 + (row.TVnews as number));
  check((o) => wls(anes, "selfLR ~ PID + age + income", { ...o, weights }), python.wls, r.wls);
});

test("orthogonal and raw polynomials: R's poly()", () =>
  check((o) => ols(anes, "selfLR ~ poly(age, 3) + poly(income, 2, raw=TRUE)", o), undefined, r.poly));

test("logit on ANES: estimates, HC0–HC4, clusters, marginal effects", () => {
  const family = (o: object) => fit(anes, o);
  check(family, python.logit, r.logit);
  // sandwich clusters a glm with G/(G − 1); ours and statsmodels' multiply by (n − 1)/(n − k) too.
  close(se(family({ cluster: "popul" })), python.logit!.cluster!, 1e-8, "clustered (statsmodels)");
  close(
    se(family({ cluster: "popul" })).map((s) => s / Math.sqrt(943 / 936)),
    r.logit!.cluster as number[],
    1e-8,
    "clustered (sandwich)",
  );
  const m = marginalEffects(family({}));
  close(
    m.rows.map((x) => x.effect),
    python.logit!.margins!.effect,
    1e-8,
    "average marginal effects",
  );
  close(
    m.rows.map((x) => x.se),
    python.logit!.margins!.se,
    1e-8,
    "delta-method errors",
  );
});

test("Spector's logit and probit: published estimates, changes of a dummy", () => {
  const { data } = python.spector;
  const l = logit(data, "GRADE ~ GPA + TUCE + PSI");
  // Greene (2003), table 21.1; as in FACTS, with the digits of statsmodels' results file.
  close(l.coefficients, [-13.0213483, 2.82611297, 0.09515767, 2.37868773], 2e-7, "Greene");
  close([l.logLikelihood], [-12.8896334653], 1e-7, "log-likelihood");
  for (const [family, verb] of [
    ["logit", logit],
    ["probit", probit],
  ] as const) {
    check((o) => verb(data, "GRADE ~ GPA + TUCE + PSI", o), python.spector[family], undefined);
    for (const discrete of [false, true]) {
      const m = marginalEffects(verb(data, "GRADE ~ GPA + TUCE + PSI"), { discrete });
      const theirs = python.spector[family][discrete ? "marginsDummy" : "margins"]!;
      close(
        m.rows.map((x) => x.effect),
        theirs.effect,
        1e-8,
        `${family} effects`,
      );
      close(
        m.rows.map((x) => x.se),
        theirs.se,
        1e-8,
        `${family} effects' errors`,
      );
    }
  }
});

test("probit on ANES: statsmodels; R's glm", () => {
  check((o) => fit(anes, { ...o, family: "probit" }), python.probit, undefined);
  const base = fixture<{ coef: number[]; logLik: number }>("probit-r");
  const found = fit(anes, { family: "probit" });
  close(found.coefficients, base.coef, 1e-8, "R's estimates");
  close([found.logLikelihood], [base.logLik], 1e-12, "R's log-likelihood");
  const m = marginalEffects(fit(anes, { family: "probit" }));
  close(
    m.rows.map((x) => x.se),
    python.probit!.margins!.se,
    1e-8,
    "delta-method errors",
  );
});

test("Poisson with an offset, HC0–HC4; marginal effects", () => {
  check((o) => poisson(anes, "TVnews ~ age + educ + offset(log(income))", o), python.poisson, r.poisson);
  const m = marginalEffects(poisson(anes, "TVnews ~ age + educ"));
  close(
    m.rows.map((x) => x.effect),
    python.poisson!.margins!.effect,
    1e-8,
    "effects",
  );
  close(
    m.rows.map((x) => x.se),
    python.poisson!.margins!.se,
    1e-8,
    "errors",
  );
});

test("a weighted logit: R's glm with prior weights", () => {
  const f = logit(anes, "vote ~ PID + age", {
    weights: rows.map((row) => 1 + (row.TVnews as number)),
    covariance: "HC0",
  });
  close(f.coefficients, r.weightedLogit!.coef, 1e-8, "coefficients");
  close(se(f), r.weightedLogit!.HC0 as number[], 1e-8, "HC0 (sandwich)");
});

test("Firth's penalty on separated data: R's brglm2", () => {
  const f = logit(
    rows.map((row) => ({ ...row, vote: row.educ === 1 ? 1 : row.vote })),
    "vote ~ PID + C(educ, ref=4)",
    { penalty: "firth" },
  );
  close(f.coefficients, r.firth!.coef, 1e-8, "coefficients");
  close(se(f), r.firth!.se, 1e-8, "errors");
});

test("multinomial logit: statsmodels; R's nnet to the digits of its optimiser; marginal effects", () => {
  const f = multinomial(anes, "PID ~ age + educ + income");
  check((o) => multinomial(anes, "PID ~ age + educ + income", o), python.mlogit as unknown as Stats, undefined);
  const nnet = r.mlogit!.coef as unknown as number[][];
  // nnet stops at about five decimals.
  for (const [j, name] of f.names.entries())
    assert.ok(Math.abs(f.coefficients[j]! - nnet[j % 4]![Math.floor(j / 4)]!) < 2e-5, name);
  const m = marginalEffects(f);
  // Ours: variable by variable, all answers; theirs: one row a variable.
  close(
    m.rows.map((x) => x.effect),
    python.mlogit.margins.effect.flat(),
    1e-8,
    "effects",
  );
  close(
    m.rows.map((x) => x.se),
    python.mlogit.margins.se.flat(),
    1e-8,
    "errors",
  );
});

for (const [link, name, R] of [
  ["logit", "ologit", "logistic"],
  ["probit", "oprobit", "probit"],
] as const)
  test(`ordered ${link}: statsmodels (parameters), MASS::polr (errors, to the digits of its numerical Hessian)`, () => {
    const f = ordered(anes, "PID ~ age + educ + income", { link });
    close(f.coefficients, python[name]!.params, 1e-6, "parameters");
    close([f.logLikelihood], [python[name]!.llf], 1e-12, "log-likelihood");
    close(se(f).slice(0, 3), python[name].slopesSe, 1e-5, "slopes' errors (statsmodels, numerical Hessian)");
    close(f.coefficients, [...r[R]!.coef, ...(r[R]!.zeta as number[])], 1e-3, "polr");
    close(se(f), r[R]!.se, 1e-3, "polr's errors");
  });

test("Petersen's panel: firm, year and two-way clusters, as published", () => {
  const p = fixture<{ x: number[]; y: number[]; firm: number[]; year: number[]; both: number[] }>("petersen");
  const data: Data = { x: p.x, y: p.y, firm: p.x.map((_, i) => Math.floor(i / 10)), year: p.x.map((_, i) => i % 10) };
  const errors = (cluster: string | [string, string]) => se(ols(data, "y ~ x", { cluster }));
  close(errors("firm"), p.firm, 1e-8, "firm (sandwich)");
  close(errors("year"), p.year, 1e-8, "year (sandwich)");
  close(errors(["firm", "year"]), p.both, 1e-8, "two-way (sandwich)");
  // Petersen's own table, four digits.
  close(
    errors("firm").map((v) => Number(v.toFixed(4))),
    [0.067, 0.0506],
    1e-12,
    "firm",
  );
  close(
    errors("year").map((v) => Number(v.toFixed(4))),
    [0.0234, 0.0334],
    1e-12,
    "year",
  );
  close(
    errors(["firm", "year"]).map((v) => Number(v.toFixed(4))),
    [0.0651, 0.0536],
    1e-12,
    "two-way",
  );
});

test("a linear probability model is OLS with HC3", () => {
  const formula = "vote ~ PID + age";
  close(se(linearProbability(anes, formula)), se(ols(rows, formula, { covariance: "HC3" })), 1e-12);
});

test("a large sample takes the normal equations and agrees with QR", () => {
  const big: Record<string, number[]> = Object.fromEntries(
    ["selfLR", "PID", "age", "educ", "income"].map((c) => [
      c,
      Array.from({ length: 60 }, () => rows.map((x) => x[c] as number)).flat(),
    ]),
  );
  const small = ols(anes, "selfLR ~ PID + age + educ + income");
  const large = ols(big, "selfLR ~ PID + age + educ + income");
  close(large.coefficients, small.coefficients, 1e-11);
  close(
    large.rows.map((x) => x.se * Math.sqrt((60 * 944 - 5) / (944 - 5))),
    se(small),
    1e-11,
  );
});

test("marginal effects with squares, interactions and several answers: derivatives of the mean prediction", () => {
  const step = 1e-4;
  for (const [verb, formula] of [
    [logit, "vote ~ PID * age + I(age^2)"],
    [ordered, "PID ~ age + log(income) + educ"],
    [multinomial, "PID ~ age * educ"],
  ] as const) {
    const f = verb(rows, formula);
    const m = marginalEffects(f, { variables: ["age"] });
    // The same coefficients on people a little older and a little younger.
    const shifted = (by: number) =>
      predict(
        f,
        formula,
        rows.map((row) => ({ ...row, age: (row.age as number) + by })),
      );
    const [up, down] = [shifted(step), shifted(-step)];
    close(
      m.rows.map((x) => x.effect),
      up.map((v, l) => (v - down[l]!) / (2 * step)),
      1e-5,
      formula,
    );
    if (m.rows.length > 1)
      assert.ok(Math.abs(m.rows.reduce((a, x) => a + x.effect, 0)) < 1e-12, "probabilities add to one");
    assert.ok(m.rows.every((x) => x.se > 0 && Number.isFinite(x.p)));
  }
});

/** Mean predicted probability of each answer (for a logit: of 1), written out from the coefficients. */
function predict(f: Fit, formula: string, data: object[]): number[] {
  const d = design(rows, formula).apply(data as Data);
  const k = d.x.length / d.n;
  const names = design(rows, formula).names;
  const at = (i: number, b: (column: string) => number) =>
    names.reduce((s, name, j) => s + (Number.isFinite(b(name)) ? b(name) * d.x[j * d.n + i]! : 0), 0);
  const coefficient = (name: string) => f.coefficients[f.names.indexOf(name)] ?? NaN;
  assert.equal(k, names.length);
  const sums: number[] = [];
  for (let i = 0; i < d.n; i++) {
    let p: number[];
    if (f.family === "logit") p = [1 / (1 + Math.exp(-at(i, coefficient)))];
    else if (f.family === "mlogit") {
      const answers = [...new Set(f.names.map((name) => name.split(": ")[0]!))];
      const weights = [1, ...answers.map((a) => Math.exp(at(i, (name) => coefficient(`${a}: ${name}`))))];
      const total = weights.reduce((a, b) => a + b);
      p = weights.map((w) => w / total);
    } else {
      const eta = at(i, (name) => (name === "(Intercept)" ? NaN : coefficient(name)));
      const cumulative = [
        ...f.names.filter((name) => name.includes("|")).map((name) => 1 / (1 + Math.exp(-(coefficient(name) - eta)))),
        1,
      ];
      p = cumulative.map((c, l) => c - (cumulative[l - 1] ?? 0));
    }
    p.forEach((v, l) => (sums[l] = (sums[l] ?? 0) + v / d.n));
  }
  return sums;
}
