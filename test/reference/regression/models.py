"""Fixtures of regression from statsmodels, patsy and scipy: writes test/regression/fixtures/{models,design,tails}.json."""
import json
from pathlib import Path

import numpy as np
import pandas as pd
import patsy
import scipy.stats as st
import statsmodels.api as sm
import statsmodels.formula.api as smf
from statsmodels.genmod.cov_struct import Independence
from statsmodels.genmod.generalized_estimating_equations import GEE
from statsmodels.miscmodels.ordinal_model import OrderedModel

root = Path(__file__).resolve().parents[3]
out = root / "test" / "regression" / "fixtures"
anes = pd.read_csv(root / "data" / "anes96" / "anes96.tsv", sep="\t", quotechar="'").astype(float)
spector = sm.datasets.spector.load_pandas().data


def fit(res, robust=()):
    d = dict(params=list(res.params), se=list(res.bse), llf=res.llf)
    for name in ("aic", "bic", "rsquared", "rsquared_adj", "fvalue", "f_pvalue", "llnull", "prsquared", "llr_pvalue"):
        v = getattr(res, name, None)
        if v is not None and np.ndim(v) == 0:
            d[name] = float(v)
    for kind, r in robust:
        d[kind] = list(r.bse)
    return d


def margeff(res, **kw):
    m = res.get_margeff(at="overall", method="dydx", **kw)
    return dict(effect=list(np.ravel(m.margeff)), se=list(np.ravel(m.margeff_se)))


tight = dict(disp=0, method="newton", tol=1e-14, maxiter=100)
models = {"spector": {"data": {k: list(spector[k]) for k in spector}}}
for family in ("logit", "probit"):
    f = getattr(smf, family)("GRADE ~ GPA + TUCE + PSI", spector)
    r = f.fit(**tight)
    models["spector"][family] = fit(r, [(k, f.fit(cov_type=k, **tight)) for k in ("HC0", "HC1")])
    models["spector"][family]["margins"] = margeff(r)
    models["spector"][family]["marginsDummy"] = margeff(r, dummy=True)

formula = "selfLR ~ PID * age + C(educ, Treatment(4)) + income"
o = smf.ols(formula, anes).fit()
models["ols"] = fit(o, [(k, o.get_robustcov_results(k)) for k in ("HC0", "HC1", "HC2", "HC3")])
g = o.get_robustcov_results("cluster", groups=anes.popul.astype(int), use_t=True)
models["ols"]["cluster"] = list(g.bse)
anes["w"] = 1 + anes.TVnews
w = smf.wls("selfLR ~ PID + age + income", anes, weights=anes.w).fit()
models["wls"] = fit(w, [(k, w.get_robustcov_results(k)) for k in ("HC0", "HC1", "HC2", "HC3")])
default = "vote ~ selfLR + ClinLR + DoleLR + PID + age + educ + income"
for family in ("logit", "probit"):
    f = getattr(smf, family)(default, anes)
    r = f.fit(**tight)
    models[family] = fit(r, [(k, f.fit(cov_type=k, **tight)) for k in ("HC0", "HC1")])
    models[family]["margins"] = margeff(r)
    models[family]["cluster"] = list(f.fit(cov_type="cluster", cov_kwds={"groups": anes.popul.astype(int)}, **tight).bse)
# age enters squared and in an interaction: the average effect of age by the chain rule, from statsmodels' own derivative of exog.
f = smf.poisson("TVnews ~ age + educ", anes, offset=np.log(anes.income))
r = f.fit(**tight)
models["poisson"] = fit(r, [(k, f.fit(cov_type=k, **tight)) for k in ("HC0", "HC1")])
f = smf.poisson("TVnews ~ age + educ", anes)
models["poisson"]["margins"] = margeff(f.fit(**tight))
f = smf.mnlogit("PID ~ age + educ + income", anes)
r = f.fit(**tight)
models["mlogit"] = dict(params=list(np.asarray(r.params).T.ravel()), se=list(np.asarray(r.bse).T.ravel()), llf=r.llf, llnull=r.llnull, aic=r.aic)
hc = f.fit(cov_type="HC0", **tight)
models["mlogit"]["HC0"] = list(np.asarray(hc.bse).T.ravel())
m = r.get_margeff(at="overall")
models["mlogit"]["margins"] = dict(effect=np.asarray(m.margeff).tolist(), se=np.asarray(m.margeff_se).tolist())
for name, distr in (("ologit", "logit"), ("oprobit", "probit")):
    om = OrderedModel(anes.PID, anes[["age", "educ", "income"]], distr=distr)
    r = om.fit(method="bfgs", disp=0, gtol=1e-11, maxiter=2000)
    r = om.fit(start_params=r.params, method="newton", disp=0, tol=1e-13, maxiter=50)
    thresholds = om.transform_threshold_params(r.params)[1:-1]
    models[name] = dict(params=[*r.params[:3], *thresholds], slopesSe=list(r.bse[:3]), llf=r.llf, llnull=r.llnull)

