import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { basename, dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCodebook } from "../codebook.js";
import { decodeText } from "../delimited.js";
import { StudyError } from "../errors.js";
import { readTable, formatOf } from "../read.js";
import { studyFrom, type Study } from "../study.js";
import { recordUse } from "../used.js";
import type { CheckOptions } from "../table.js";
import type { Codebook } from "../types.js";

export interface LoadOptions extends CheckOptions {
  /** Codebook to read the file with: a path or the object. By default `codebook.json` beside the file. */
  codebook?: string | Codebook;
  /** What to do when the file is not the one whose hash the codebook records (default "error"). */
  hash?: "error" | "ignore";
}

/**
 * Loads a study: by the name of a shipped one ("anes96", "disclosure"), or by the path of a folder with a
 * codebook.json, of a codebook, or of a data file that has a codebook beside it (`proband init FILE` drafts one).
 */
export async function loadStudy(nameOrPath: string, options: LoadOptions = {}): Promise<Study> {
  const { codebook, folder, codebookPath, dataPath } = locate(nameOrPath, options);
  const { file } = codebook;
  const path = dataPath ?? (file && join(folder, file.path));
  if (!path)
    throw new StudyError([
      { file: codebookPath, column: "file", expected: "the codebook names no data file, and none was given" },
    ]);
  if (!existsSync(path)) throw new StudyError([{ file: path, expected: "there is no such file" }]);
  const bytes = readFileSync(path);
  const dataHash = createHash("sha256").update(bytes).digest("hex");
  // Another file read with this codebook (new people) has its own format and hash.
  const own = file && (!dataPath || basename(dataPath) === basename(file.path)) ? file : undefined;
  const changed =
    own?.sha256 && options.hash !== "ignore" && dataHash !== own.sha256
      ? { file: path, expected: `its SHA-256 is ${dataHash}; the codebook expects ${own.sha256}` }
      : undefined;
  if (!changed) recordUse("data", codebook.name, dataHash);
  const format = own?.format ?? formatOf(path);
  const same = file && (own || format === file.format);
  let study: Study;
  try {
    const raw = await readTable(bytes, {
      source: path,
      format,
      ...(same && file.delimiter ? { delimiter: file.delimiter } : {}),
      ...(same && file.quote ? { quote: file.quote } : {}),
    });
    study = studyFrom(raw, codebook, { ...options, origin: { dataHash } });
  } catch (error) {
    // A damaged file also says where.
    if (changed && error instanceof StudyError) throw new StudyError([changed, ...error.problems], error.advice);
    throw error;
  }
  if (changed)
    throw new StudyError(
      [changed],
      'The data have changed since the codebook was written. If that is meant, record the new hash in the codebook (file.sha256) or pass { hash: "ignore" }.',
    );
  return study;
}

function locate(nameOrPath: string, options: LoadOptions) {
  const shipped = dataFolder();
  const builtIn = shippedStudies();
  const isName = builtIn.includes(nameOrPath);
  const path = isName ? join(shipped, nameOrPath) : resolve(nameOrPath);
  if (!existsSync(path))
    throw new StudyError(
      [{ file: nameOrPath, expected: `there is no such file or folder, and no shipped study of this name` }],
      `Shipped studies: ${builtIn.join(", ")}.`,
    );
  const isFolder = statSync(path).isDirectory();
  const isCodebook = !isFolder && extname(path) === ".json";
  const folder = isFolder ? path : dirname(path);
  if (typeof options.codebook === "object")
    return {
      codebook: parseCodebook(options.codebook),
      folder,
      codebookPath: "codebook",
      dataPath: isFolder ? undefined : path,
    };
  const beside = join(folder, `${basename(path, extname(path))}.codebook.json`);
  const codebookPath =
    options.codebook ?? (isCodebook ? path : !isFolder && existsSync(beside) ? beside : join(folder, "codebook.json"));
  if (!existsSync(codebookPath))
    throw new StudyError(
      [{ file: codebookPath, expected: `there is no codebook for ${nameOrPath}` }],
      `Draft one with: proband init ${isFolder ? "FILE" : nameOrPath}`,
    );
  return {
    codebook: readCodebook(codebookPath),
    folder: isCodebook ? folder : dirname(codebookPath),
    codebookPath,
    dataPath: isFolder || isCodebook ? undefined : path,
  };
}

/** Reads and checks a codebook file. */
export function readCodebook(path: string): Codebook {
  const text = decodeText(readFileSync(path), path).replace(/^\uFEFF/, "");
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new StudyError([{ file: path, expected: `this is not JSON: ${(error as Error).message}` }]);
  }
  return parseCodebook(data, path);
}

/** The package's data folder: the nearest one above this module, wherever a bundler has put it. */
export function dataFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (;;) {
    if (existsSync(join(folder, "data", "anes96", "codebook.json"))) return join(folder, "data");
    const up = dirname(folder);
    if (up === folder) throw new Error("the data folder of this package is missing; install the package again");
    folder = up;
  }
}

/** Names of the studies that come with the package. */
export function shippedStudies(): string[] {
  const folder = dataFolder();
  return readdirSync(folder).filter((name) => existsSync(join(folder, name, "codebook.json")));
}
