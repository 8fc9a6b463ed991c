"""Second source of raking and design-based errors: samplics on the data of R's survey package in rake.json.

python test/reference/sampling_second.py > test/sampling/fixtures/rake-samplics.json   (needs numpy, samplics)
"""
import json
import pathlib
import warnings

import numpy as np

warnings.filterwarnings("ignore")
import samplics
from samplics import PopParam
from samplics.estimation import TaylorEstimator
from samplics.weighting import SampleWeight

f = json.load(open(pathlib.Path(__file__).parent.parent / "sampling" / "fixtures" / "rake.json"))
weight = np.full(len(f["stype"]), f["weight"])
raked = SampleWeight().rake(
    samp_weight=weight,
    margins={"stype": np.array(f["stype"]), "schwide": np.array(f["schwide"])},
    control={"stype": {"E": 4421, "H": 755, "M": 1018}, "schwide": {"No": 1072, "Yes": 5122}},
    tol=1e-14,
    max_iter=1000,
)


def mean(**design):
    t = TaylorEstimator(PopParam.mean)
    t.estimate(**design)
    return {"mean": float(t.point_est), "se": float(t.stderror)}


schools = np.array(f["dnum"])
y = np.array(f["api00"], float)
s = f["strat"]
stratum = np.array(s["stype"])
drawn = dict(y=np.array(s["api00"], float), samp_weight=np.array([s["pw"][k] for k in stratum]), stratum=stratum)
left = {k: 1 - int((stratum == k).sum()) / size for k, size in s["population"].items()}
print(
    json.dumps(
        {
            "source": f"samplics {samplics.__version__}",
            "rakedWeights": list(raked),
            "clusters": mean(y=y, samp_weight=weight, psu=schools, fpc=1 - len(set(schools)) / f["population"]),
            "strata": mean(**drawn),
            "strataWithFpc": mean(**drawn, fpc=left),
        }
    )
)