# The same people answer and are simulated: stacked estimating equations, clustered by person, from GEE.
rng = np.random.default_rng(7)
sim = anes.copy()
flip = rng.random(len(anes)) < 0.3
sim.loc[flip, "vote"] = rng.integers(0, 2, flip.sum())
shift = rng.integers(-1, 2, len(anes))
sim["selfLR"] = np.clip(sim.selfLR + shift, 1, 7)
rhs = ["selfLR", "PID", "age"]
design = lambda d: sm.add_constant(d[rhs]).to_numpy()
X = np.vstack([np.hstack([design(anes), np.zeros((len(anes), 4))]), np.hstack([np.zeros((len(anes), 4)), design(sim)])])
Y = np.concatenate([anes.vote, sim.vote])
groups = np.concatenate([np.arange(len(anes))] * 2)
order = np.argsort(groups, kind="stable")
gee = GEE(Y[order], X[order], groups=groups[order], family=sm.families.Binomial(), cov_struct=Independence())
r = gee.fit(params_niter=1, maxiter=200, ctol=1e-13)
V = r.cov_robust
D = np.hstack([-np.eye(4), np.eye(4)])
models["paired"] = dict(
    simulatedVote=list(sim.vote.astype(int)),
    simulatedSelfLR=list(sim.selfLR.astype(int)),
    difference=list(D @ r.params),
    se=list(np.sqrt(np.diag(D @ V @ D.T))),
    wald=float((D @ r.params)[1:] @ np.linalg.solve((D @ V @ D.T)[1:, 1:], (D @ r.params)[1:])),
)
(out / "models.json").write_text(json.dumps(models))

# Design matrices of patsy on a small factorial.
data = pd.DataFrame(
    dict(
        a=list("uvuvuvuvuvuv"),
        b=list("pppqqqrrrppq"),
        x=[1.5, 2, 3, 5, 8, 13, 21, 34, 55, 89, 3.5, 4],
        z=[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8],
    )
)
pairs = [
    ("~ a", "~ a"),
    ("~ a - 1", "~ a - 1"),
    ("~ a + b", "~ a + b"),
    ("~ a*b", "~ a*b"),
    ("~ a:b", "~ a:b"),
    ("~ 0 + a:b", "~ 0 + a:b"),
    ("~ a/b", "~ a/b"),
    ("~ a + a:b", "~ a + a:b"),
    ("~ b:x", "~ b:x"),
    ("~ b*x", "~ b*x"),
    ("~ 0 + b*x", "~ 0 + b*x"),
    ("~ C(b, ref='q')", "~ C(b, Treatment('q'))"),
    ("~ C(b, contrast='sum')", "~ C(b, Sum)"),
    ("~ C(z, ref=5)", "~ C(z, Treatment(5))"),
    ("~ (a + b + x)^2", "~ (a + b + x)**2"),
    ("~ (a + b + x)^3 - a:b:x", "~ (a + b + x)**3 - a:b:x"),
    ("~ x + I(x^2) + log(z)", "~ x + I(x**2) + np.log(z)"),
    ("~ I(x > 4) + I(a == 'v')", "~ I(x > 4) + I(a == 'v')"),
    ("~ center(x) + scale(z)", "~ center(x) + standardize(z, ddof=1)"),
    ("~ a*b - a", "~ a*b - a"),
    ("~ x:z + x", "~ x:z + x"),
]
rows = []
for ours, theirs in pairs:
    m = patsy.dmatrix(theirs, data)
    rows.append(dict(formula=ours, patsy=theirs, names=m.design_info.column_names, matrix=np.asarray(m).T.tolist()))
(out / "design.json").write_text(json.dumps(dict(data={k: list(data[k]) for k in data}, cases=rows)))

tails = dict(
    normal=[(z, float(st.norm.cdf(z)), float(st.norm.logcdf(z))) for z in (-38, -20, -10, -6, -3, -1, -0.1, 0, 0.5, 2, 5, 8)],
    normalQuantile=[(p, float(st.norm.ppf(p))) for p in (1e-300, 1e-20, 1e-9, 0.001, 0.025, 0.4, 0.6, 0.975, 1 - 1e-9)],
    t=[(t, df, float(st.t.sf(t, df))) for t in (0.01, 0.5, 1.96, 5, 12, 40, 300) for df in (1, 2.7, 10, 29.5, 936, 1e5)],
    tQuantile=[(p, df, float(st.t.ppf(p, df))) for p in (1e-9, 0.0005, 0.025, 0.3, 0.6, 0.975) for df in (1, 2.7, 10, 29.5, 936, 1e5)],
    f=[(f, a, b, float(st.f.sf(f, a, b))) for f in (0.2, 1, 3.3, 20, 250) for a in (1, 3, 12) for b in (7, 40.5, 936)],
    chi2=[(x, k, float(st.chi2.sf(x, k))) for x in (0.1, 1, 7, 40, 200, 1400) for k in (1, 3, 11)],
)
(out / "tails.json").write_text(json.dumps(tails))
