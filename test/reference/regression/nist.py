"""Recomputes the certified values of the NIST linear sets in exact rational arithmetic, from the decimal data.

Guards the fixture against slips of transcription: every certified figure must agree to 13 digits.
"""
import json
import math
import re
from fractions import Fraction as F
from pathlib import Path

path = Path(__file__).resolve().parents[2] / "regression" / "fixtures" / "nist-strd.json"
sets = json.loads(path.read_text(), parse_float=str, parse_int=str)["sets"]


def solve(a, b):
    n = len(a)
    m = [row[:] + [c] for row, c in zip(a, b)]
    for i in range(n):
        p = next(r for r in range(i, n) if m[r][i] != 0)
        m[i], m[p] = m[p], m[i]
        for r in range(n):
            if r != i and m[r][i] != 0:
                f = m[r][i] / m[i][i]
                m[r] = [x - f * y for x, y in zip(m[r], m[i])]
    return [m[i][n] / m[i][i] for i in range(n)]


worst = 0.0
for name, s in sets.items():
    data = {k: [F(v) for v in col] for k, col in s["data"].items()}
    y = data["y"]
    n = len(y)
    right = s["formula"].split("~")[1]
    if "- 1" in right:
        rows = [[v] for v in data["x"]]
    elif "x6" in right:
        rows = [[F(1)] + [data[f"x{j}"][i] for j in range(1, 7)] for i in range(n)]
    else:
        degree = max([1] + [int(d) for d in re.findall(r"\^(\d+)", right)])
        rows = [[v**j for j in range(degree + 1)] for v in data["x"]]
    k = len(rows[0])
    xtx = [[sum(r[a] * r[b] for r in rows) for b in range(k)] for a in range(k)]
    beta = solve(xtx, [sum(r[a] * t for r, t in zip(rows, y)) for a in range(k)])
    rss = sum((t - sum(c * v for c, v in zip(beta, r))) ** 2 for r, t in zip(rows, y))
    scale = rss / (n - k)
    se = [
        math.sqrt(float(scale * solve(xtx, [F(int(a == j)) for a in range(k)])[j])) for j in range(k)
    ]
    mean = F(0) if "- 1" in right else sum(y) / n
    tss = sum((t - mean) ** 2 for t in y)
    pairs = [
        *zip(map(float, beta), map(float, s["beta"])),
        *zip(se, map(float, s["se"])),
        (math.sqrt(float(scale)), float(s["sigma"])),
        (float(1 - rss / tss), float(s["r2"])),
    ]
    for got, certified in pairs:
        error = abs(got - certified) / abs(certified) if certified else abs(got)
        worst = max(worst, error)
        assert error < 1e-13, (name, got, certified)
print(f"{len(sets)} sets agree with exact arithmetic; worst relative difference {worst:.1e}")
