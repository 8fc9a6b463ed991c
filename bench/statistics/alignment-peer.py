"""numpy and scipy on the tasks of alignment.mjs. Reads answers as JSON on stdin, writes seconds as JSON."""
import json, sys, time, resource
import numpy as np, scipy
from scipy.spatial.distance import jensenshannon
from scipy.stats import energy_distance

task = json.load(sys.stdin)
human, simulated = np.array(task["human"]), np.array(task["simulated"])
groups = [np.array(g) for g in task["groups"]]; K, R = task["options"], task["replicates"]
rng = np.random.default_rng(1)

def js_rows(p, q):
    m = (p + q) / 2
    with np.errstate(divide="ignore", invalid="ignore"):
        a = np.where(p > 0, p * np.log2(p / m), 0).sum(1); b = np.where(q > 0, q * np.log2(q / m), 0).sum(1)
    return np.sqrt(np.maximum(0, (a + b) / 2))

def independent():
    """Two multinomials a group: the fastest numpy we know, although it loses the pairing."""
    return [np.percentile(js_rows(rng.multinomial(len(g), np.bincount(human[g], minlength=K) / len(g), size=R) / len(g),
                                  rng.multinomial(len(g), np.bincount(simulated[g], minlength=K) / len(g), size=R) / len(g)), [2.5, 97.5]) for g in groups]

def paired():
    """One multinomial over the pairs that occur, summed to both margins."""
    out = []
    for g in groups:
        cells, counts = np.unique(human[g] * K + simulated[g], return_counts=True)
        draws = rng.multinomial(len(g), counts / len(g), size=R) / len(g)
        p, q = draws @ np.eye(K)[cells // K], draws @ np.eye(K)[cells % K]
        out.append(np.percentile(js_rows(p, q), [2.5, 97.5]))
    return out

def loop(r):
    """The obvious loop: resample pairs, count, scipy's jensenshannon."""
    for g in groups:
        for _ in range(r):
            i = g[rng.integers(0, len(g), len(g))]
            jensenshannon(np.bincount(human[i], minlength=K), np.bincount(simulated[i], minlength=K), base=2)

def best(f, times):
    seconds = []
    for _ in range(times):
        t = time.perf_counter(); f(); seconds.append(time.perf_counter() - t)
    return min(seconds)

loops = max(1, R // 50)
x, y = np.array(task["x"]), np.array(task["y"])
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
energy = best(lambda: energy_distance(x, y), 3)
print(json.dumps({
    "versions": f"numpy {np.__version__}, scipy {scipy.__version__}",
    "independent": best(independent, 3), "paired": best(paired, 3), "loop": best(lambda: loop(loops), 1) * R / loops, "loopMeasured": loops,
    "energy": energy, "energyValue": float(energy_distance(x, y)), "energyMB": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
    "intervals": [list(map(float, i)) for i in paired()],
}))
