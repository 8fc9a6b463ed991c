import assert from "node:assert/strict";
import { test } from "node:test";
import { tableFromArrays } from "apache-arrow";
import { table } from "arquero";
import { from, loadStudy, toDanfo, type Codebook } from "proband/study";

const codebook: Codebook = {
  name: "small",
  title: "Small",
  description: "",
  version: "1",
  provenance: "human",
  sharing: "allowed",
  licence: "",
  citation: "",
  items: [
    { name: "id", role: "id", label: "id", text: "", scale: { kind: "count" } },
    { name: "age", role: "attribute", label: "age", text: "", scale: { kind: "interval", min: 18, max: 99, step: 1 } },
    {
      name: "vote",
      role: "action",
      label: "vote",
      text: "",
      scale: {
        kind: "nominal",
        options: [
          { value: "a", label: "A" },
          { value: "b", label: "B" },
        ],
      },
    },
  ],
  defaults: { groups: [], outcome: "vote", formula: "vote ~ age", family: "logit" },
};
const expected = [
  { id: "x", age: 20, vote: "a" },
  { id: "y", age: 30, vote: "b" },
  { id: "z", age: null, vote: "b" },
];
const columns = { id: ["x", "y", "z"], age: [20, 30, null], vote: ["a", "B", "b"] };
const records = [
  { id: "x", age: 20, vote: "a" },
  { id: "y", age: "30", vote: "B" },
  { id: "z", vote: "b" },
];

test("records, columns, Arquero and Arrow tables are taken alike", () => {
  for (const data of [records, columns, table(columns), tableFromArrays({ ...columns, age: [20, 30, null] })])
    assert.deepEqual(from(data as never, codebook).rows, expected);
});

test("danfojs frames go out and come back, with missing answers", async () => {
  const study = from(records, codebook);
  const frame = (await study.toDanfo()) as unknown as {
    columns: string[];
    shape: number[];
    index: string[];
    values: unknown[][];
    column(name: string): { mean(): number };
    groupby(by: string[]): { count(): { values: unknown[][] } };
  };
  assert.deepEqual(frame.columns, ["id", "age", "vote"]);
  assert.deepEqual(frame.index, ["x", "y", "z"]);
  // danfojs itself computes on it, leaving missing out.
  assert.equal(frame.column("age").mean(), 25);
  assert.deepEqual(from(frame as never, codebook).rows, expected);
  const anes = await loadStudy("anes96");
  const back = from((await toDanfo(anes)) as never, anes.codebook);
  assert.deepEqual(back.rows, anes.rows);
});

test("data of no kind, and a wrong cell, are refused with the place", () => {
  assert.throws(() => from(5 as never, codebook), /expected records, columns, an Arquero or Arrow table/);
  assert.throws(
    () => from([{ id: "x", age: 20, vote: "c" }], codebook),
    /the records, row 1, column vote: found "c", expected a \(A\), b \(B\)/,
  );
  assert.throws(() => from({ id: ["x"], age: [1, 2] }, codebook), /column age has 2 values, id has 1/);
});
