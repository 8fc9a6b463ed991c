// Bias-reduced clustered errors (CR2) and Satterthwaite's degrees of freedom against R's clubSandwich
// (test/reference/regression/clubsandwich.R). Tolerance 1e-8 relative; logit 1e-6, for R's own convergence.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fit, logit, ols, multinomial, recover, type Fit } from "proband/regression";
import { loadStudy, Simulated } from "proband/study";
import { close, fixture, noisy } from "./support.js";

interface Found {
  coef: number[];
  se: number[];
  df: number[];
  p: number[];
}
const r = fixture<Record<string, Found>>("clubsandwich");
const anes = await loadStudy("anes96");
const column = (f: Fit, name: "estimate" | "se" | "df" | "p") => f.rows.map((row) => row[name]);

function agree(found: Fit, expected: Found, tolerance = 1e-8, order = expected.coef.map((_, i) => i)) {
  const ordered = (v: number[]) => order.map((i) => v[i]!);
  close(column(found, "estimate"), ordered(expected.coef), tolerance, "coefficients");
  close(column(found, "se"), ordered(expected.se), tolerance, "errors");
  close(column(found, "df"), ordered(expected.df), tolerance, "degrees of freedom");
  close(column(found, "p"), ordered(expected.p), 10 * tolerance, "p");
}

test("CR2 with Satterthwaite's degrees of freedom is clubSandwich's, with few clusters and many", () => {
  const few = ols(anes, "selfLR ~ PID * age + income", { covariance: "CR2", cluster: "educ" });
  agree(few, r.educ!);
  assert.match(String(few), /bias-reduced \(CR2\) by 7 clusters of educ; t with Satterthwaite's degrees of freedom/);
  assert.match(String(few), /fall to 3\.9: below 4 p-values are not to be trusted/);
  agree(ols(anes, "selfLR ~ PID + age + income", { covariance: "CR2", cluster: "popul" }), r.popul!);
});

test("a cluster that alone determines a coefficient: the pseudo-inverse, as in clubSandwich", () => {
  agree(
    ols(anes, "selfLR ~ C(educ, ref=1) + PID", { covariance: "CR2", cluster: "educ" }),
    r.dummies!,
    1e-6,
    [0, 2, 3, 4, 5, 6, 7, 1],
  );
});

test("logit: CR2 on working residuals is that of its definition with n × n matrices (R)", () => {
  agree(logit(anes, "vote ~ selfLR + PID + age", { covariance: "CR2", cluster: "educ" }), r.logit!, 1e-6);
});

test("HC2 with Satterthwaite's degrees of freedom is CR2 with every row its own cluster", () => {
  const some = anes.take([...Array(60).keys()]);
  const formula = "selfLR ~ PID + age + income";
  const found = ols(some, formula, { covariance: "HC2", degreesOfFreedom: "satterthwaite" });
  agree(found, r.hc2!);
  close(column(found, "se"), column(ols(some, formula, { covariance: "HC2" }), "se"), 1e-10);
});

test("recover takes it too; what it cannot do is named", () => {
  const found = recover(anes, noisy(anes, 0.3), {
    formula: "selfLR ~ PID + age + income",
    covariance: "CR2",
    cluster: "educ",
  });
  const human = fit(anes, {
    formula: "selfLR ~ PID + age + income",
    family: "ols",
    covariance: "CR2",
    cluster: "educ",
  });
  close([found.rows[0]!.humanLow], [human.rows[1]!.low], 1e-12);
  assert.throws(() => ols(anes, "selfLR ~ age", { covariance: "CR2" }), /CR2" needs one way of clustering/);
  assert.throws(
    () => ols(anes, "selfLR ~ age", { covariance: "CR2", cluster: ["educ", "popul"] }),
    /one way of clustering .* found 2/,
  );
  assert.throws(
    () => ols(anes, "selfLR ~ age", { covariance: "HC3", degreesOfFreedom: "satterthwaite" }),
    /go with CR2 and HC2, not with HC3/,
  );
  assert.throws(
    () => multinomial(anes, "PID ~ age", { covariance: "CR2", cluster: "educ" }),
    /CR2 is not defined for mlogit/,
  );
});

test("a codebook's clusters are the default: villages of the insurance study", async () => {
  const insurance = await loadStudy("insurance");
  const found = fit(insurance);
  assert.match(String(found), /standard errors clustered by 4\d clusters of village/);
  const { formula } = insurance.codebook.defaults;
  close(column(found, "se"), column(logit(insurance, formula, { cluster: "village" }), "se"), 1e-14);
  assert.equal(fit(insurance, { covariance: "HC1" }).covariance, "HC1");
  // Simulations need not know the villages: the people's own count.
  const blind = new Simulated({
    codebook: insurance.codebook,
    ids: insurance.ids,
    columns: new Map(insurance.names.filter((n) => n !== "village").map((n) => [n, insurance.column(n)])),
    simulation: { model: "twin", provider: "test", seed: 1, trainedOn: [], ledgerKey: "", elicitation: "sampled" },
  });
  const recovery = recover(insurance, blind);
  for (const row of recovery.rows) close([row.simulatedSe], [row.humanSe], 1e-12, row.term);
  assert.match(String(recovery), /Standard errors: cluster/);
});
