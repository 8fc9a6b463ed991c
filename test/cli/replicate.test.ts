// The main job from the command line: computed anew to the same table, resumed after a kill, and refused without traces.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { dataFolder } from "proband/study";

const main = join(dataFolder(), "..", "dist", "cli", "main.js");
// A space and a letter outside ASCII: paths are not to matter.
const scratch = mkdtempSync(join(tmpdir(), "proband ü "));
after(() => rmSync(scratch, { recursive: true, force: true }));

const small = ["replicate", "anes96", "--n", "20", "--people", "40", "--seeds", "1", "--replicates", "50"];
const proband = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { cwd: scratch, encoding: "utf8" });
interface Row {
  variant: string;
  kind: string;
  jsd: number | null;
  [column: string]: unknown;
}
const table = (folder: string) =>
  (
    JSON.parse(readFileSync(join(scratch, folder, "tables", "comparison.json"), "utf8")) as {
      rows: Row[];
    }
  ).rows;
const ledgerOf = (folder: string) => {
  const ledgers = join(scratch, folder, "state", "ledgers");
  return readFileSync(
    join(
      ledgers,
      readdirSync(ledgers).find((f) => f.endsWith(".jsonl"))!,
    ),
    "utf8",
  )
    .split("\n")
    .filter(Boolean)
    .slice(1);
};

