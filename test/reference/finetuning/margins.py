"""Entropic optimal transport by POT (Python Optimal Transport), and people drawn from beta-binomial distributions by SciPy."""
import json
from pathlib import Path

import numpy as np
import ot
from scipy.stats import betabinom

out = Path(__file__).resolve().parents[2] / "finetuning" / "fixtures"
out.mkdir(parents=True, exist_ok=True)
rng = np.random.default_rng(11)
n, width = 7, 0.1
source = np.array([0.1, 0, 0.3, 0.2, 0, 0.3, 0.1])
target = np.array([0.08, 0.12, 0.2, 0.25, 0.15, 0.12, 0.08])
at = np.arange(n) / (n - 1)
seen = source > 0
cost = 0.5 * ((at[:, None] - at[None, :]) / width) ** 2
plan = ot.sinkhorn(source[seen], target, cost[seen], reg=1, stopThr=1e-13, numItermax=100000)
rows = np.zeros((n, n))
rows[seen] = plan / source[seen][:, None]

people = []
for options in (5, 7, 11, 21):
    for _ in range(12):
        mean, strength = rng.uniform(0.2, 0.8), rng.uniform(1.5, 12)
        truth = betabinom.pmf(np.arange(options), options - 1, mean * strength, (1 - mean) * strength)
        people.append({
            "truth": truth.round(9).tolist(),
            "thirty": rng.multinomial(30, truth / truth.sum()).tolist(),
            "many": rng.multinomial(3000, truth / truth.sum()).tolist(),
        })
(out / "margins.json").write_text(json.dumps({
    "transport": {"from": source.tolist(), "to": target.tolist(), "width": width, "rows": rows.round(9).tolist()},
    "people": people,
}) + "\n")
