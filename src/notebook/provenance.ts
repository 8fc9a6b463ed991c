// What a run's outputs were made with, gathered when it ends: code, data, models, seeds, packages, machine.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { dirname, join, resolve } from "node:path";
import { packageRoot, version } from "../kernel/package-root.js";
import type { Provenance } from "./freeze.js";
import type { KernelClient } from "./kernel-client.js";
import { text, type Notebook } from "./nbformat.js";

export interface RunFacts {
  folder: string;
  seconds: number;
  parameters: Record<string, unknown> | undefined;
  /** What the session says it used. */
  used: Pick<Provenance, "data" | "models" | "seeds">;
}

/** Packages of Proband's own that numbers depend on. */
const computing = ["onnxruntime-node", "@huggingface/tokenizers", "ml-matrix", "cephes", "jstat", "arquero"];

export function provenanceOfRun(notebook: Notebook, { folder, seconds, parameters, used }: RunFacts): Provenance {
  const sources = notebook.cells.flatMap((c) => (c.cell_type === "code" ? [text(c.source)] : []));
  const imported = sources.flatMap((s) => [...s.matchAll(/\bfrom\s*["']([^."'][^"']*)["']/g)].map(([, name]) => name!));
  // Seeds that are derived from seeds are in no cell; those that functions fall back to are small.
  const said = [...sources, JSON.stringify(parameters ?? {})].join("\n");
  const seeds = used.seeds?.filter((s) => Math.abs(s) < 1000 || said.includes(String(s)));
  const packages: Record<string, string> = {};
  for (const name of computing) add(packages, name, packageRoot());
  for (const specifier of imported) {
    const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
    if (name !== "proband" && !name.startsWith("node:")) add(packages, name, resolve(folder));
  }
  return {
    executed: new Date().toISOString(),
    ...git(folder),
    code: createHash("sha256").update(sources.join("\0")).digest("hex"),
    ...(parameters && Object.keys(parameters).length ? { parameters } : {}),
    ...Object.fromEntries(Object.entries({ ...used, seeds }).filter(([, v]) => Object.keys(v ?? {}).length)),
    proband: version(),
    packages,
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() || "unknown",
    cpus: cpus().length,
    memory: Math.round(totalmem() / 1e9),
    seconds: Math.round(seconds * 10) / 10,
  };
}

/** Asks the session what it used: the list that Proband's modules keep on the global object. */
export async function usedBy(kernel: KernelClient): Promise<RunFacts["used"]> {
  let used: RunFacts["used"] = {};
  const code = `({ [globalThis.Symbol.for("Jupyter.display")]: () => ({ "application/json": globalThis[globalThis.Symbol.for("proband.used")] ?? {} }) })`;
  const request = { code, silent: false, store_history: false, user_expressions: {}, allow_stdin: false };
  await kernel
    .request("execute_request", request, ({ header, content }) => {
      if (header.msg_type === "execute_result") used = (content.data["application/json"] as typeof used) ?? {};
    })
    .catch(() => undefined);
  return used;
}

function add(packages: Record<string, string>, name: string, from: string): void {
  for (let folder = from; ; folder = dirname(folder)) {
    const file = join(folder, "node_modules", name, "package.json");
    if (existsSync(file)) {
      packages[name] = String(JSON.parse(readFileSync(file, "utf8")).version);
      return;
    }
    if (dirname(folder) === folder) return;
  }
}

function git(folder: string): { git?: string } {
  try {
    const run = (...args: string[]) =>
      execFileSync("git", args, { cwd: folder, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] }).trim();
    const commit = run("rev-parse", "HEAD");
    return { git: run("status", "--porcelain", "--", ".") ? `${commit} + changes` : commit };
  } catch {
    return {};
  }
}
