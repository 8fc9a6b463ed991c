// From an instructor's notebook to the students' version, by nbgrader's conventions, so that both tools read one source:
// regions between BEGIN SOLUTION and END SOLUTION are replaced, between BEGIN HIDDEN TESTS and END HIDDEN TESTS removed.
import { text, type Cell, type Notebook } from "./nbformat.js";

/** What stands where a solution was. It throws, so that an unanswered exercise is never taken for an answer. */
export const codeStub = '// YOUR CODE HERE\nthrow new Error("Not answered yet: replace this line with your code.");';
export const textStub = "YOUR ANSWER HERE";

export interface StudentVersion {
  notebook: Notebook;
  /** Hidden tests by cell (its nbgrader grade id, else its id, else "cell N"), to be kept by the instructor. */
  hidden: Record<string, string>;
  solutions: number;
}

/** Throws with the cell when a region is not closed, closed twice, or nested. */
export function studentVersion(notebook: Notebook, name = "notebook"): StudentVersion {
  const hidden: Record<string, string> = {};
  let solutions = 0;
  const cells = notebook.cells.map((cell, i): Cell => {
    const where = `${name}, cell ${i + 1}`;
    const withoutSolution = cut(text(cell.source), "SOLUTION", where, (indent) => {
      solutions++;
      return (cell.cell_type === "code" ? codeStub : textStub)
        .split("\n")
        .map((line) => indent + line)
        .join("\n");
    });
    let removed = "";
    const source = cut(withoutSolution, "HIDDEN TESTS", where, (_indent, body) => {
      removed += body;
      return undefined;
    });
    if (removed) hidden[gradeId(cell) ?? cell.id ?? `cell ${i + 1}`] = removed;
    return cell.cell_type === "code" ? { ...cell, source, outputs: [], execution_count: null } : { ...cell, source };
  });
  const { widgets: _widgets, proband: _proband, ...metadata } = notebook.metadata;
  return { notebook: { ...notebook, metadata, cells }, hidden, solutions };
}

function gradeId(cell: Cell): string | undefined {
  return (cell.metadata["nbgrader"] as { grade_id?: string } | undefined)?.grade_id;
}

function cut(
  source: string,
  mark: string,
  where: string,
  replace: (indent: string, body: string) => string | undefined,
): string {
  const out: string[] = [];
  let opened: { line: number; indent: string; body: string[] } | undefined;
  source.split("\n").forEach((line, i) => {
    if (line.includes(`BEGIN ${mark}`)) {
      if (opened)
        throw new Error(
          `${where}, line ${i + 1}: BEGIN ${mark} inside the one of line ${opened.line}; close that first`,
        );
      opened = { line: i + 1, indent: /^\s*/.exec(line)![0], body: [] };
    } else if (line.includes(`END ${mark}`)) {
      if (!opened) throw new Error(`${where}, line ${i + 1}: END ${mark} without BEGIN ${mark}`);
      const replaced = replace(opened.indent, opened.body.join("\n") + "\n");
      if (replaced !== undefined) out.push(replaced);
      opened = undefined;
    } else if (opened) opened.body.push(line);
    else out.push(line);
  });
  if (opened)
    throw new Error(
      `${where}, line ${(opened as { line: number }).line}: BEGIN ${mark} is never closed; add a line with END ${mark}`,
    );
  return out.join("\n");
}
