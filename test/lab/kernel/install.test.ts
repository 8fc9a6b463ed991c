// The package as npm makes it, installed globally, locally and by npx, in folders with spaces: each installs a kernel that
// starts, knows its packages and their types. Run by `npm run test:lab kernel/install`.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { Client } from "../../kernel/client.js";

const root = fileURLToPath(new URL("../../../../", import.meta.url));
const windows = process.platform === "win32";
const scratch = mkdtempSync(join(tmpdir(), "proband install "));
after(() => rmSync(scratch, { recursive: true, force: true }));

function run(command: string, args: string[], cwd = scratch): string {
  const quoted = windows ? args.map((a) => `"${a}"`) : args;
  const env = { ...process.env, npm_config_audit: "false", npm_config_fund: "false", npm_config_loglevel: "error" };
  const done = spawnSync(command, quoted, { cwd, encoding: "utf8", env, shell: windows });
  assert.equal(done.status, 0, `${command} ${args.join(" ")}\n${done.stdout}${done.stderr}`);
  return done.stdout;
}

let archive = "";
before(() => {
  // The repository's .npmrc turns scripts off, for packages that are installed; this one is to build itself.
  run("npm", ["pack", "--ignore-scripts=false", "--pack-destination", scratch], root);
  archive = join(scratch, `proband-${JSON.parse(readFileSync(join(root, "package.json"), "utf8")).version}.tgz`);
});

async function works(prefix: string, from: RegExp): Promise<void> {
  const folder = join(prefix, "share", "jupyter", "kernels", "proband");
  const { argv } = JSON.parse(readFileSync(join(folder, "kernel.json"), "utf8")) as { argv: string[] };
  assert.match(argv.at(-2)!, from);
  const client = await (await Client.start({ command: argv })).ready();
  try {
    const code = `import { markdown } from "proband/kernel"; import * as aq from "arquero"; import { loadStudy } from "proband";
const study = await loadStudy("anes96"); [study.rows.length, aq.table({ a: [1, 2] }).numRows()]`;
    assert.equal((await client.execute(code, { timeout: 120_000 })).result, "[ 944, 2 ]");
    const asked = { code: "loadStudy", cursor_pos: 9, detail_level: 0 };
    const { content } = await client.request("shell", "inspect_request", asked, 120_000);
    assert.match(content.data["text/plain"], /loadStudy\(nameOrPath: string/);
  } finally {
    await client.stop(); // else its sockets keep this process
  }
}

test("globally", { timeout: 600_000 }, async () => {
  const global = join(scratch, "for everyone");
  run("npm", ["install", "--global", "--prefix", global, archive]);
  const prefix = join(scratch, "data of a global one");
  run(windows ? join(global, "proband.cmd") : join(global, "bin", "proband"), ["install", "--prefix", prefix]);
  await works(prefix, /for everyone/);
});

test("locally, and by npx from there", { timeout: 600_000 }, async () => {
  const project = join(scratch, "a project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), '{ "private": true }');
  run("npm", ["install", archive], project);
  const prefix = join(scratch, "data of a local one");
  run("npx", ["proband", "install", "--prefix", prefix], project);
  await works(prefix, /a project/);
});

test("by npx alone, which says that its cache is no place to stay", { timeout: 600_000 }, async () => {
  const prefix = join(scratch, "data of npx");
  const said = run("npx", ["--yes", `--package=${archive}`, "proband", "install", "--prefix", prefix]);
  assert.match(said, /npx's cache.*npm install --global proband/s);
  await works(prefix, /_npx/);
});
