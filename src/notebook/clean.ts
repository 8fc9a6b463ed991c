import type { Notebook } from "./nbformat.js";

/** A copy fit for sharing: execution times and widget state of the author's session are left out, outputs stay. */
export function withoutWidgetState(notebook: Notebook): Notebook {
  const { widgets: _widgets, ...metadata } = notebook.metadata;
  return {
    ...notebook,
    metadata,
    cells: notebook.cells.map((cell) => {
      const { execution: _execution, collapsed: _collapsed, ...kept } = cell.metadata;
      return { ...cell, metadata: kept };
    }),
  };
}
