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

test("a failing cell: exit code 1, later cells not run, outputs kept", () => {
  write("bad.ipynb", ["1 + 1", "const x = 2;", "throw new Error('broken')", "'never'"]);
  const run = proband("run", "bad.ipynb", "-q");
  assert.equal(run.status, 1);
  assert.match(run.stderr, /Cell 3 failed/);
  const { cells } = read("bad.run.ipynb");
  assert.equal(cells[0].outputs[0].data["text/plain"].toString(), "2");
  assert.equal(cells[2].outputs[0].output_type, "error");
  assert.deepEqual(cells[3].outputs, []);
});
