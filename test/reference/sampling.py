"""Writes test/sampling/fixtures/power.json with statsmodels: python test/reference/sampling.py > test/sampling/fixtures/power.json"""
import json
import statsmodels
from statsmodels.stats.power import TTestIndPower

test = TTestIndPower()
cases = [
    dict(effect=d, n=n, alpha=a, alternative=s, ratio=r, power=float(test.power(d, n, a, ratio=r, alternative=s)))
    for d in (0.1, 0.3, 0.5, 1.0, 2.0)
    for n in (5, 30, 200)
    for a in (0.01, 0.05)
    for s in ("two-sided", "larger")
    for r in (1, 2)
]
# statsmodels' noncentral t gives not-a-number far out in the tail; those cases say nothing.
cases = [case for case in cases if case["power"] == case["power"]]
print(json.dumps(dict(source=f"statsmodels {statsmodels.__version__}", cases=cases)))
