import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { Client } from "./client.js";
import { table, type Row } from "./semantics/table.js";

// A row with files has a session of its own, in a folder of its own. The others share one: they are written so that no
// row depends on a name being new, which redeclaration promises anyway.
const open: Client[] = [];
after(() => Promise.all(open.map((c) => c.stop())));
let shared: Promise<Client> | undefined;

async function session(row: Row): Promise<Client> {
  const cwd = mkdtempSync(join(tmpdir(), "proband-cells-"));
  for (const [name, content] of Object.entries(row.files ?? {})) {
    mkdirSync(dirname(join(cwd, name)), { recursive: true });
    writeFileSync(join(cwd, name), content);
  }
  const client = await Client.start({ cwd });
  after(() => rmSync(cwd, { recursive: true, force: true }));
  open.push(client);
  return client.ready();
}

for (const row of table)
  test(row.rule, async () => {
    const client = await (row.files ? session(row) : (shared ??= session(row)));
    for (const cell of row.cells) {
      const got = await client.execute(cell.code);
      const said = got.error ? `${got.error.ename}: ${got.error.evalue}` : "";
      if (cell.error)
        assert.ok(
          said.includes(cell.error),
          `${cell.code}\nexpected an error with "${cell.error}", got "${said}" ${got.result ?? ""}`,
        );
      else assert.equal(said, "", cell.code);
      assert.equal(got.result, cell.result, cell.code);
      if (cell.stdout !== undefined) assert.equal(got.stdout, cell.stdout, cell.code);
    }
  });
