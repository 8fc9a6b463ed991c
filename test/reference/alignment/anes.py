"""ANES 1996 by numpy and scipy alone: belief structures, belief-action gap, distances of simple answerers.
Run without arguments; writes test/alignment/fixtures/anes.json."""
import json
from pathlib import Path
import numpy as np
from scipy.spatial.distance import jensenshannon

FIXTURES = Path(__file__).resolve().parents[2] / "alignment" / "fixtures"
rows = [l.strip().replace("'", "").split("\t") for l in open(FIXTURES.parents[2] / "data" / "anes96" / "anes96.tsv", encoding="utf-8-sig")]
head, data = rows[0], np.array([[float(x) for x in r] for r in rows[1:]])
col = {h: data[:, i] for i, h in enumerate(head)}
B = np.stack([col["selfLR"], col["ClinLR"], col["DoleLR"]], 1).astype(int); vote = col["vote"]; n = len(B)
hist = lambda x: np.bincount(x - 1, minlength=7)
mean_js = lambda a, b: float(np.mean([jensenshannon(hist(a[:, j]), hist(b[:, j]), base=2) for j in range(3)]))
near = np.sign(np.abs(B[:, 0] - B[:, 1]) - np.abs(B[:, 0] - B[:, 2]))
definite = near != 0; implied = (near > 0).astype(int)
rng = np.random.default_rng(1)
def repeat(f, k): v = [f() for _ in range(k)]; return {"mean": float(np.mean(v)), "sd": float(np.std(v, ddof=1)), "draws": k}
def halves():
    o = rng.permutation(n); return mean_js(B[o[:472]], B[o[472:]])
draw = lambda src, k: src[rng.integers(0, len(src), k)]
def pilot30():
    o = rng.permutation(n); pilot, rest = B[o[:30]], B[o[30:]]
    return mean_js(np.stack([pilot[rng.integers(0, 30, len(rest)), j] for j in range(3)], 1), rest)
json.dump({
    "n": n, "unique": len({tuple(r) for r in B.tolist()}), "definite": int(definite.sum()), "gap": float(np.mean(implied[definite] != vote[definite])),
    "midpoint": mean_js(np.full((n, 3), 4), B), "uniform": repeat(lambda: mean_js(rng.integers(1, 8, (n, 3)), B), 200),
    "uniformStructures": repeat(lambda: len({tuple(r) for r in rng.integers(1, 8, (n, 3)).tolist()}), 200),
    "pilot30": repeat(pilot30, 400), "twoBootstraps": repeat(lambda: mean_js(draw(B, 914), draw(B, 914)), 400), "splitHalf": repeat(halves, 400),
}, (FIXTURES / "anes.json").open("w"))
