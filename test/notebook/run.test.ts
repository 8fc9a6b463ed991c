// `proband run` through a real kernel: what it writes beside the outputs, and what --check finds.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { dataFolder } from "proband/study";

const main = join(dataFolder(), "..", "dist", "cli", "main.js");
const folder = mkdtempSync(join(tmpdir(), "proband ü "));
after(() => rmSync(folder, { recursive: true, force: true }));
const proband = (...args: string[]) => spawnSync(process.execPath, [main, ...args], { cwd: folder, encoding: "utf8" });
const git = (...args: string[]) =>
  spawnSync("git", ["-c", "user.name=Test", "-c", "user.email=t@example.org", ...args], {
    cwd: folder,
    encoding: "utf8",
  });

const sources = [
  'import { loadStudy, sampling } from "proband";\nconst anes = await loadStudy("anes96");',
  "const n = 20;",
  "const { pilot } = sampling.simpleRandom(anes, { n, seed: 20261124 });\npilot.ids.slice(0, 3)",
];
const write = (name: string, cells: string[]) =>
  writeFileSync(
    join(folder, name),
    JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: "proband", display_name: "Proband" } },
      cells: cells.map((source, i) => ({
        cell_type: "code",
        id: `c${i}`,
        source,
        metadata: i === 1 ? { tags: ["parameters"] } : {},
        outputs: [],
        execution_count: null,
      })),
    }),
  );
const read = (name: string) => JSON.parse(readFileSync(join(folder, name), "utf8"));

test("outputs carry commit, code, data, seeds, parameters, versions and machine", () => {
  write("study.ipynb", sources);
  git("init", "-q");
  git("add", "study.ipynb");
  git("commit", "-qm", "study");
  const run = proband("run", "study.ipynb", "-q", "-p", "n=25");
  assert.equal(run.status, 0, run.stderr);
  const made = read("study.run.ipynb").metadata.proband;
  const dataFile = readFileSync(join(dataFolder(), "anes96", "anes96.tsv"));
  assert.equal(made.data.anes96, createHash("sha256").update(dataFile).digest("hex"));
  assert.ok(made.git.startsWith(git("rev-parse", "HEAD").stdout.trim()));
  assert.deepEqual(made.seeds, [20261124]);
  assert.deepEqual(made.parameters, { n: 25 });
  assert.equal(made.node, process.versions.node);
  assert.match(made.packages["onnxruntime-node"], /^\d+\.\d+/);
  assert.match(made.code, /^[0-9a-f]{64}$/);
  assert.ok(made.cpus >= 1 && made.memory >= 1);
  assert.ok(Math.abs(Date.now() - Date.parse(made.executed)) < 120_000);
});

test("--check passes on what was saved, and names the cell that now differs", () => {
  assert.equal(proband("run", "study.ipynb", "-q", "-o", "saved.ipynb").status, 0);
  const same = proband("run", "saved.ipynb", "-q", "--check");
  assert.equal(same.status, 0, same.stderr);
  assert.match(same.stdout, /3 of 3 cells gave the saved outputs/);
  const notebook = read("saved.ipynb");
  notebook.cells[2].outputs[0].data["text/plain"] = "[ 'nobody' ]";
  writeFileSync(join(folder, "saved.ipynb"), JSON.stringify(notebook));
  const other = proband("run", "saved.ipynb", "-q", "--check");
  assert.equal(other.status, 1);
  assert.match(other.stderr, /Cell 3 differs/);
  assert.match(other.stderr, /saved: \[ 'nobody' \]/);
});

test("a parameter that would change nothing is refused with what to do", () => {
  write("study.ipynb", sources);
  assert.match(proband("run", "study.ipynb", "-q", "-p", "m=1").stderr, /tagged "parameters" has no m; it sets n\n/);
  const untagged = read("study.ipynb");
  untagged.cells[1].metadata = {};
  writeFileSync(join(folder, "untagged.ipynb"), JSON.stringify(untagged));
  const run = (p: string) => proband("run", "untagged.ipynb", "-q", "-p", p);
  assert.match(run("n=1").stderr, /would change nothing: .*code cell 2 sets n again/);
  assert.match(run("seed=1").stderr, /no cell is tagged "parameters", and none uses seed/);
  assert.equal(run("n=1").status, 1);
});

test("a plot's state is saved, and an HTML export carries it for a plot that is brushed without a kernel", () => {
  const rows = "[{ a: 1, b: 2 }, { a: 2, b: 1 }]";
  write("plot.ipynb", [
    'import { plotView, slider } from "proband/widgets";',
    "slider({ min: 1, max: 3 });",
    `plotView({ data: ${rows}, marks: [{ mark: "dot", x: "a", y: "b" }], brush: "xy" })`,
  ]);
  assert.equal(proband("run", "plot.ipynb", "-q").status, 0);
  const html = proband("export", "plot.run.ipynb", "--to", "html");
  assert.equal(html.status, 0, html.stderr);
  const page = readFileSync(join(folder, "plot.run.html"), "utf8");
  const [, id] = /data-proband-model="(\w+)"/.exec(page)!;
  const { state } = JSON.parse(/id="proband-widget-state">([^<]+)</.exec(page)![1]!);
  assert.equal(state[id!].model_name, "PlotModel");
  // The slider is shown nowhere and stays out.
  assert.ok(!JSON.stringify(state).includes("IntSlider"));
});

test("a failing cell: exit code 1, later cells not run, outputs kept", () => {
  write("bad.ipynb", ["1 + 1", "const x = 2;", "throw new Error('broken')", "'never'"]);
  const run = proband("run", "bad.ipynb", "-q");
  assert.equal(run.status, 1);
  assert.match(run.stderr, /Cell 3 failed/);
  assert.ok(!run.stderr.includes("\u001b"), "colours are for terminals");
  const { cells } = read("bad.run.ipynb");
  assert.equal(cells[0].outputs[0].data["text/plain"].toString(), "2");
  assert.equal(cells[2].outputs[0].output_type, "error");
  assert.deepEqual(cells[3].outputs, []);
});
