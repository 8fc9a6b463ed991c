"""Writes test/study/fixtures: files by pandas, pyarrow and pyreadstat (ReadStat), with what those libraries hold.

python test/reference/study.py   (needs pandas, pyarrow, pyreadstat)
"""
import datetime
import json
import pathlib

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather
import pyarrow.ipc
import pyarrow.parquet
import pyreadstat

folder = pathlib.Path(__file__).parent.parent / "study" / "fixtures"
folder.mkdir(exist_ok=True)

n = 40
rng = np.random.default_rng(7)
frame = pd.DataFrame(
    {
        "id": [f"p{i:03}" for i in range(n)],
        "age": [None if i % 11 == 3 else float(20 + i) for i in range(n)],
        "agree": rng.integers(1, 6, n).astype(float),
        "sex": rng.choice(["f", "m"], n),
        "score": np.round(rng.normal(size=n), 6),
        "comment": ["ä" * (i * 20) + f"end{i}" for i in range(n)],
        "day": [datetime.date(1996, 11, 5) + datetime.timedelta(days=i) for i in range(n)],
        "moment": [datetime.datetime(1582, 10, 14) + datetime.timedelta(days=151000 + i, seconds=i) for i in range(n)],
    }
)
frame.loc[5, "agree"] = 9.0
labels = {"agree": {1.0: "strongly disagree", 5.0: "strongly agree", 9.0: "no answer"}, "sex": {"f": "female", "m": "male"}}
kw = dict(
    column_labels={"age": "Age in years", "agree": "How much do you agree?"},
    variable_value_labels=labels,
    missing_ranges={"agree": [9]},
)
pyreadstat.write_sav(frame, folder / "plain.sav", **kw)
pyreadstat.write_sav(frame, folder / "rows.sav", row_compress=True, **kw)
pyreadstat.write_sav(frame, folder / "zlib.zsav", compress=True, **kw)

arrow = pa.Table.from_pandas(frame.assign(big=np.arange(n, dtype="int64") + 2**40, sex=frame.sex.astype("category")), preserve_index=False)
for codec in ("snappy", "zstd", "gzip"):
    pa.parquet.write_table(arrow, folder / f"{codec}.parquet", compression=codec)
for codec in ("lz4", "zstd", "uncompressed"):
    pa.feather.write_feather(arrow, folder / f"{codec}.arrow", compression=codec)
with pa.ipc.new_stream(folder / "stream.arrow", arrow.schema) as out:
    out.write_table(arrow)


def cell(v):
    if v is None or (isinstance(v, float) and np.isnan(v)) or v is pd.NaT:
        return None
    if isinstance(v, pd.Timestamp) or isinstance(v, datetime.datetime):
        return v.isoformat() + "Z"
    if isinstance(v, datetime.date):
        return v.isoformat()
    return v


expected = {name: [cell(v) for v in frame[name].tolist()] for name in frame.columns}
(folder / "readers.json").write_text(
    json.dumps({"source": f"pandas {pd.__version__}, pyarrow {pa.__version__}, pyreadstat {pyreadstat.__version__}", "columns": expected}, ensure_ascii=False)
)

# What people hand over: whole numbers with gaps, which pandas writes as 3.0; its index; decimal commas; SPSS labels at the
# ends of a scale only, with a labelled code declared missing.
answers = pd.DataFrame(
    {
        "person": [f"r{i:02}" for i in range(24)],
        "age": [20 + i for i in range(24)],
        "trust": [None if i == 3 else 99.0 if i in (4, 11) else float(1 + i % 7) for i in range(24)],
        "income": [1000 + 12.5 * i for i in range(24)],
        "vote": [i % 2 for i in range(24)],
    }
)
answers.to_csv(folder / "gaps.csv", index=False)
answers.to_csv(folder / "index.csv")
answers.to_csv(folder / "commas.csv", index=False, sep=";", decimal=",")
pyreadstat.write_sav(
    answers,
    folder / "declared.sav",
    column_labels={"trust": "How much do you trust the government?"},
    variable_value_labels={"trust": {1: "not at all", 7: "completely", 99: "don't know"}, "vote": {0: "no", 1: "yes"}},
    missing_ranges={"trust": [99]},
)
