// Frozen outputs carry where they came from: code, data, model, seeds, versions, machine (`metadata.proband`).
import { escapeHtml } from "./escape.js";
import type { Notebook } from "./nbformat.js";

/** What a notebook's outputs were made with. */
export interface Provenance {
  executed: string;
  proband: string;
  node: string;
  platform: string;
  /** The processor, and how many threads it has. */
  cpu?: string;
  cpus: number;
  /** Memory of the machine, GB. */
  memory?: number;
  /** Commit of the notebook's repository, with "+ changes" when files differ from it. */
  git?: string;
  parameters?: Record<string, unknown>;
  seconds?: number;
  /** SHA-256 of the cells' code. */
  code?: string;
  /** Study → SHA-256 of its data file. */
  data?: Record<string, string>;
  /** Model → fingerprint of weights, tokenizer and adapter. */
  models?: Record<string, string>;
  /** Seeds that numbers were drawn with. */
  seeds?: number[];
  /** Versions of the packages that compute. */
  packages?: Record<string, string>;
}

export function provenanceOf(notebook: Notebook): Provenance | undefined {
  return notebook.metadata["proband"] as Provenance | undefined;
}

/** The provenance as a table at the end of a page; empty when the notebook was never run by `proband run`. */
export function provenanceTable(notebook: Notebook): string {
  const provenance = provenanceOf(notebook);
  if (!provenance) return "";
  const rows = Object.entries(provenance).map(
    ([name, value]) => `<tr><th scope="row">${escapeHtml(labels[name] ?? name)}</th><td>${shown(value)}</td></tr>`,
  );
  return `<details class="provenance" open><summary>How these outputs were made</summary><table>${rows.join("")}</table></details>`;
}

const labels: Record<string, string> = {
  executed: "run at",
  git: "commit",
  code: "code (SHA-256)",
  data: "data (SHA-256)",
  models: "models (fingerprint)",
  cpus: "threads",
  memory: "memory, GB",
  seconds: "run time, s",
};

/** Lists stand in one line, named values one a line; long hashes may break anywhere. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return escapeHtml(value.join(", "));
  if (typeof value === "object" && value !== null)
    return Object.entries(value)
      .map(
        ([name, v]) => `${escapeHtml(name)}: <code>${escapeHtml(typeof v === "string" ? v : JSON.stringify(v))}</code>`,
      )
      .join("<br>");
  return escapeHtml(String(value));
}
