"""Fixtures of inference from ppi_py (the authors' package): writes test/inference/fixtures/ppi.json."""
import json
from pathlib import Path

import numpy as np
import ppi_py as ppi
from ppi_py.ppi import _calc_lam_glm, _logistic_get_stats, _ols_get_stats, _rectified_cdf

out = Path(__file__).resolve().parents[2] / "inference" / "fixtures" / "ppi.json"
rng = np.random.default_rng(3)
n, N = 80, 400
x = np.round(rng.normal(size=n + N), 4)
group = rng.integers(0, 3, n + N)
latent = 0.8 * x + 0.5 * (group == 1) - 0.7 * (group == 2)
y = np.round(2 + latent + rng.normal(size=n + N), 4)
f = np.round(1.5 + 0.9 * latent + 0.8 * (y - 2 - latent) + 0.7 * rng.normal(size=n + N), 4)
vote = (latent + rng.logistic(size=n + N) > 0).astype(int)
flip = rng.random(n + N) < 0.25
fvote = np.where(flip, 1, vote)
w = np.round(rng.uniform(0.5, 2, n), 3)
wu = np.round(rng.uniform(0.5, 2, N), 3)
X = np.column_stack([np.ones(n + N), x, group == 1, group == 2]).astype(float)
L, U = slice(0, n), slice(n, n + N)
one = np.ones((n + N, 1))
z = 1.959963984540054


def se(ci, estimate):
    return list((np.ravel(ci[1]) - np.ravel(ci[0])) / 2 / z)


def ols(X, Y, F, weights=None, wu=None, lam=None, coord=None):
    est = ppi.ppi_ols_pointestimate(X[L], Y[L], F[L], X[U], F[U], lam=lam, coord=coord, w=weights, w_unlabeled=wu)
    ci = ppi.ppi_ols_ci(X[L], Y[L], F[L], X[U], F[U], alpha=0.05, lam=lam, coord=coord, w=weights, w_unlabeled=wu)
    return dict(estimate=list(np.ravel(est)), se=se(ci, est))


yf, ff = y.astype(float), f.astype(float)
v, fv = vote.astype(float), fvote.astype(float)
d = dict(
    n=n, N=N, x=list(x), group=group.tolist(), y=list(y), f=list(f), vote=vote.tolist(), fvote=fvote.tolist(),
    w=list(w), wu=list(wu),
    # A mean is a regression on a constant: this form of ppi_py divides variances by n - 1, as ours.
    mean=ols(one, yf, ff, lam=1), meanTuned=ols(one, yf, ff), meanWeighted=ols(one, yf, ff, w, wu),
    meanPointTuned=float(ppi.ppi_mean_pointestimate(yf[L], ff[L], ff[U])[0]),
    share=ols(one, v, fv),
    ols=ols(X, yf, ff, lam=1), olsWeighted=ols(X, yf, ff, w, wu, lam=1), olsHalf=ols(X, yf, ff, lam=0.5),
    people=ols(X, yf, ff, lam=0),
)
# Tuned for one coefficient: λ from the package's own function with that coefficient's row of the inverse Hessian.
tuned = []
start = ppi.ppi_ols_pointestimate(X[L], yf[L], ff[L], X[U], ff[U], lam=1)
g, gh, gu, inv = _ols_get_stats(start, X[L], yf[L], ff[L], X[U], ff[U])
for j in range(4):
    lam = float(np.clip(_calc_lam_glm(g, gh, gu, inv, coord=j), 0, 1))
    r = ols(X, yf, ff, lam=lam)
    tuned.append(dict(lam=lam, estimate=r["estimate"][j], se=r["se"][j]))
d["olsTuned"] = tuned
options = dict(ftol=1e-16, gtol=1e-13, maxiter=5000, maxls=100)
for name, lam in (("logit", 1), ("logitHalf", 0.5), ("logitPeople", 0)):
    est = ppi.ppi_logistic_pointestimate(X[L], v[L], fv[L], X[U], fv[U], lam=lam, optimizer_options=dict(options))
    ci = ppi.ppi_logistic_ci(X[L], v[L], fv[L], X[U], fv[U], alpha=0.05, lam=lam, optimizer_options=dict(options))
    d[name] = dict(estimate=list(est), se=se(ci, est))
d["quantiles"] = []
for q in (0.25, 0.5, 0.9):
    ci = ppi.ppi_quantile_ci(yf[L], ff[L], ff[U], q, alpha=0.05, exact_grid=True)
    grid = np.sort(np.concatenate([yf[L], ff[L], ff[U]]))
    cdf = _rectified_cdf(yf[L], ff[L], ff[U], grid)
    d["quantiles"].append(dict(q=q, low=float(ci[0]), high=float(ci[1]), next=float(grid[np.searchsorted(grid, ci[1], side="right")]), smallest=float(grid[np.argmax(cdf >= q)])))
# Cross-fitting with five folds.
from ppi_py import crossppi_mean_ci, crossppi_mean_pointestimate

folds = np.arange(n) % 5
shift = np.array([-0.2, -0.1, 0, 0.1, 0.2])
Fu = np.stack([ff[U] + s for s in shift], axis=1)
Fl = ff[L] + shift[folds]
d["cross"] = dict(shift=list(shift), estimate=float(np.ravel(crossppi_mean_pointestimate(yf[L], Fl, Fu))[0]), se=se(crossppi_mean_ci(yf[L], Fl, Fu, alpha=0.05), 0)[0])
lo, hi = ppi.ppboot(lambda Y: np.mean(Y), yf[L], ff[L], ff[U], lam=1, n_resamples=20000, alpha=0.05)
d["ppboot"] = [float(np.ravel(lo)[0]), float(np.ravel(hi)[0])]
out.write_text(json.dumps(d))