test("every reference stands in the table, and the files it names are there", () => {
  const run = proband(...small, "-o", "first");
  assert.equal(run.status, 0, run.stderr);
  const names = table("first").map((r) => r.variant);
  for (const wanted of [
    "the people themselves",
    "base model, not finetuned",
    "base model, examples in the prompt",
    "finetuned on 10 people",
    "pilot, marginal bootstrap",
    "pilot, row bootstrap",
    "uniform answers",
  ])
    assert.ok(names.includes(wanted), `${wanted} is missing from ${names.join("; ")}`);
  for (const row of table("first")) {
    for (const name of ["structures", "structuresHuman", "gapHuman", "floor"])
      assert.equal(typeof row[name], "number", `${row.variant}: ${name}`);
    const groups = row["byGroup"] as { by: string; jsd: number | null; floor: number | null }[];
    assert.deepEqual(
      groups.map((g) => g.by),
      ["PID", "educ"],
    );
    if (row.kind === "human") continue;
    assert.match(String(row["signF1"]), /^((0\/0|\d\.\d\d) \(\d+\/\d+\)|not estimable)$/);
    assert.ok(groups.every((g) => g.jsd! > 0 && g.jsd! <= 1));
    if (row.kind === "finetuned")
      assert.equal(typeof row["resampled"], "number", "its pilot, resampled, stands beside it");
  }
  const byVariant = readFileSync(join(scratch, "first", "tables", "jsd-by-group.csv"), "utf8").split("\n");
  assert.match(byVariant[0]!, /^by,group,n,floor,base,few-shot,finetuned-10,/);
  assert.match(run.stdout, /built in\. It knows how questionnaires are answered and nothing of the world/);
  assert.match(run.stdout, /does NOT beat|beats/);
  const long = run.stdout.split("\n").filter((line) => line.length > 100);
  assert.deepEqual(long, [], "lines fit a terminal of 100 columns");
  const report = readFileSync(join(scratch, "first", "report.html"), "utf8");
  assert.match(report, /<svg/);
  assert.doesNotMatch(report, /<script|https?:\/\/(?!www\.w3\.org|doi\.org|arxiv\.org)[^"' <]*\.(js|css|png)/);
  for (const figure of ["beliefs", "distance-by-PID", "structures", "actions", "sampling", "training"])
    assert.ok(existsSync(join(scratch, "first", "figures", `${figure}.svg`)), figure);
});

test("the same seed gives the same table from nothing, and a second run asks nothing", () => {
  assert.equal(proband(...small, "-o", "second").status, 0);
  assert.deepEqual(
    table("second").map(({ variant, jsd }) => [variant.replace(/ft:\S+/, ""), jsd]),
    table("first").map(({ variant, jsd }) => [variant.replace(/ft:\S+/, ""), jsd]),
  );
  const before = ledgerOf("second");
  assert.equal(proband(...small, "-o", "second").status, 0);
  assert.deepEqual(ledgerOf("second"), before);
});

test("against a server the whole study runs by its address alone, to the same table", async () => {
  const env = { ...process.env, PROBAND_API_KEY: "a key of this test" };
  const server = spawn(process.execPath, [main, "serve", "--port", "0", "--home", join(scratch, "server")], { env });
  try {
    const url = await new Promise<string>((resolve, reject) => {
      let said = "";
      server.once("close", () => reject(new Error(`the server ended: ${said}`)));
      server.stdout.on("data", (text) => {
        const found = / at (http:\S+)/.exec((said += String(text)));
        if (found) resolve(found[1]!);
      });
    });
    const args = [...small, "--provider", "proband", "--base-url", url, "-o", "served"];
    // Not spawnSync: the server's output must go on being read.
    const run = spawn(process.execPath, [main, ...args], { cwd: scratch, env, stdio: ["ignore", "ignore", "pipe"] });
    let errors = "";
    run.stderr.on("data", (text) => (errors += String(text)));
    const code = await new Promise((resolve) => run.once("close", resolve));
    assert.equal(code, 0, errors);
    assert.deepEqual(table("served"), table("first"));
  } finally {
    server.kill("SIGTERM");
  }
});

test("killed in the middle and started again it completes, and no answer is asked twice", async () => {
  const child = spawn(process.execPath, [main, ...small, "-o", "killed"], { cwd: scratch, stdio: "ignore" });
  // Killed once some answers are on disk: in the midst of a simulation.
  await new Promise<void>((resolve, reject) => {
    const timer = setInterval(() => {
      const ledgers = join(scratch, "killed", "state", "ledgers");
      if (
        existsSync(ledgers) &&
        readdirSync(ledgers).some((f) => f.endsWith(".jsonl")) &&
        ledgerOf("killed").length > 20
      )
        child.kill("SIGKILL");
    }, 5);
    child.on("exit", (_code, signal) => {
      clearInterval(timer);
      signal === "SIGKILL" ? resolve() : reject(new Error("it ended before it was killed"));
    });
  });
  const kept = ledgerOf("killed").length;
  const again = proband(...small, "-o", "killed");
  assert.equal(again.status, 0, again.stderr);
  const keys = ledgerOf("killed").map((line) => (JSON.parse(line) as { key: string }).key);
  assert.ok(keys.length > kept);
  assert.equal(new Set(keys).size, keys.length, "an answer was recorded twice");
  assert.deepEqual(
    table("killed").map((r) => r.jsd),
    table("first").map((r) => r.jsd),
  );
});

test("bad data: exit code 1, the place named, nothing written", () => {
  const codebook = JSON.parse(readFileSync(join(dataFolder(), "anes96", "codebook.json"), "utf8")) as {
    file: { path: string; sha256?: string };
  };
  delete codebook.file.sha256;
  const good = readFileSync(join(dataFolder(), "anes96", codebook.file.path), "utf8").split("\n");
  codebook.file.path = "data.csv";
  writeFileSync(join(scratch, "codebook.json"), JSON.stringify(codebook));
  const cases: [string, string, RegExp][] = [
    ["a missing column", good.map((l) => l.split("\t").slice(0, -1).join("\t")).join("\n"), /data\.csv.*vote/s],
    [
      "an answer out of range",
      [good[0], good[1]!.replace(/^(\S+)\t(\S+)\t\S+/, "$1\t$2\t12"), ...good.slice(2)].join("\n"),
      /data\.csv.*row 2.*selfLR.*12/s,
    ],
    ["a ragged row", [good[0], good[1] + "\t7", ...good.slice(2)].join("\n"), /data\.csv.*row 2/s],
    ["nothing", "", /data\.csv.*(empty|no rows|nothing)/is],
  ];
  for (const [what, text, expected] of cases) {
    writeFileSync(join(scratch, "data.csv"), text);
    const run = proband("replicate", "codebook.json", "-o", "bad");
    assert.equal(run.status, 1, what);
    assert.match(run.stderr, expected, what);
    assert.ok(!existsSync(join(scratch, "bad")), `${what}: something was written`);
  }
  // A byte-order mark is no fault.
  writeFileSync(join(scratch, "data.csv"), "\uFEFF" + good.join("\n"));
  assert.equal(proband("replicate", "codebook.json", "-o", "bom", ...small.slice(2)).status, 0);
});

test("too few people, an unknown study, an unknown option", () => {
  for (const [args, expected] of [
    [["replicate", "anes96", "--n", "2"], /n = 2: expected 4 to 472 people/],
    [["replicate", "nowhere"], /Shipped studies: .*anes96/],
    [["replicate", "--seed", "x"], /whole number/],
    [["frobnicate"], /unknown command/],
  ] as [string[], RegExp][]) {
    const run = proband(...args);
    assert.equal(run.status, 1, args.join(" "));
    assert.match(run.stderr, expected);
  }
});
