// What a notebook's run left in its state folder, for an appendix to replay: finetuned models and recorded answers.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join, sep } from "node:path";

/**
 * Files of a state folder, by `state/PATH`: records and adapters of the models named, and of the ledgers of the
 * studies named the answers of these models and of models that were not finetuned. Locks stay out; ledgers hold no keys.
 * Without `prompts` answers are found by their own key only, not by what was asked (a tenth of the ledger's size).
 */
export async function recordedFiles(
  home: string,
  models: ReadonlySet<string>,
  studies: readonly string[],
  { prompts = true }: { prompts?: boolean } = {},
): Promise<Record<string, Uint8Array>> {
  const files: Record<string, Uint8Array> = {};
  if (!existsSync(home)) return files;
  const jobs = new Set<string>();
  for (const name of await namesIn(join(home, "registry"))) {
    const text = await readFile(join(home, "registry", name), "utf8");
    const { id, job, study } = JSON.parse(text) as { id: string; job: string; study: string };
    // A model knows the people it learned from: it travels only where their study does.
    if (!models.has(id) || !studies.includes(study)) continue;
    jobs.add(job);
    files[`state/registry/${decoded(name)}`] = Buffer.from(text);
    for (const model of await namesIn(join(home, "models")))
      if (decoded(model) === `${id}.json` || models.has(decoded(model).replace(/\.json$/, "")))
        files[`state/models/${decoded(model)}`] = await readFile(join(home, "models", model));
  }
  for (const job of jobs) {
    const folder = join(home, "jobs", job);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith(".tmp")) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      // Checkpoints before the last epoch's are models of their own, which travel where the notebook names them.
      const step = /^(?:epochs[/\\]step-|checkpoint[/\\]?)(\d*)/.exec(path.slice(folder.length + 1))?.[1];
      if (step !== undefined && ![...models].some((m) => m.endsWith(`:ckpt-step-${step}`))) continue;
      files[
        `state/jobs/${job}/${path
          .slice(folder.length + 1)
          .split(sep)
          .map(decoded)
          .join("/")}`
      ] = await readFile(path);
    }
  }
  // The loss curve of a job is a file of its own.
  for (const job of jobs) {
    const { result_files = [] } = JSON.parse(await readFile(join(home, "jobs", job, "job.json"), "utf8")) as {
      result_files?: string[];
    };
    for (const name of await namesIn(join(home, "files")))
      if (result_files.some((id) => name.startsWith(`${id}.`)))
        files[`state/files/${name}`] = await readFile(join(home, "files", name));
  }
  for (const name of await namesIn(join(home, "ledgers"))) {
    if (!name.endsWith(".jsonl") || !studies.some((s) => name.startsWith(`${s}-`))) continue;
    const kept = (await readFile(join(home, "ledgers", name), "utf8"))
      .split("\n")
      .filter((line, i) => i === 0 || answersOf(line, models))
      .map((line) => (prompts ? line : withoutPrompt(line)));
    files[`state/ledgers/${name}`] = Buffer.from(kept.join("\n") + "\n");
  }
  return files;
}

/** A ledger's line without the hash of its prompt, and with the checksum of what is left (`simulation/ledger/line.ts`). */
function withoutPrompt(line: string): string {
  const found = /^(\{"key":"[0-9a-f]+",)"prompt":"[0-9a-f]+",(.*),"sum":"[0-9a-f]{12}"\}$/.exec(line);
  if (!found) return line;
  const body = found[1]! + found[2]!;
  return `${body},"sum":"${createHash("sha256").update(body).digest("hex").slice(0, 12)}"}`;
}

/** Whether a ledger's line is an answer of one of these models, or of one that was not finetuned. */
function answersOf(line: string, models: ReadonlySet<string>): boolean {
  const model = /"model":"([^"]*)"/.exec(line)?.[1];
  return model !== undefined && (!model.startsWith("ft:") || models.has(model));
}

const decoded = (name: string): string => name.replaceAll("%3A", ":");
const namesIn = async (folder: string): Promise<string[]> => (existsSync(folder) ? readdir(folder) : []);
