import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { inferScale } from "#src/study/infer-scale.js";
import { dataFolder, draft, draftCodebook, from, loadStudy, parseCodebook, rawTable, writeDraft } from "proband/study";

const folder = mkdtempSync(join(tmpdir(), "proband init "));
after(() => rmSync(folder, { recursive: true }));
const shipped = (study: string, file: string) => {
  const path = join(folder, file);
  copyFileSync(join(dataFolder(), study, file), path);
  return path;
};
const main = join(dataFolder(), "..", "dist", "cli", "main.js");
const one = (values: unknown[], name = "x") => {
  const { codebook, rows } = draftCodebook(
    rawTable({ [name]: values, other: values.map((_, i) => ["a", "b"][i % 2]) }),
  );
  return { item: codebook.items.find((i) => i.name === name), row: rows.find((r) => r.column === name)! };
};
const repeat = (values: unknown[], times = 10) => Array.from({ length: times }, () => values).flat();

for (const [study, file] of [
  ["anes96", "anes96.tsv"],
  ["disclosure", "disclosure.tsv"],
  ["insurance", "insurance.tsv"],
] as const)
  test(`${study}: the draft is a valid codebook that every row of its file fits, with the shipped one's outcome`, async () => {
    const path = shipped(study, file);
    // The header of anes96 stands in single quotes, which only its codebook knows.
    writeFileSync(path, readFileSync(path, "utf8").replace(/'/g, ""));
    const { codebook } = await draft(path);
    parseCodebook(codebook);
    const loaded = await loadStudy(path, { codebook });
    const real = await loadStudy(study);
    assert.equal(loaded.n, real.n);
    assert.equal(loaded.dropped, 0);
    if (study !== "disclosure") assert.equal(codebook.defaults.outcome, real.codebook.rule!.action);
    const role = (name: string) => codebook.items.find((i) => i.name === name)?.role;
    assert.equal(role("age"), "attribute");
    assert.equal(codebook.sharing, "forbidden");
  });

test("scales: two values, few steps, percentages, decimals, words in their usual order", () => {
  assert.equal(one(repeat([0, 1])).item!.scale.kind, "nominal");
  assert.deepEqual(one(repeat([1, 2, 4, 5])).item!.scale, {
    kind: "ordinal",
    options: [1, 2, 3, 4, 5].map((v) => ({ value: v, label: String(v) })),
  });
  assert.deepEqual(one(repeat([0, 35, 70, 95])).item!.scale, { kind: "interval", min: 0, max: 100, step: 5 });
  assert.deepEqual(one(repeat([0.5, 1, 12.5])).item!.scale, { kind: "interval", min: 0.5, max: 12.5, step: 0.5 });
  assert.deepEqual(one(repeat([0.123456, 7.1, 3])).item!.scale, { kind: "interval", min: 0.123456, max: 7.1, step: 0 });
  const likert = one(repeat(["Agree", "Strongly disagree", "Disagree"])).item!.scale;
  assert.equal(likert.kind, "ordinal");
  assert.deepEqual("options" in likert && likert.options.map((o) => o.value), [
    "Strongly disagree",
    "Disagree",
    "Agree",
  ]);
});

test("missing codes stand apart from the answers and are asked about", () => {
  assert.deepEqual(one(repeat([1, 2, 3, 4, 5, 9])).item!.missing, [9]);
  assert.deepEqual(one(repeat([1, 2, 3, -9, -8])).item!.missing, [-9, -8]);
  assert.deepEqual(one(repeat([20, 35, 61, 999])).item!.missing, [999]);
  assert.deepEqual(one(repeat(["yes", "no", "N/A"])).item!.missing, ["N/A"]);
  assert.match(one(repeat([1, 2, 3, 4, 5, 9])).row.check, /are 9 codes for missing\?/);
  // Ages up to 97 and a scale up to 9 have no codes.
  assert.equal(
    one(
      Array.from({ length: 80 }, (_, i) => 18 + i),
      "age",
    ).item!.missing,
    undefined,
  );
  assert.equal(one(repeat([1, 2, 3, 4, 5, 6, 7, 8, 9])).item!.missing, undefined);
});

test("what identifies people, free text, dates and the software's own columns are left out, with the reason", async () => {
  const { rows, codebook, notes } = await draft(fileURLToPath(new URL("fixtures/qualtrics.csv", import.meta.url)));
  const left = Object.fromEntries(rows.filter((r) => r.role === "left out").map((r) => [r.column, r.answers]));
  assert.equal(left.IPAddress, "may identify people");
  assert.equal(left.StartDate, "of the survey software");
  assert.equal(codebook.items.find((i) => i.name === "Q2_1")!.text, "How much do you agree? - First statement");
  assert.ok(notes.includes("1 survey preview left out"));
});

test("SPSS labels become the codebook's words, declared missing values its codes", async () => {
  const { codebook } = await draft(fileURLToPath(new URL("fixtures/rows.sav", import.meta.url)));
  const agree = codebook.items.find((i) => i.name === "agree")!;
  assert.equal(agree.text, "How much do you agree?");
  assert.deepEqual(agree.scale, {
    kind: "ordinal",
    options: ["strongly disagree", "2", "3", "4", "strongly agree"].map((label, k) => ({ value: k + 1, label })),
  });
  assert.deepEqual(agree.missing, [9]);
});

for (const file of ["gaps.csv", "index.csv", "commas.csv", "declared.sav"])
  test(`${file}: drafted and read as pandas and pyreadstat wrote it, whatever the dialect`, async () => {
    const path = fileURLToPath(new URL(`fixtures/${file}`, import.meta.url));
    const { codebook, notes } = await draft(path);
    const study = await loadStudy(path, { codebook });
    assert.equal(codebook.items.find((i) => i.role === "id")!.name, "person");
    assert.deepEqual([study.n, ...study.ids.slice(0, 2)], [24, "r00", "r01"]);
    assert.deepEqual(study.column("trust").slice(0, 8), [1, 2, 3, null, null, 6, 7, 1]);
    assert.deepEqual(study.column("income").slice(0, 3), [1000, 1012.5, 1025]);
    const trust = codebook.items.find((i) => i.name === "trust")!;
    assert.deepEqual(trust.missing, [99]);
    assert.equal(trust.scale.kind, "ordinal");
    if (file === "declared.sav")
      assert.deepEqual(
        (trust.scale as { options: { label: string }[] }).options.map((o) => o.label),
        ["not at all", "2", "3", "4", "5", "6", "completely"],
      );
    if (file === "commas.csv") assert.match(notes.join(), /decimal commas are read as points in trust, income/);
    if (file === "index.csv") assert.match(notes.join(), /only counts rows is left out/);
  });

test("a labelled code that stands apart and means don't know is no step of the scale", () => {
  const labels = new Map([
    [1, "not at all"],
    [5, "completely"],
    [98, "Can't choose"],
  ]);
  const inferred = inferScale([1, 2, 3, 4, 5, 98, 98, 5, 4, 3], labels);
  assert.deepEqual(inferred.missing, [98]);
});

test("column names that formulas cannot hold are renamed, and the data still found", () => {
  const raw = rawTable({ "Q1 (years)": [20, 30, 40], "2nd": ["a", "b", "a"], "2nd ": ["c", "d", "d"] });
  const { codebook } = draftCodebook(raw);
  assert.deepEqual(
    codebook.items.map((i) => i.name),
    ["Q1_years", "_2nd", "_2nd_2"],
  );
  assert.deepEqual(from({ "Q1 (years)": [20], "2nd": ["b"], "2nd ": ["c"] }, codebook).row(0), {
    id: "1",
    Q1_years: 20,
    _2nd: "b",
    _2nd_2: "c",
  });
});

test("proband init writes a codebook that loadStudy finds, keeps one that is there, and says what is wrong", async () => {
  const path = shipped("disclosure", "disclosure.tsv");
  const out = execFileSync(process.execPath, [main, "init", path], { encoding: "utf8" });
  assert.match(out, /all 929 respondents fit it/);
  assert.ok(existsSync(join(folder, "disclosure.codebook.json")));
  assert.equal((await loadStudy(path)).n, 929);
  const again = spawnSync(process.execPath, [main, "init", path], { encoding: "utf8" });
  assert.equal(again.status, 1);
  assert.match(again.stderr, /there is a codebook already.*not overwritten/);
  await assert.doesNotReject(writeDraft(path, { force: true }));
  const bad = join(folder, "bad.csv");
  writeFileSync(bad, "a,b\n1\n");
  const refused = spawnSync(process.execPath, [main, "init", bad], { encoding: "utf8" });
  assert.equal(refused.status, 1);
  assert.match(refused.stderr, /bad\.csv, row 2: the row has 1 cells; expected 2/);
  assert.ok(!existsSync(join(folder, "bad.codebook.json")));
  const none = spawnSync(process.execPath, [main, "init", join(folder, "none.csv")], { encoding: "utf8" });
  assert.match(none.stderr, /none\.csv: there is no such file/);
});
