// proband run, install, list and uninstall, as a user types them.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { after, test } from "node:test";
import { freePorts } from "#src/notebook/free-ports.js";
import { Client, kernelMain } from "./client.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "proband run "));
after(() => rmSync(folder, { recursive: true, force: true }));

const proband = (...args: string[]) =>
  spawnSync(process.execPath, [join(root, "dist", "cli", "main.js"), ...args], {
    cwd: folder,
    encoding: "utf8",
    timeout: 60_000,
    env: { ...process.env, JUPYTER_PATH: "" },
  });

function notebook(name: string, ...cells: (string | { source: string; tags: string[] })[]): string {
  const path = join(folder, `${name}.ipynb`);
  const code = cells.map((c, i) => ({
    cell_type: "code",
    id: `c${i}`,
    source: typeof c === "string" ? c : c.source,
    metadata: typeof c === "string" ? {} : { tags: c.tags },
    outputs: [],
    execution_count: null,
  }));
  writeFileSync(
    path,
    JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: "proband", display_name: "p", language: "typescript" } },
      cells: code,
    }),
  );
  return path;
}
const read = (path: string) => JSON.parse(readFileSync(path, "utf8"));
const textOf = (cell: any) => cell.outputs.map((o: any) => o.text ?? o.data?.["text/plain"] ?? o.ename).join("|");

test("run: parameters, streams, results, displays updated in place", () => {
  const path = notebook(
    "good",
    { source: "const n = 3; const label = 'x'", tags: ["parameters"] },
    "console.log(label); console.log('twice'); n * 2",
    "const id = display('before'); display('after', { id, update: true });",
  );
  const done = proband("run", path, "-p", "n=21", "-p", "label=hello");
  assert.equal(done.status, 0, done.stderr);
  const { cells, metadata } = read(join(folder, "good.run.ipynb"));
  assert.equal(textOf(cells[2]), "hello\ntwice\n|42");
  assert.equal(textOf(cells[3]), "'after'");
  assert.equal(metadata.proband.parameters.n, 21);
  assert.equal(cells[2].execution_count, 3);
});

test("run: a failing cell stops the run, is named, and the exit code is 1", () => {
  const path = notebook("bad", "const a = 1", "a.b.c", "'never'");
  const done = proband("run", path);
  assert.equal(done.status, 1);
  assert.match(done.stderr, /Cell 2 failed/);
  assert.match(done.stderr, /TypeError/);
  const { cells } = read(join(folder, "bad.run.ipynb"));
  assert.equal(cells[1].outputs[0].output_type, "error");
  assert.deepEqual(cells[2].outputs, []);
  assert.equal(proband("run", path, "--allow-errors").status, 0);
  assert.equal(proband("run", notebook("raises", { source: "throw 1", tags: ["raises-exception"] })).status, 0);
});

test("run: a cell that takes too long is interrupted", () => {
  const done = proband("run", notebook("slow", "await null; while (true) {}"), "--timeout", "1");
  assert.equal(done.status, 1);
  assert.match(done.stderr, /longer than 1 seconds/);
});

test("run: type errors stop a run that asks for it", () => {
  const path = notebook("typed", "const n: number = 'text'");
  assert.equal(proband("run", path).status, 0);
  const strict = proband("run", path, "--typecheck", "error");
  assert.equal(strict.status, 1);
  assert.match(strict.stderr, /TS2322/);
});

test("run --check compares with the saved outputs", () => {
  const path = notebook("check", "1 / 3", "console.log('same')");
  assert.equal(proband("run", path, "--in-place").status, 0);
  assert.equal(proband("run", path, "--check").status, 0);
  const changed = read(path);
  changed.cells[0].outputs[0].data["text/plain"] = "0.34";
  writeFileSync(path, JSON.stringify(changed));
  const done = proband("run", path, "--check");
  assert.equal(done.status, 1);
  assert.match(done.stderr, /Cell 1 differs[\s\S]*saved: 0\.34/);
  assert.equal(proband("run", path, "--check", "--tolerance", "0.1").status, 0);
});

