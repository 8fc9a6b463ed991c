import { relative } from "node:path";
import type { Command } from "commander";
import { loadStudy, writeDraft } from "../study/node/index.js";
import { fitted, terminalWidth } from "./print.js";

/** `proband init FILE`: drafts a codebook from a data file, says what to check, and reads the file with it. */
export function register(program: Command): void {
  program
    .command("init")
    .description("draft a codebook from your own data file")
    .argument("<file>", "answers: .csv, .tsv, .jsonl, .parquet, .arrow, .sav, or an export of Qualtrics")
    .option("--name <name>", "name of the study (default: the file's name)")
    .option("--output <path>", "where to write the codebook (default: FILE's name with .codebook.json, beside it)")
    .option("--force", "replace a codebook that is there")
    .action(async (file: string, options: { name?: string; output?: string; force?: boolean }) => {
      const { draft, codebook } = await writeDraft(file, options);
      console.log(fitted(draft, terminalWidth()));
      const study = await loadStudy(file, { codebook });
      console.log(`\nWrote ${relative(process.cwd(), codebook) || codebook}; all ${study.n} respondents fit it.`);
      console.log("Next: check the lines above in that file, then load it in a notebook:");
      console.log(`  import { loadStudy } from "proband";`);
      console.log(`  const study = await loadStudy(${JSON.stringify(file)});`);
    });
}
