import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { draftCodebook, type Draft } from "../draft.js";
import { StudyError } from "../errors.js";
import { formatOf, readTable } from "../read.js";

export interface DraftOptions {
  /** Name of the study (default: the file's name). */
  name?: string;
}

/** Drafts a codebook from a file (delimited text, JSON lines, Parquet, Arrow, SPSS, Qualtrics). Writes nothing. */
export async function draft(file: string, options: DraftOptions = {}): Promise<Draft> {
  const path = resolve(file);
  if (!existsSync(path)) throw new StudyError([{ file, expected: "there is no such file" }]);
  const bytes = readFileSync(path);
  const format = formatOf(path);
  const raw = await readTable(bytes, { source: file, format });
  return draftCodebook(raw, {
    ...options,
    // No hash: a pilot grows while it runs. Record one when the data are final.
    file: { path: basename(path), format },
  });
}

export interface Written {
  draft: Draft;
  /** Path of the codebook, where `loadStudy(file)` finds it. */
  codebook: string;
}

/** Drafts a codebook and writes it beside the file, as NAME.codebook.json. An existing one is kept unless `force`. */
export async function writeDraft(
  file: string,
  options: DraftOptions & { force?: boolean; output?: string } = {},
): Promise<Written> {
  const path = resolve(file);
  const output = options.output ?? join(dirname(path), `${basename(path, extname(path))}.codebook.json`);
  if (existsSync(output) && !options.force)
    throw new StudyError(
      [
        {
          file: output,
          expected: "there is a codebook already; it may hold your corrections, so it is not overwritten",
        },
      ],
      "Pass --force (force: true) to replace it, or --output (output) to write elsewhere.",
    );
  const made = await draft(file, options);
  // Written whole or not at all.
  const temporary = `${output}.${process.pid}.tmp`;
  writeFileSync(temporary, JSON.stringify(made.codebook, null, 2) + "\n");
  renameSync(temporary, output);
  return { draft: made, codebook: output };
}