test("run: process.exit and a killed kernel end in a message, never a hang", () => {
  assert.match(proband("run", notebook("exit", "process.exit(7)")).stderr, /process\.exit\(7\)/);
  const killed = proband(
    "run",
    notebook("killed", "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})"),
  );
  assert.equal(killed.status, 1);
  assert.match(killed.stderr, /kernel's process ended \(SIGKILL\)/);
  const hoard = notebook("hoard", "const hoard = []; while (true) hoard.push(new Array(1000).fill({}))");
  const full = proband("run", hoard, "--memory", "64");
  assert.equal(full.status, 1);
  assert.match(full.stderr, /ended \(SIGABRT\): it ran out of memory\. .*--memory/);
});

test("run: a kernel that cannot start is said, and the run ends", () => {
  // Less memory than Node itself needs.
  const done = proband("run", notebook("tiny", "1"), "--memory", "1");
  assert.equal(done.signal, null, "it ended by itself");
  assert.equal(done.status, 1);
  assert.match(done.stderr, /kernel's process ended .*--memory/);
});

test("a kernel whose port is taken names it and exits with 1, each time", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const { port } = taken.address() as { port: number };
  const names = ["shell", "control", "stdin", "iopub", "hb"];
  for (const [i, name] of names.entries()) {
    const ports = await freePorts(names.length);
    const connection = Object.fromEntries(names.map((n, k) => [`${n}_port`, k === i ? port : ports[k]]));
    const file = join(folder, "taken.json");
    writeFileSync(file, JSON.stringify({ transport: "tcp", ip: "127.0.0.1", key: "k", ...connection }));
    const done = spawnSync(process.execPath, [kernelMain, file], { encoding: "utf8", timeout: 30_000 });
    assert.equal(done.status, 1, `${done.signal ?? ""}: ${done.stderr}`);
    assert.match(done.stderr, new RegExp(`the ${name} port ${port} of 127.0.0.1 cannot be opened`));
  }
  taken.close();
});

test("install, list, uninstall; the installed command starts a kernel, from a path with spaces", async () => {
  // The package itself under a path with spaces, as a global install may be.
  const linked = join(folder, "node modules", "proband");
  mkdirSync(join(folder, "node modules"), { recursive: true });
  symlinkSync(root, linked, "junction");
  const prefix = join(folder, "my prefix");
  const done = spawnSync(
    process.execPath,
    [
      "--preserve-symlinks",
      "--preserve-symlinks-main",
      join(linked, "dist", "cli", "main.js"),
      "install",
      "--prefix",
      prefix,
    ],
    { encoding: "utf8" },
  );
  assert.equal(done.status, 0, done.stderr);
  const spec = read(join(prefix, "share", "jupyter", "kernels", "proband", "kernel.json"));
  assert.equal(spec.display_name, "TypeScript (Proband)");
  assert.equal(spec.language, "typescript");
  assert.equal(spec.interrupt_mode, "message");
  assert.equal(spec.metadata.debugger, true);
  for (const logo of ["logo-32x32.png", "logo-64x64.png", "logo-svg.svg"])
    assert.ok(existsSync(join(prefix, "share", "jupyter", "kernels", "proband", logo)));
  const client = await (await Client.start({ command: spec.argv, cwd: folder })).ready();
  assert.equal((await client.execute("1 + 1")).result, "2");
  await client.stop();
  const listed = spawnSync(process.execPath, [join(root, "dist", "cli", "main.js"), "list"], {
    encoding: "utf8",
    env: { ...process.env, JUPYTER_PATH: join(prefix, "share", "jupyter") },
  });
  assert.match(listed.stdout, /TypeScript \(Proband\).*my prefix/);
  assert.equal(proband("uninstall", "--prefix", prefix).status, 0);
  assert.equal(existsSync(join(prefix, "share", "jupyter", "kernels", "proband")), false);
  assert.equal(proband("uninstall", "--prefix", prefix).status, 1);
});
