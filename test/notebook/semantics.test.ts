// What cells mean in a page: the kernel's own table of rules, run by the session of executable appendices.
import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "#src/notebook/page/inspect.js";
import { createSession } from "#src/notebook/page/session.js";
import { table, type Row } from "../kernel/semantics/table.js";

/** Rules that a page does not follow, and why. docs/notebook.md says the same; a rule that begins to hold must leave. */
const beyond: Record<string, string> = {
  "a promise is shown as one, not awaited": "pages cannot look into a promise: it is shown as pending",
  namespaces: "the page's compiler only leaves types out",
  "decorators (as TypeScript's experimentalDecorators)": "the page's compiler only leaves types out",
  "require works": "CommonJS is Node's",
  "a missing package says what to do": "nothing can be installed in a page; it says what there is instead",
  "import.meta": "a page has no folder",
};
const native = (() => {
  try {
    // oxlint-disable-next-line no-new-func -- asks the engine for the syntax
    return Boolean(new Function("{ using a = null; }"));
  } catch {
    return false;
  }
})();
if (!native) beyond["using in a function"] = "needs a browser with explicit resource management";

async function follow(row: Row): Promise<void> {
  let lines: string[] = [];
  const session = createSession({
    load: (s) => import(s),
    globals: { console: { ...console, log: (...v: unknown[]) => void lines.push(v.map(plain).join(" ") + "\n") } },
  });
  for (const cell of row.cells) {
    lines = [];
    let said = "";
    let result: string | undefined;
    try {
      const { hasResult, value } = await session.run(cell.code);
      if (hasResult && value !== undefined) result = inspect(value);
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
    if (row.files) return t.skip("a page has no files beside the notebook");
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
