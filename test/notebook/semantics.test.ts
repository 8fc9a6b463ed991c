// What cells mean in a page: the kernel's own table of rules, run by the session of executable appendices.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { installHelpers } from "#src/kernel/session/helpers.js";
import { localModules, preparedCell } from "#src/notebook/local-modules.js";
import { inspect, inspectSettled } from "#src/notebook/page/inspect.js";
import { createModules } from "#src/notebook/page/modules.js";
import { createSession } from "#src/notebook/page/session.js";
import { table, type Row } from "../kernel/semantics/table.js";

/** Rules that a page does not follow, and why. docs/notebook.md says the same; a rule that begins to hold must leave. */
const beyond: Record<string, string> = {
  "require works": "CommonJS in cells is Node's",
  "a missing package says what to do": "nothing can be installed in a page; it says what there is instead",
  "so does a module that Node does not have": "a page has none of Node's modules, and says so of all of them",
  "import.meta": "a page has no folder",
  "packages from the notebook's node_modules, its import conditions":
    "packages are embedded as require() finds them, and cells have no require",
};

/** The row's files on disk, as they are when a notebook is exported. */
function folderOf(row: Row): string {
  const folder = mkdtempSync(join(tmpdir(), "proband-page-"));
  for (const [name, content] of Object.entries(row.files ?? {})) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

installHelpers();

async function follow(row: Row): Promise<void> {
  let lines: string[] = [];
  // What the export does: the modules that cells name travel along, and cells beyond the page's compiler are compiled.
  const folder = folderOf(row);
  const cells = row.cells.map((c) => c.code);
  const { modules } = localModules(cells, folder, () => false);
  rmSync(folder, { recursive: true });
  const session = createSession({
    load: createModules(modules, (s) => import(s)),
    globals: { console: { ...console, log: (...v: unknown[]) => void lines.push(v.map(plain).join(" ") + "\n") } },
  });
  for (const cell of row.cells) {
    lines = [];
    let said = "";
    let result: string | undefined;
    try {
      const { hasResult, value } = await session.run(preparedCell(cell.code) ?? cell.code);
      if (hasResult && value !== undefined) result = await inspectSettled(value);
    } catch (error) {
      said = error instanceof Error ? `${error.name}: ${error.message}` : plain(error);
    }
    if (cell.error) assert.ok(said.includes(cell.error), `${cell.code}\nexpected "${cell.error}", got "${said}"`);
    else assert.equal(said, "", cell.code);
    assert.equal(result, cell.result, cell.code);
    if (cell.stdout !== undefined) assert.equal(lines.join(""), cell.stdout, cell.code);
  }
}

const plain = (value: unknown) => (typeof value === "string" ? value : inspect(value));

for (const row of table)
  test(row.rule, async (t) => {
    const reason = beyond[row.rule];
    if (reason === undefined) return follow(row);
    await assert.rejects(follow(row), `"${row.rule}" holds now: take it off the list`);
    t.skip(reason);
  });

test("imported names are live", async () => {
  const module = { n: 0 };
  const session = createSession({ load: async () => module });
  await session.run('import { n } from "counter"');
  module.n = 2;
  assert.equal((await session.run("n")).value, 2);
});

test("every exception names a rule of the table", () => {
  for (const rule of Object.keys(beyond))
    assert.ok(
      table.some((r) => r.rule === rule),
      rule,
    );
});
