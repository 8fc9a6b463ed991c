"""Exact permutation p-values and Westfall-Young step-down adjusted ones, over all 2^n exchanges within pairs, with numpy
and scipy: writes test/alignment/fixtures/permutation.json."""
import json, sys
from itertools import product
from pathlib import Path
import numpy as np
import scipy
from scipy.spatial.distance import jensenshannon

rng = np.random.default_rng(6)
n = 8
arm = np.array([i % 2 for i in range(n)])
human = {"a": rng.choice([1, 2, 3, 4], n, p=[.6, .2, .1, .1]), "b": rng.choice([1, 2, 3, 4], n), "act": rng.choice([0, 1], n, p=[.7, .3])}
sim = {"a": rng.choice([1, 2, 3, 4], n, p=[.05, .1, .25, .6]), "b": rng.choice([1, 2, 3, 4], n), "act": rng.choice([0, 1], n, p=[.2, .8])}
options = {"a": [1, 2, 3, 4], "b": [1, 2, 3, 4], "act": [0, 1]}


def js(x, y, name):
    counts = lambda v: np.array([(v == o).sum() for o in options[name]], float)
    return jensenshannon(counts(x), counts(y), base=2)


def rows(h, s):
    out = []
    for mask in (np.ones(n, bool), arm == 0, arm == 1):
        d = [js(h[k][mask], s[k][mask], k) for k in ("a", "b", "act")]
        out += d + [(d[0] + d[1]) / 2]
    return np.nan_to_num(np.array(out))


observed = rows(human, sim)
everything = []
for swap in product([False, True], repeat=n):
    w = np.array(swap)
    everything.append(rows({k: np.where(w, sim[k], human[k]) for k in human}, {k: np.where(w, human[k], sim[k]) for k in human}))
null = np.array(everything)  # holds the observed (nothing exchanged)
p = (null >= observed - 1e-10).mean(0)
z = null ** (2 / 3)
mean, sd = z.mean(0), z.std(0)
t, own = (z - mean) / sd, (observed ** (2 / 3) - mean) / sd
order = np.argsort(-own)
adjusted = np.empty(len(own))
running = 0
for k, j in enumerate(order):
    running = max(running, (t[:, order[k:]].max(1) >= own[j] - 1e-9).mean())
    adjusted[j] = running
out = {"versions": f"numpy {np.__version__}, scipy {scipy.__version__}", "arm": ["treated" if a else "control" for a in arm],
       "human": {k: v.tolist() for k, v in human.items()}, "simulated": {k: v.tolist() for k, v in sim.items()},
       "distance": observed.tolist(), "exchanged": null[1:].T.tolist(), "p": p.tolist(), "adjusted": adjusted.tolist()}
path = Path(__file__).parents[2] / "alignment" / "fixtures" / "permutation.json"
path.write_text(json.dumps(out) + "\n")
print(np.c_[observed, p, adjusted].round(4), file=sys.stderr)
