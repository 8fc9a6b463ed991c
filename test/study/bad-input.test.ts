import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { loadStudy, parseCodebook, StudyError, type Codebook } from "proband/study";

const folder = mkdtempSync(join(tmpdir(), "proband-"));
after(() => rmSync(folder, { recursive: true }));
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
    { name: "person", role: "id", label: "id", text: "", scale: { kind: "count" } },
    {
      name: "age",
      role: "attribute",
      label: "age",
      text: "",
      scale: { kind: "interval", min: 18, max: 99, step: 1, unit: "years" },
    },
    {
      name: "agree",
      role: "belief",
      label: "agreement",
      text: "",
      missing: [-9],
      scale: {
        kind: "ordinal",
        options: [1, 2, 3].map((value) => ({ value, label: ["no", "perhaps", "yes"][value - 1]! })),
      },
    },
  ],
  defaults: { groups: [], outcome: "agree", formula: "agree ~ age", family: "ols" },
};
let next = 0;
const load = (content: string | Uint8Array, options: object = {}) => {
  const path = join(folder, `file${++next}.csv`);
  writeFileSync(path, content);
  return loadStudy(path, { codebook, ...options });
};
const refused = (content: string | Uint8Array, message: RegExp) =>
  assert.rejects(load(content), (error: Error) => {
    assert.ok(error instanceof StudyError);
    assert.match(error.message, message);
    return true;
  });

test("a good file: with and without BOM, CRLF, quotes, missing codes, labels for values, trailing empty lines", async () => {
  const rows = [
    { id: "a", person: "a", age: 20, agree: 1 },
    { id: "b", person: "b", age: 30, agree: null },
    { id: "c", person: "c", age: null, agree: 3 },
  ];
  const text = 'person,age,agree\r\n"a",20,1\r\nb, 30 ,-9\r\nc,,Yes\r\n\r\n';
  assert.deepEqual((await load(text)).rows, rows);
  assert.deepEqual((await load("\uFEFF" + text)).rows, rows);
  assert.deepEqual((await load(Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(text, "utf16le")]))).rows, rows);
  assert.deepEqual((await load(text.replaceAll(",", ";"))).rows, rows);
});

test("a missing column", () =>
  refused(
    "person,Age\na,20\n",
    /file\d+\.csv, column age: the column is missing; expected attribute "age" \(18 to 99 \(years\)\) among the columns person, Age; there is "Age", which is spelled differently/,
  ));

test("an answer out of range, and one that is no number", () =>
  refused(
    "person,age,agree\na,17,1\nb,old,4\n",
    /row 2, column age: found "17", expected 18 to 99 \(years\)\n.*row 3, column age: found "old", expected 18 to 99 \(years\)\n.*row 3, column agree: found "4", expected 1 \(no\), 2 \(perhaps\), 3 \(yes\)/,
  ));

