"""Diversity by scikit-bio, and rarefaction by exact fractions. Run without arguments; writes test/alignment/fixtures/diversity-skbio.json."""
import json
from pathlib import Path
from fractions import Fraction
from math import comb
import numpy as np, skbio
from skbio.diversity.alpha import chao1, hill, shannon

FIXTURES = Path(__file__).resolve().parents[2] / "alignment" / "fixtures"

rng = np.random.default_rng(7)
out = {"source": f"scikit-bio {skbio.__version__}; rarefaction by exact fractions", "cases": []}
for counts in ([1, 2, 3, 4, 5], [0, 1, 1, 4, 2, 5, 2, 4, 1, 2], rng.geometric(.08, 176).tolist(), [944], [1] * 30):
    n = sum(counts); sizes = sorted({1, n // 3 or 1, n // 2 or 1, n})
    expected = [float(sum(1 - Fraction(comb(n - c, m), comb(n, m)) for c in counts)) for m in sizes]
    def variance(m):
        a = [Fraction(comb(n - c, m), comb(n, m)) for c in counts]
        v = sum(x * (1 - x) for x in a)
        for i in range(len(counts)):
            for j in range(i):
                if counts[i] and counts[j]: v += 2 * (Fraction(comb(n - counts[i] - counts[j], m), comb(n, m)) - a[i] * a[j])
        return float(v) ** .5
    out["cases"].append({
        "counts": [int(c) for c in counts], "sizes": sizes, "expected": expected, "sd": [variance(m) for m in sizes],
        "hill": {str(q): float(hill(counts, order=q)) for q in (0, .5, 1, 2, 10)},
        "shannonBits": float(shannon(counts, base=2)),
        "chao1": float(chao1(counts, bias_corrected=True)), "chao1Classic": float(chao1(counts, bias_corrected=False)),
    })
json.dump(out, (FIXTURES / "diversity-skbio.json").open("w"))
