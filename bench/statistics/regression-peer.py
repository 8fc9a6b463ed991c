"""The same regressions by statsmodels; reads settings as JSON, prints seconds as JSON."""
import json
import sys
import time

import numpy as np
import scipy
import statsmodels
import statsmodels.api as sm

s = json.load(sys.stdin)
# Processor time, so that other work on the machine does not count; both sides are single-threaded here.
clock = time.process_time
out = dict(versions=f"numpy {np.__version__}, scipy {scipy.__version__}, statsmodels {statsmodels.__version__}")
y = np.array(s["y"], float)
X = np.column_stack([np.ones(len(y)), *[np.array(c, float) for c in s["x"]]])
rng = np.random.default_rng(1)
full = sm.Logit(y, X).fit(disp=0)
refits = s["peerReplicates"]


def boot(**kw):
    t = clock()
    b = np.empty((refits, X.shape[1]))
    for r in range(refits):
        i = rng.integers(0, len(y), len(y))
        b[r] = sm.Logit(y[i], X[i]).fit(disp=0, **kw).params
    return (clock() - t) * s["replicates"] / refits, b.std(0, ddof=1).tolist()


out["logit"], out["logitSe"] = boot()
out["logitWarm"], _ = boot(start_params=full.params)


def newton():
    """Newton in bare numpy, warm-started, without statsmodels' set-up of each model."""
    t = clock()
    for r in range(refits):
        i = rng.integers(0, len(y), len(y))
        Xi, yi, b = X[i], y[i], full.params.copy()
        for _ in range(25):
            mu = 1 / (1 + np.exp(-(Xi @ b)))
            step = np.linalg.solve((Xi * (mu * (1 - mu))[:, None]).T @ Xi, Xi.T @ (yi - mu))
            b += step
            if np.abs(step).max() < 1e-8:
                break
    return (clock() - t) * s["replicates"] / refits


out["logitNumpy"] = newton()
n, k = s["n"], s["k"]
A = np.column_stack([np.ones(n), rng.normal(size=(n, k - 1))])
z = A @ np.arange(k) / 10 + rng.normal(size=n) * (1 + np.abs(A[:, 1]))
for method in ("pinv", "qr"):
    t = clock()
    r = sm.OLS(z, A).fit(method=method, cov_type="HC3")
    r.bse, r.pvalues
    out["ols_" + method] = clock() - t
print(json.dumps(out))
