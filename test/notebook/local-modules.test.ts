// Local files in an appendix: what is embedded, how it is evaluated, and what is said of what cannot travel.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { notebookToAppendix } from "#src/notebook/appendix.js";
import { writeDraft } from "proband/study";
import { localModules } from "#src/notebook/local-modules.js";
import type { Notebook } from "#src/notebook/nbformat.js";
import { createModules } from "#src/notebook/page/modules.js";
import { unpackFiles } from "#src/notebook/page/pack.js";

const scratch: string[] = [];
after(() => scratch.forEach((f) => rmSync(f, { recursive: true, force: true })));

function folderWith(files: Record<string, string>): string {
  const folder = mkdtempSync(join(tmpdir(), "proband mödules "));
  scratch.push(folder);
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

function embed(files: Record<string, string>, ...cells: string[]) {
  const made = localModules(cells, folderWith(files), (s) => s === "proband");
  const load = createModules(made.modules, async (s) => {
    if (s === "proband") return { random: () => 4 };
    throw new Error(`a page has no ${s}`);
  });
  return { ...made, load };
}

test("modules that import each other see each other's values, as in Node", async () => {
  const { load } = embed(
    {
      "even.ts": 'import { odd } from "./odd";\nexport const even = (n: number): boolean => n === 0 || odd(n - 1);',
      "odd.ts":
        'import { even } from "./even.js";\nexport function odd(n: number): boolean { return n !== 0 && even(n - 1); }',
    },
    'import { even } from "./even.ts"',
  );
  const { even } = (await load("./even.ts")) as { even(n: number): boolean };
  assert.deepEqual([even(10), even(7)], [true, false]);
});

test("TypeScript as the kernel has it, Proband inside, default exports, and a module evaluated once", async () => {
  const { load } = embed(
    {
      "helpers/index.ts": `import { random } from "proband";
import data from "../data.json";
import type { Nothing } from "./no-such-file";
namespace Scale { export const top = 7 }
export enum Arm { Control, Treated }
export default function draw(): number { return random() * data.factor + Scale.top + Arm.Treated }
export let runs = 0; runs++;
export * from "./more.mjs";
export const later = await Promise.resolve("awaited");`,
      "helpers/more.mjs": "export const more = import.meta.url.endsWith('more.mjs');",
      "data.json": '{"factor": 10}',
    },
    'import draw from "./helpers"',
    'import { more } from "./helpers/index.ts"',
  );
  const first = await load("./helpers");
  assert.equal((first.default as () => number)(), 48);
  assert.deepEqual([first.more, first.later], [true, "awaited"]);
  assert.equal((await load("./helpers/index.ts")).runs, 1);
});

test("a file that needs Node says so when it runs, and names the file", async () => {
  const { load } = embed(
    {
      "io.ts":
        'import { readFileSync } from "node:fs";\nexport const read = () => readFileSync("x");\nexport const fine = 1;',
    },
    'import { read } from "./io.ts"',
  );
  await assert.rejects(load("./io.ts"), /io\.ts needs "node:fs", which a page does not have/);
});

test("packages travel whole or not at all; what is missing is named", async () => {
  const { modules, left, load } = embed(
    {
      "node_modules/small/package.json": '{"name":"small","main":"main.js"}',
      "node_modules/small/main.js": 'exports.seven = require("./inner").six + 1;',
      "node_modules/small/inner.js": "module.exports = { six: 6 };",
      "node_modules/large/package.json": '{"name":"large","main":"main.js"}',
      "node_modules/large/main.js": 'require("./inner");',
      "node_modules/large/inner.js": `// ${"x".repeat(2_100_000)}`,
    },
    'import { seven } from "small"',
    'import large from "large"',
    'import { gone } from "./gone"',
  );
  assert.deepEqual(Object.keys(modules.files).sort(), ["node_modules/small/inner.js", "node_modules/small/main.js"]);
  assert.equal((await load("small")).seven, 7);
  assert.deepEqual(
    left.map((l) => `${l.specifier}: ${l.why}`),
    ["large: its code is larger than 2 MB", "./gone: there is no such file beside the notebook"],
  );
});

const notebook = (...sources: string[]): Notebook => ({
  nbformat: 4,
  nbformat_minor: 5,
  metadata: {},
  cells: sources.map((source) => ({ cell_type: "code", source, metadata: {}, execution_count: null, outputs: [] })),
});

test("people who forbade sharing are not published, unless their consent is stated", async () => {
  const rows = Array.from({ length: 40 }, (_, i) => `secret-person-${i},${1 + (i % 7)},${20 + i}`);
  const secret = `person,trust,age\n${rows.join("\n")}\n`;
  const folder = folderWith({ "own.csv": secret });
  // A draft forbids sharing until its author allows it.
  await writeDraft(join(folder, "own.csv"));
  const notes: string[] = [];
  const made = (shareForbidden: boolean) =>
    notebookToAppendix(notebook('const own = await loadStudy("own.csv")'), {
      folder,
      shareForbidden,
      onNote: (n) => notes.push(n),
    });
  const files = async (page: Promise<string>) => {
    const { gunzipSync } = await import("node:zlib");
    const packed = /id="proband-files">([^<]*)</.exec(await page)![1]!;
    return unpackFiles(gunzipSync(Buffer.from(packed, "base64")));
  };
  assert.deepEqual(Object.keys(await files(made(false))), []);
  assert.match(notes[0]!, /the rows of "own\.csv" are not in the page: its codebook says sharing "forbidden"/);
  const shared = await files(made(true));
  assert.equal(Buffer.from(shared["studies/own.csv/own.csv"]!).toString(), secret);
});
