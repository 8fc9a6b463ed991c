import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNotebook } from "#src/notebook/nbformat.js";
import { notebookToHtml } from "#src/notebook/html.js";

const base = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] as unknown[] };

test("what is no notebook is refused with what to do", () => {
  assert.throws(() => parseNotebook("{", "a.ipynb"), /a\.ipynb is not valid JSON/);
  assert.throws(() => parseNotebook("[1]", "a.ipynb"), /not a notebook/);
  assert.throws(
    () => parseNotebook(JSON.stringify({ ...base, nbformat: 3 }), "a.ipynb"),
    /nbformat 3; expected 4\. Convert it with/,
  );
  assert.throws(
    () =>
      parseNotebook(
        JSON.stringify({ ...base, metadata: { kernelspec: { name: "python3", language: "python" } } }),
        "a.ipynb",
      ),
    /kernel "python3" \(python\)/,
  );
  assert.throws(
    () =>
      parseNotebook(JSON.stringify({ ...base, cells: [{ cell_type: "code", source: "1", metadata: {} }] }), "a.ipynb"),
    /cell 1: a code cell needs a list of outputs/,
  );
  assert.throws(
    () => parseNotebook(JSON.stringify({ ...base, cells: [{ cell_type: "code", source: 5, outputs: [] }] }), "a.ipynb"),
    /cell 1: source must be a string/,
  );
});

test("nothing in an exported page can run or fetch", () => {
  const html = notebookToHtml(
    parseNotebook(
      JSON.stringify({
        ...base,
        cells: [
          {
            cell_type: "markdown",
            source: "# <img src=x onerror=alert(1)>\n\n<script>alert(1)</script>",
            metadata: {},
          },
          {
            cell_type: "code",
            source: "'<b>'",
            metadata: {},
            execution_count: 1,
            outputs: [
              { output_type: "stream", name: "stdout", text: "<script>alert(2)</script>\u001b[31mred\u001b[0m" },
              { output_type: "error", ename: "E", evalue: "<i>", traceback: ["<i>trace</i>"] },
            ],
          },
        ],
      }),
    ),
  );
  assert.ok(!/<script/i.test(html), "no script element");
  assert.ok(!/<img src=x/.test(html));
  assert.match(html, /default-src 'none'/);
  assert.match(html, /<span class="ansi-red">red<\/span>/);
  assert.match(html, /This cell failed/);
});

test("an output of 100 MB is cut, and says how much", () => {
  const html = notebookToHtml(
    parseNotebook(
      JSON.stringify({
        ...base,
        cells: [
          {
            cell_type: "code",
            source: "x",
            metadata: {},
            execution_count: 1,
            outputs: [{ output_type: "stream", name: "stdout", text: "a".repeat(1e8) }],
          },
        ],
      }),
    ),
  );
  assert.ok(html.length < 3e6);
  assert.match(html, /98,000,000 more characters/);
});
