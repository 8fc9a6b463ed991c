"""Estimators for sensitive questions: list experiments as OLS with HC2 errors (statsmodels), randomised response by maximum likelihood (scipy).
Run without arguments; writes test/alignment/fixtures/sensitive.json."""
import json
from pathlib import Path
import numpy as np, statsmodels.api as sm, statsmodels, scipy
from scipy.optimize import minimize_scalar

FIXTURES = Path(__file__).resolve().parents[2] / "alignment" / "fixtures"

rng = np.random.default_rng(11)
out = {"source": f"statsmodels {statsmodels.__version__} (OLS, HC2), scipy {scipy.__version__} (maximum likelihood)", "list": [], "double": [], "rr": []}
for n in (20, 300):
    t = rng.integers(0, 2, n); y = rng.binomial(4, .4, n) + t * rng.binomial(1, .3, n)
    fit = sm.OLS(y, sm.add_constant(t)).fit(cov_type="HC2")
    out["list"].append({"counts": y.tolist(), "treated": t.tolist(), "estimate": float(fit.params[1]), "se": float(fit.bse[1])})
    a = rng.binomial(4, .4, n) + t * rng.binomial(1, .3, n); b = rng.binomial(4, .5, n) + (1 - t) * rng.binomial(1, .3, n)
    # average of the two list differences, as one regression of half the within-person difference
    fit = sm.OLS((a - b) / 2, sm.add_constant(t)).fit(cov_type="HC2")
    out["double"].append({"first": a.tolist(), "second": b.tolist(), "inFirst": t.tolist(), "estimate": float(fit.params[1]), "se": float(fit.bse[1])})
for design, p, extra in (("warner", .7, None), ("forced", .75, .15), ("unrelated", .6, .25)):
    n = 400; truth = .3
    prob = {"warner": lambda t: t * p + (1 - t) * (1 - p), "forced": lambda t: p * t + (extra or 0), "unrelated": lambda t: p * t + (1 - p) * (extra or 0)}[design]
    y = rng.binomial(1, prob(truth), n); k = int(y.sum())
    nll = lambda t: -(k * np.log(prob(t)) + (n - k) * np.log(1 - prob(t)))
    best = minimize_scalar(nll, bounds=(1e-6, 1 - 1e-6), method="bounded", options={"xatol": 1e-12}).x
    slope = prob(1.) - prob(0.); lam = prob(best)
    out["rr"].append({"answers": y.tolist(), "design": design, "p": p, "yes": extra if design == "forced" else None, "unrelated": extra if design == "unrelated" else None,
        "estimate": float(best), "se": float(1 / np.sqrt(n * slope ** 2 / (lam * (1 - lam))))})
json.dump(out, (FIXTURES / "sensitive.json").open("w"))
