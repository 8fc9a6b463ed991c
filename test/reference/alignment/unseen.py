"""Entropies with unseen kinds (Chao, Wang & Jost 2013) from the package infomeasure, and by the paper's equation in 60-digit
arithmetic: writes test/alignment/fixtures/unseen.json."""
import json
from importlib.metadata import version
from pathlib import Path
import infomeasure as im
import numpy as np
from mpmath import mp, mpf, log, harmonic

mp.dps = 60


def by_equation(counts):
    counts = [int(c) for c in counts if c]
    n, f1, f2 = sum(counts), counts.count(1), counts.count(2)
    h = sum(mpf(c) / n * (harmonic(n - 1) - harmonic(c - 1)) for c in counts if c < n)
    if f2:
        a = mpf(2 * f2) / ((n - 1) * f1 + 2 * f2)
    elif f1:
        a = mpf(2) / ((n - 1) * (f1 - 1) + 2)
    else:
        a = mpf(1)
    if f1 and a < 1:
        h += mpf(f1) / n * (1 - a) ** (1 - n) * (-log(a) - sum((1 - a) ** r / r for r in range(1, n)))
    return h


def package(counts):
    return float(im.entropy([i for i, c in enumerate(counts) for _ in range(int(c))], approach="chao_wang_jost", base="e"))


rng = np.random.default_rng(11)
cases = [[3, 2, 1, 1, 2, 1], [1, 1, 1, 1, 1], [5], [1], [2, 2, 2], [1, 0, 4, 9], [40, 1], [1, 1, 2, 30, 60],
         rng.multinomial(30, rng.dirichlet(np.ones(21))).tolist(), rng.multinomial(116, rng.dirichlet(np.ones(60) / 3)).tolist(),
         np.bincount(rng.zipf(1.5, 900).clip(max=4000)).tolist()]
cases[-1] = [c for c in cases[-1] if c]
entropy = [{"counts": c, "equation": float(by_equation(c)), "package": package(c) if sum(c) > 1 else None} for c in cases]
divergence = []
for k, n in ((7, 30), (21, 30), (21, 116), (300, 200)):
    p, q = (rng.multinomial(n, rng.dirichlet(np.ones(k))) for _ in range(2))
    js = (by_equation(p + q) - (by_equation(p) + by_equation(q)) / 2) / log(2)
    divergence.append({"p": p.tolist(), "q": q.tolist(), "divergence": float(js)})
out = {"versions": f"infomeasure {version('infomeasure')}, mpmath {version('mpmath')}", "entropy": entropy, "divergence": divergence}
path = Path(__file__).parents[2] / "alignment" / "fixtures" / "unseen.json"
path.write_text(json.dumps(out) + "\n")
