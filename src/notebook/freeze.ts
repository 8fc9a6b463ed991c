// Frozen outputs carry where they came from: code, data, model, seeds, versions, machine (`metadata.proband`).
import { escapeHtml } from "./escape.js";
import type { Notebook } from "./nbformat.js";

/** What a notebook's outputs were made with. */
export interface Provenance {
  executed: string;
  proband: string;
  node: string;
  platform: string;
  cpus: number;
  /** Commit of the notebook's repository, with "+ changes" when files differ from it. */
  git?: string;
  parameters?: Record<string, unknown>;
  seconds?: number;
  /** Studies, models and ledgers that cells loaded: name → hash. */
  used?: Record<string, string>;
}

export function provenanceOf(notebook: Notebook): Provenance | undefined {
  return notebook.metadata["proband"] as Provenance | undefined;
}

/** The provenance as a table at the end of a page; empty when the notebook was never run by `proband run`. */
export function provenanceTable(notebook: Notebook): string {
  const provenance = provenanceOf(notebook);
  if (!provenance) return "";
  const show = (value: unknown) => escapeHtml(typeof value === "object" ? JSON.stringify(value) : String(value));
  const rows = Object.entries(provenance).map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(name)}</th><td>${show(value)}</td></tr>`,
  );
  return `<details class="provenance" open><summary>How these outputs were made</summary><table>${rows.join("")}</table></details>`;
}