test("a ragged row", async () => {
  await refused(
    "person,age,agree\na,20,1\nb,30\n",
    /file\d+\.csv, row 3: the row has 2 cells; expected 3, as in the header/,
  );
  await refused(
    "person,age,agree\na,20,1,oops\n",
    /row 2: the row has 4 cells; expected 3, as in the header \(the first beyond it is "oops"\)/,
  );
  await refused('person,age,agree\na,"20,1\nb,30,2\n', /row 2: a quotation mark \("\) is not closed/);
});

test("an empty file, a header alone, blank lines alone", async () => {
  await refused("", /file\d+\.csv: there is nothing in it; expected a header row and respondents/);
  await refused("\n\n", /there is nothing in it/);
  await refused("person,age,agree\n", /there are no rows; expected the respondents of small/);
});

test("a wrong encoding", () =>
  refused(
    Buffer.from("person,age,agree\na,20,1\nJos\xe9,30,2\n", "latin1"),
    /file\d+\.csv, row 3: the file is not UTF-8 \(byte 4 of the row\); expected UTF-8\nSave it as UTF-8/,
  ));

test("a repeated id", () =>
  refused(
    "person,age,agree\na,20,1\nb,30,2\na,40,3\n",
    /row 4, column person: found "a", this id is already that of row 2/,
  ));

test("weights that are negative, missing, or all zero", async () => {
  const items = [
    ...codebook.items,
    { name: "w", role: "weight", label: "weight", text: "", scale: { kind: "interval", min: 0, max: 9, step: 0 } },
  ];
  const weighted = { codebook: { ...codebook, items } };
  assert.deepEqual((await load("person,age,agree,w\na,20,1,1.5\nb,30,2,0\n", weighted)).weights, [1.5, 0]);
  await assert.rejects(
    load("person,age,agree,w\na,20,1,-1\n", weighted),
    /row 2, column w: found "-1", expected a weight of 0 or more/,
  );
  await assert.rejects(
    load("person,age,agree,w\na,20,1,\n", weighted),
    /row 2, column w: the answer is missing; expected a weight/,
  );
  await assert.rejects(load("person,age,agree,w\na,20,1,0\n", weighted), /column w: all weights are zero/);
});

test("a header that names a column twice or not at all", async () => {
  await refused("person,age,age\na,20,1\n", /row 1, column age: the header names this column twice/);
  await refused("person,,agree\na,20,1\n", /row 1: column 2 has no name in the header/);
});

test("many faults: the first ten are shown and the rest counted", async () => {
  const text = "person,age,agree\n" + Array.from({ length: 30 }, (_, i) => `p${i},7,1\n`).join("");
  await assert.rejects(load(text), (error: StudyError) => {
    assert.equal(error.problems.length, 30);
    assert.match(error.message, /… and 20 more/);
    return true;
  });
});

test("a changed file is refused by its hash", async () => {
  const path = join(folder, "hashed");
  const data = "person,age,agree\na,20,1\n";
  const { mkdirSync } = await import("node:fs");
  mkdirSync(path);
  writeFileSync(join(path, "data.csv"), data);
  const file = { path: "data.csv", format: "csv", sha256: "0".repeat(64) };
  writeFileSync(join(path, "codebook.json"), JSON.stringify({ ...codebook, file }));
  await assert.rejects(loadStudy(path), /data\.csv: its SHA-256 is [0-9a-f]{64}; the codebook expects 0000/);
  assert.equal((await loadStudy(path, { hash: "ignore" })).n, 1);
  // What damaged it is said too.
  writeFileSync(join(path, "data.csv"), "person,age,agree\na,20,1,4\n");
  await assert.rejects(loadStudy(path), /the codebook expects 0000[^]*row 2: the row has 4 cells; expected 3/);
});

test("no such study, no codebook, a codebook that is not JSON", async () => {
  await assert.rejects(
    loadStudy("anes69"),
    /anes69: there is no such file or folder, and no shipped study of this name\nShipped studies: anes96, disclosure, insurance\./,
  );
  const lonely = mkdtempSync(join(tmpdir(), "proband-"));
  writeFileSync(join(lonely, "x.csv"), "a\n1\n");
  await assert.rejects(
    loadStudy(join(lonely, "x.csv")),
    /there is no codebook for .*x\.csv\nDraft one with: proband init .*x\.csv/,
  );
  writeFileSync(join(lonely, "codebook.json"), "{");
  await assert.rejects(loadStudy(join(lonely, "x.csv")), /codebook\.json: this is not JSON/);
  rmSync(lonely, { recursive: true });
});

test("a list of people without answers is read with answers: optional", async () => {
  const people = await load("person,age\na,20\n", { answers: "optional" });
  assert.deepEqual(people.names, ["person", "age"]);
});

test("another file of people is read with the same codebook, in its own format", async () => {
  const lonely = mkdtempSync(join(tmpdir(), "proband-"));
  const file = { path: "pilot.tsv", format: "tsv", delimiter: "\t", sha256: "0".repeat(64) } as const;
  const path = join(lonely, "more.csv");
  writeFileSync(path, "person,age\nz,44\n");
  const more = await loadStudy(path, { codebook: { ...codebook, file }, answers: "optional" });
  assert.deepEqual(more.rows, [{ id: "z", person: "z", age: 44 }]);
  writeFileSync(join(lonely, "pilot.tsv"), "person\tage\tagree\nz\t44\t1\n");
  await assert.rejects(loadStudy(join(lonely, "pilot.tsv"), { codebook: { ...codebook, file } }), /SHA-256/);
  rmSync(lonely, { recursive: true });
});

test("faults of a codebook name the place and what was expected", () => {
  const fault = (change: (c: any) => void, message: RegExp) => {
    const copy = structuredClone(codebook);
    change(copy);
    assert.throws(() => parseCodebook(copy), message);
  };
  fault((c) => delete c.title, /codebook\.json, column top level: expected the property "title"/);
  fault(
    (c) => (c.items[1].role = "atribute"),
    /items\.1\.role: found "atribute", expected one of id, attribute, treatment/,
  );
  fault((c) => (c.items[1].scale.maximum = 3), /items\.1\.scale: the property "maximum" is not known here/);
  fault((c) => (c.items[2].name = "age"), /column age: an item's name must be unique/);
  fault((c) => (c.items[1].scale.max = 10), /column age: max \(10\) must be above min \(18\)/);
  fault(
    (c) => (c.defaults.outcome = "x"),
    /defaults\.outcome: found "x", expected an item; there are person, age, agree/,
  );
  fault(
    (c) => (c.rule = { action: "agree", text: "", cases: [{ when: { gt: [{ item: "nope" }, 1] }, implies: 9 }] }),
    /found "nope", expected an item[\s\S]*found 9, expected an option of agree/,
  );
  fault((c) => (c.rule = { action: "agree", text: "", cases: [{ when: { bigger: 1 }, implies: 1 }] }), /rule\.cases/);
});
