import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { parseNotebook } from "#src/notebook/nbformat.js";
import { notebookToHtml } from "#src/notebook/html.js";

const base = { nbformat: 4, nbformat_minor: 5, metadata: {}, cells: [] as unknown[] };

test("what is no notebook is refused with what to do", () => {
  assert.throws(() => parseNotebook("{", "a.ipynb"), /a\.ipynb is not valid JSON/);
  assert.throws(() => parseNotebook("", "a.ipynb"), /the file is empty\. Restore a checkpoint/);
  assert.throws(() => parseNotebook('{\n "cells": [\n', "a.ipynb"), /it ends too soon, in line 3/);
  assert.throws(
    () => parseNotebook('{\n "cells": [\n<<<<<<< HEAD\n  1\n=======\n  2\n>>>>>>> theirs\n ]\n}', "a.ipynb"),
    /line 3 is a conflict mark of git/,
  );
  const long = JSON.stringify({ ...base, cells: Array(50).fill("x") }, null, 1);
  const at = long.split("\n").length - 9;
  assert.throws(
    () =>
      parseNotebook(
        long
          .split("\n")
          .with(at - 1, "  oops,")
          .join("\n"),
        "a.ipynb",
      ),
    new RegExp(`line ${at} \\(`),
  );
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

test("nothing of a notebook can run in an exported page or fetch", () => {
  let html = notebookToHtml(
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
              {
                output_type: "display_data",
                metadata: {},
                data: {
                  "text/html":
                    '<b onclick="alert(3)">bold</b><script>alert(4)</script><a href=" javascript:alert(5)">x</a><svg><g aria-label="dot"></g></svg><svg><foreignObject><iframe srcdoc="x"></iframe></foreignObject></svg>',
                },
              },
              { output_type: "error", ename: "E", evalue: "<i>", traceback: ["<i>trace</i>"] },
            ],
          },
        ],
      }),
    ),
  );
  // The page's own script is the only one, and the policy names it by its hash.
  const [own, ...others] = [...html.matchAll(/<script[^>]*>([\s\S]*?)<\/script>/gi)].map(([, code]) => code!);
  assert.deepEqual(others, []);
  const hash = createHash("sha256").update(own!).digest("base64");
  assert.match(html, new RegExp(`script-src 'sha256-${hash.replace(/[+/]/g, "\\$&")}';`));
  html = html.replace(own!, "");
  assert.ok(!/<img src=x/.test(html));
  assert.ok(!/onclick|javascript:|srcdoc|<iframe/i.test(html));
  assert.match(html, /<b>bold<\/b>/);
  assert.match(html, /<g role="group" aria-label="dot"/);
  assert.match(html, /default-src 'none'/);
  assert.match(html, /<span class="ansi-red">red<\/span>/);
  assert.match(html, /This cell failed/);
});

test("pictures beside the notebook travel along; those elsewhere become links", () => {
  const folder = mkdtempSync(join(tmpdir(), "proband pictures "));
  const png = Buffer.from("iVBORw0KGgo=", "base64");
  writeFileSync(join(folder, "my figure.png"), png);
  const notes: string[] = [];
  const source = "![mine](my%20figure.png) ![gone](gone.png) ![there](https://example.org/pixel.png)";
  const html = notebookToHtml(
    parseNotebook(JSON.stringify({ ...base, cells: [{ cell_type: "markdown", source, metadata: {} }] })),
    { folder, onNote: (n) => notes.push(n) },
  );
  rmSync(folder, { recursive: true });
  assert.match(html, new RegExp(`<img src="data:image/png;base64,${png.toString("base64")}" alt="mine">`));
  assert.match(html, /<a href="https:\/\/example\.org\/pixel\.png">there<\/a>/);
  assert.equal(html.match(/<img/g)!.length, 1);
  assert.deepEqual(notes, [
    "the image gone.png is not in the page: there is no such picture beside the notebook",
    "the image https://example.org/pixel.png is not in the page: it is elsewhere",
  ]);
});

test("links to files beside the notebook become words: the page is sent alone", () => {
  const source = "[next](01-sampling.ipynb#a) [docs](../docs/a.md) [below](#below) [there](https://example.org/a)";
  const html = notebookToHtml(
    parseNotebook(JSON.stringify({ ...base, cells: [{ cell_type: "markdown", source, metadata: {} }] })),
  );
  assert.deepEqual(
    [...html.matchAll(/<a href="([^"]*)"/g)].map(([, href]) => href),
    ["#below", "https://example.org/a"],
  );
  assert.match(html, /<span class="beside" title="beside the notebook: 01-sampling\.ipynb#a">next<\/span>/);
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
  assert.ok(html.length < 3e6, String(html.length));
  assert.match(html, /98,000,000 more characters/);
});
