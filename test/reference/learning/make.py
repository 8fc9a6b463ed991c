"""Penalised regressions of the learning curve's chain: proportional odds by scipy's optimiser, multinomial logit by scikit-learn."""
import json
from pathlib import Path

import numpy as np
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

out = Path(__file__).resolve().parents[2] / "learning-curve" / "fixtures"
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(3)
n, k, options = 80, 3, 5
x = rng.normal(size=(n, k)).round(4)
latent = x @ np.array([1.0, -0.6, 0.0]) + rng.logistic(size=n)
y = np.digitize(latent, [-2, -0.5, 0.7, 2])
penalty = 2.0
counts = np.bincount(y, minlength=options) + 0.5
start = np.cumsum(counts / counts.sum())[:-1]
start = np.log(start / (1 - start))
sigmoid = lambda v: 1 / (1 + np.exp(-v))


def loss(p):
    t, b = p[: options - 1], p[options - 1 :]
    eta = x @ b
    upper = np.append(t, np.inf)[y] - eta
    lower = np.insert(t, 0, -np.inf)[y] - eta
    prob = np.maximum(1e-4, sigmoid(upper) - sigmoid(lower))
    return -np.log(prob).sum() + 0.5 * ((t - start) ** 2).sum() + 0.5 * penalty * (b**2).sum()


best = minimize(loss, np.concatenate([start, np.zeros(k)]), method="L-BFGS-B", options={"ftol": 1e-14, "gtol": 1e-9, "maxiter": 5000})
t, b = best.x[: options - 1], best.x[options - 1 :]
at = x[:6]
cumulative = np.hstack([sigmoid(t[None, :] - (at @ b)[:, None]), np.ones((6, 1))])
ordered = np.diff(cumulative, axis=1, prepend=0)

z = rng.integers(0, 3, size=n)
z = np.where(x[:, 0] + 0.5 * rng.normal(size=n) > 0.8, 2, z)
model = LogisticRegression(C=1 / penalty, tol=1e-10, max_iter=20000).fit(x, z)
(out / "ridge.json").write_text(
    json.dumps({"x": x.tolist(), "y": y.tolist(), "options": options, "penalty": penalty, "ordered": ordered.tolist(), "z": z.tolist(), "multinomial": model.predict_proba(at).tolist()}) + "\n"
)
