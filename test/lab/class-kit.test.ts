// The offline class kit: packed here, unpacked in a folder that has nothing, and run where there is no network.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { dataFolder } from "proband/study";

const main = join(dataFolder(), "..", "dist", "cli", "main.js");
const folder = mkdtempSync(join(tmpdir(), "proband kit "));
const archive = join(folder, "kit.tar.gz");
const room = join(folder, "a class room");
const kit = join(room, "proband-class-kit");
after(() => rmSync(folder, { recursive: true, force: true }));

/** A student's laptop: an empty home, no npm cache, registries that answer nobody, and, where allowed, no network at all. */
function student(...command: string[]) {
  const home = join(folder, "home");
  mkdirSync(home, { recursive: true });
  const env = {
    PATH: process.env["PATH"],
    HOME: home,
    npm_config_registry: "http://127.0.0.1:9",
    npm_config_cache: join(home, "npm-cache"),
    HTTPS_PROXY: "http://127.0.0.1:9",
    HTTP_PROXY: "http://127.0.0.1:9",
  };
  // Only loopback, which the kernel's sockets need.
  const cutOff = spawnSync("unshare", ["-n", "true"]).status === 0;
  const [program, ...args] = cutOff
    ? ["unshare", "-n", "sh", "-c", 'ip link set lo up 2>/dev/null || ifconfig lo up; exec "$@"', "sh", ...command]
    : command;
  const ran = spawnSync(program!, args, { cwd: kit, env, encoding: "utf8", timeout: 500_000 });
  return { ...ran, cutOff };
}

before(() => {
  const packed = spawnSync(process.execPath, [main, "classroom", "pack", "-o", archive], { encoding: "utf8" });
  assert.equal(packed.status, 0, packed.stderr);
  mkdirSync(room);
  assert.equal(spawnSync("tar", ["-xzf", archive, "-C", room]).status, 0);
});

test("the archive holds package, model, data and notebooks, and nothing of who packed it", (t) => {
  t.diagnostic(`${(statSync(archive).size / 1e6).toFixed(0)} MB`);
  assert.match(readFileSync(join(kit, "START.md"), "utf8"), /00-quickstart/);
  const notebooks = readdirSync(join(kit, "proband", "notebooks"));
  assert.ok(notebooks.includes("00-quickstart.ipynb"));
  assert.deepEqual(
    notebooks.filter((f) => f.startsWith(".") || f === "own-data"),
    [],
  );
});

test("a fresh folder without network: the quickstart runs from sampling to the verdict", { timeout: 600_000 }, (t) => {
  const cli = join("proband", "dist", "cli", "main.js");
  const quickstart = join("proband", "notebooks", "00-quickstart.ipynb");
  const ran = student(process.execPath, cli, "run", quickstart, "-q", "-o", "quickstart.ipynb");
  t.diagnostic(ran.cutOff ? "in a network name space with loopback only" : "registries and proxies lead nowhere");
  assert.equal(ran.status, 0, ran.stdout + ran.stderr);
  const text = readFileSync(join(kit, "quickstart.ipynb"), "utf8");
  assert.match(text, /Verdict on ft:proband-base/);
  // Frames too: danfojs is an optional package, and the kit has it.
  const frame = student(
    process.execPath,
    "--input-type=module",
    "-e",
    'import { loadStudy } from "./proband/dist/index.js"; console.log((await (await loadStudy("anes96")).toDanfo()).shape.join())',
  );
  assert.equal(frame.stdout.trim(), "944,10", frame.stderr);
});

test("the kernel installs from the kit", () => {
  const installed = student(
    process.execPath,
    join("proband", "dist", "cli", "main.js"),
    "install",
    "--prefix",
    join(folder, "jupyter"),
  );
  assert.equal(installed.status, 0, installed.stderr);
  const spec = readFileSync(join(folder, "jupyter", "share", "jupyter", "kernels", "proband", "kernel.json"), "utf8");
  assert.ok(JSON.parse(spec).argv.some((a: string) => a.startsWith(kit)));
});
