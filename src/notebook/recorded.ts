// What a notebook's run left in its state folder, for an appendix to replay: finetuned models and recorded answers.
import { existsSync } from "node:fs";
import { readFile, readdir } from "node:fs/promises";
import { join, sep } from "node:path";

/**
 * Files of a state folder as base64, by `state/PATH`: records and adapters of the models named, and of the ledgers of the
 * studies named the answers of these models and of models that were not finetuned. Locks stay out; ledgers hold no keys.
 */
export async function recordedFiles(
  home: string,
  models: ReadonlySet<string>,
  studies: readonly string[],
): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  if (!existsSync(home)) return files;
  const jobs = new Set<string>();
  for (const name of await namesIn(join(home, "registry"))) {
    const text = await readFile(join(home, "registry", name), "utf8");
    const { id, job } = JSON.parse(text) as { id: string; job: string };
    if (!models.has(id)) continue;
    jobs.add(job);
    files[`state/registry/${decoded(name)}`] = base64(text);
    for (const model of await namesIn(join(home, "models")))
      if (decoded(model).startsWith(id))
        files[`state/models/${decoded(model)}`] = (await readFile(join(home, "models", model))).toString("base64");
  }
  for (const job of jobs) {
    const folder = join(home, "jobs", job);
    for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || entry.name.endsWith(".tmp")) continue;
      const path = join(entry.parentPath ?? entry.path, entry.name);
      files[
        `state/jobs/${job}/${path
          .slice(folder.length + 1)
          .split(sep)
          .map(decoded)
          .join("/")}`
      ] = (await readFile(path)).toString("base64");
    }
  }
  // The loss curve of a job is a file of its own.
  for (const job of jobs) {
    const { result_files = [] } = JSON.parse(await readFile(join(home, "jobs", job, "job.json"), "utf8")) as {
      result_files?: string[];
    };
    for (const name of await namesIn(join(home, "files")))
      if (result_files.some((id) => name.startsWith(`${id}.`)))
        files[`state/files/${name}`] = (await readFile(join(home, "files", name))).toString("base64");
  }
  for (const name of await namesIn(join(home, "ledgers"))) {
    if (!name.endsWith(".jsonl") || !studies.some((s) => name.startsWith(`${s}-`))) continue;
    const kept = (await readFile(join(home, "ledgers", name), "utf8"))
      .split("\n")
      .filter((line, i) => i === 0 || answersOf(line, models));
    files[`state/ledgers/${name}`] = base64(kept.join("\n") + "\n");
  }
  return files;
}

/** Whether a ledger's line is an answer of one of these models, or of one that was not finetuned. */
function answersOf(line: string, models: ReadonlySet<string>): boolean {
  const model = /"model":"([^"]*)"/.exec(line)?.[1];
  return model !== undefined && (!model.startsWith("ft:") || models.has(model));
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");
const decoded = (name: string): string => name.replaceAll("%3A", ":");
const namesIn = async (folder: string): Promise<string[]> => (existsSync(folder) ? readdir(folder) : []);
