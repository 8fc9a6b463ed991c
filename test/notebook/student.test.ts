import assert from "node:assert/strict";
import { test } from "node:test";
import { parseNotebook, text, type Notebook } from "#src/notebook/nbformat.js";
import { codeStub, studentVersion } from "#src/notebook/student.js";

const notebook = (...cells: [type: string, source: string, gradeId?: string][]): Notebook =>
  parseNotebook(
    JSON.stringify({
      nbformat: 4,
      nbformat_minor: 5,
      metadata: { kernelspec: { name: "proband" } },
      cells: cells.map(([cell_type, source, grade_id]) => ({
        cell_type,
        source: source.split("\n").map((l, i, all) => (i < all.length - 1 ? l + "\n" : l)),
        metadata: grade_id ? { nbgrader: { grade_id } } : {},
        ...(cell_type === "code"
          ? { outputs: [{ output_type: "stream", name: "stdout", text: "secret" }], execution_count: 3 }
          : {}),
      })),
    }),
  );

test("solutions are replaced at their indentation, hidden tests kept aside, outputs cleared", () => {
  const made = studentVersion(
    notebook(
      [
        "code",
        "function mean(x: number[]) {\n  // BEGIN SOLUTION\n  return x.reduce((a, b) => a + b) / x.length;\n  // END SOLUTION\n}",
      ],
      [
        "code",
        'check("mean", mean([1, 2]), 1.5);\n// BEGIN HIDDEN TESTS\ncheck("more", mean([1, 5]), 3);\n// END HIDDEN TESTS',
        "mean-test",
      ],
      ["markdown", "Why?\n\nBEGIN SOLUTION\nBecause.\nEND SOLUTION"],
    ),
  );
  const indented = codeStub
    .split("\n")
    .map((l) => `  ${l}`)
    .join("\n");
  assert.equal(text(made.notebook.cells[0]!.source), `function mean(x: number[]) {\n${indented}\n}`);
  assert.equal(text(made.notebook.cells[1]!.source), 'check("mean", mean([1, 2]), 1.5);');
  assert.equal(text(made.notebook.cells[2]!.source), "Why?\n\nYOUR ANSWER HERE");
  assert.deepEqual(made.hidden, { "mean-test": 'check("more", mean([1, 5]), 3);\n' });
  assert.equal(made.solutions, 2);
  assert.ok(!JSON.stringify(made.notebook).includes("secret"));
});

test("unbalanced marks name cell and line", () => {
  assert.throws(
    () => studentVersion(notebook(["markdown", "x"], ["code", "1\n// BEGIN SOLUTION\n2"]), "ps1.ipynb"),
    /ps1\.ipynb, cell 2, line 2: BEGIN SOLUTION is never closed/,
  );
  assert.throws(
    () => studentVersion(notebook(["code", "// END SOLUTION"])),
    /cell 1, line 1: END SOLUTION without BEGIN/,
  );
  assert.throws(
    () => studentVersion(notebook(["code", "// BEGIN SOLUTION\n// BEGIN SOLUTION"])),
    /line 2: BEGIN SOLUTION inside the one of line 1/,
  );
});
