"""Distances between distributions and samples, by scipy, and adjusted p-values, by statsmodels.
Run without arguments; writes test/alignment/fixtures/distances.json."""
import json
from pathlib import Path
import numpy as np, scipy
from scipy.spatial.distance import jensenshannon
from scipy.stats import energy_distance, ks_2samp, wasserstein_distance
from statsmodels.stats.multitest import multipletests
import statsmodels, dcor

FIXTURES = Path(__file__).resolve().parents[2] / "alignment" / "fixtures"

rng = np.random.default_rng(20261123)
out = {"source": f"scipy {scipy.__version__}, statsmodels {statsmodels.__version__}, dcor {dcor.__version__}", "distributions": [], "samples": [], "weighted": [], "points": [], "adjusted": []}
shapes = [2, 3, 5, 7, 21, 101]
for k in shapes:
    for zeros in (False, True):
        p = rng.integers(0, 40, k).astype(float); q = rng.integers(0, 40, k).astype(float)
        if zeros: p[0] = 0; q[-1] = 0
        if p.sum() == 0: p[-1] = 1
        if q.sum() == 0: q[0] = 1
        out["distributions"].append({
            "p": p.tolist(), "q": q.tolist(),
            "js2": float(jensenshannon(p, q, base=2)), "jse": float(jensenshannon(p, q)),
            "tv": float(0.5 * np.abs(p / p.sum() - q / q.sum()).sum()),
        })
# nearly equal distributions, where a difference of entropies cancels: mpmath to fifty digits
import mpmath as mp
mp.mp.dps = 50
base = [100, 200, 300]
for eps in (1e-3, 1e-6, 1e-9):
    p = [100 + eps, 200 - eps, 300]
    P = [mp.mpf(x) / mp.fsum(map(mp.mpf, p)) for x in p]; Q = [mp.mpf(x) / 600 for x in base]
    d = sum((a * mp.log(2 * a / (a + b)) + b * mp.log(2 * b / (a + b))) for a, b in zip(P, Q)) / 2 / mp.log(2)
    out["distributions"].append({"p": p, "q": base, "js2": float(mp.sqrt(d)), "jse": float(mp.sqrt(d * mp.log(2))), "tv": float(sum(abs(a - b) for a, b in zip(P, Q)) / 2), "near": True})
for n, m in ((1, 1), (5, 8), (30, 50), (116, 116)):
    for kind in ("continuous", "tied"):
        x = rng.normal(0, 1, n) if kind == "continuous" else rng.integers(1, 8, n).astype(float)
        y = rng.normal(.4, 1.3, m) if kind == "continuous" else rng.integers(1, 6, m).astype(float)
        out["samples"].append({"x": x.tolist(), "y": y.tolist(), "w1": float(wasserstein_distance(x, y)), "energy": float(energy_distance(x, y)), "energySquaredDcor": float(dcor.energy_distance(x, y)), "ks": float(ks_2samp(x, y).statistic)})
for n, m in ((7, 7), (20, 31)):
    x = rng.integers(0, 21, n) * 5.; y = rng.integers(0, 21, m) * 5.
    u = rng.random(n) * 3; v = rng.random(m); v[0] = 0
    out["weighted"].append({"x": x.tolist(), "y": y.tolist(), "xWeights": u.tolist(), "yWeights": v.tolist(), "w1": float(wasserstein_distance(x, y, u, v)), "energy": float(energy_distance(x, y, u, v))})
for n, m, d in ((10, 12, 2), (25, 20, 4)):
    x = rng.normal(size=(n, d)); y = rng.normal(.5, 1, size=(m, d))
    out["points"].append({"x": x.tolist(), "y": y.tolist(), "energySquared": float(dcor.energy_distance(x, y))})
for p in ([.01, .04, .03, .005, .2], [.5, .001, .001, .9, .04, .049, .05], rng.random(20).round(4).tolist()):
    out["adjusted"].append({"p": p, "holm": multipletests(p, method="holm")[1].tolist(), "bh": multipletests(p, method="fdr_bh")[1].tolist()})
json.dump(out, (FIXTURES / "distances.json").open("w"))
