import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { formatOf, loadStudy, readTable, type RawTable } from "proband/study";

// Files written by pandas, pyarrow and ReadStat (test/reference/study.py), and what those libraries hold.
const fixture = (name: string) => new URL(`fixtures/${name}`, import.meta.url);
const { columns } = JSON.parse(readFileSync(fixture("readers.json"), "utf8")) as { columns: Record<string, unknown[]> };
const read = (name: string) => readTable(readFileSync(fixture(name)), { source: name, format: formatOf(name) });
const same = (raw: RawTable, except: Record<string, unknown[]> = {}) => {
  assert.equal(raw.n, 40);
  for (const [name, expected] of Object.entries({ ...columns, ...except }))
    assert.deepEqual([...raw.columns.get(name)!], expected, name);
};

for (const name of [
  "snappy.parquet",
  "zstd.parquet",
  "gzip.parquet",
  "lz4.arrow",
  "zstd.arrow",
  "uncompressed.arrow",
  "stream.arrow",
])
  test(`${name}: every cell as pandas wrote it, dates as ISO 8601, 64-bit integers as numbers`, async () => {
    const raw = await read(name);
    same(raw);
    assert.equal(raw.columns.get("big")![39], 2 ** 40 + 39);
  });

for (const name of ["plain.sav", "rows.sav", "zlib.zsav"])
  test(`${name}: values, labels, long texts, dates, missing codes`, async () => {
    const raw = await read(name);
    // 9 is declared missing in the file.
    same(raw, { agree: columns.agree!.map((v) => (v === 9 ? null : v)) });
    assert.equal(raw.labels!.get("agree"), "How much do you agree?");
    assert.equal(raw.valueLabels!.get("agree")!.get(1), "strongly disagree");
    assert.equal(raw.valueLabels!.get("sex")!.get("f"), "female");
  });

test("an SPSS file that was cut off is refused, not read in part", async () => {
  const bytes = readFileSync(fixture("rows.sav"));
  await assert.rejects(
    readTable(bytes.subarray(0, bytes.length - 4000), { source: "cut.sav", format: "sav" }),
    /cut\.sav: it cannot be read as an SPSS file: .*cut off/,
  );
  await assert.rejects(
    readTable(Buffer.from("hello"), { source: "x.sav", format: "sav" }),
    /does not begin with \$FL2/,
  );
  await assert.rejects(
    readTable(Buffer.from("hello"), { source: "x.parquet", format: "parquet" }),
    /x\.parquet: it cannot be read as Parquet/,
  );
  await assert.rejects(
    readTable(Buffer.from("hello world"), { source: "x.arrow", format: "arrow" }),
    /x\.arrow: it cannot be read as Arrow/,
  );
});

test("JSON lines, with the line of what is wrong", async () => {
  const lines = '\uFEFF{"a":1,"b":"x"}\n{"a":2}\n';
  const raw = await readTable(Buffer.from(lines), { source: "x.jsonl", format: "jsonl" });
  assert.deepEqual(
    [...raw.columns],
    [
      ["a", [1, 2]],
      ["b", ["x", null]],
    ],
  );
  const bad = (text: string) => readTable(Buffer.from(text), { source: "x.jsonl", format: "jsonl" });
  await assert.rejects(bad('{"a":1}\n{"a":\n'), /x\.jsonl, row 2: this is not JSON/);
  await assert.rejects(bad('{"a":1}\n[1]\n'), /x\.jsonl, row 2: found \[1\], expected a JSON object/);
  await assert.rejects(bad('{"a":1}\n\n{"a":1}'), /x\.jsonl, row 2: the line is empty/);
});

test("a Qualtrics export: three header rows, questions as labels, previews left out and counted", async () => {
  const raw = await read("qualtrics.csv");
  assert.equal(raw.n, 4);
  assert.equal(raw.labels!.get("Q1"), "What is your age, in years?");
  assert.deepEqual(raw.columns.get("Q1"), ["34", "51", "28", ""]);
  assert.deepEqual(raw.notes, ["1 survey preview left out"]);
  const codebook = {
    name: "q",
    title: "q",
    description: "",
    version: "1",
    provenance: "human",
    sharing: "forbidden",
    licence: "",
    citation: "",
    items: [
      { name: "id", column: "ResponseId", role: "id", label: "id", text: "", scale: { kind: "count" } },
      {
        name: "age",
        column: "Q1",
        role: "attribute",
        label: "age",
        text: "",
        scale: { kind: "interval", min: 18, max: 50, step: 1 },
      },
    ],
    defaults: { groups: [], outcome: "age", formula: "", family: "ols" },
  } as const;
  // Rows in messages are those of the file, also after a preview was left out.
  await assert.rejects(
    loadStudy(fileURLToPath(fixture("qualtrics.csv")), { codebook: codebook as never }),
    /qualtrics\.csv, row 6, column Q1: found "51", expected 18 to 50/,
  );
});
