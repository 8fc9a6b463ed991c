// Studies that travel inside a page: files by name instead of a disk.
import { sha256 } from "@noble/hashes/sha2";
import { bytesToHex } from "@noble/hashes/utils";
import { parseCodebook } from "./codebook.js";
import { StudyError } from "./errors.js";
import { readTable } from "./read.js";
import { studyFrom, type Study } from "./study.js";

const files = new Map<string, Uint8Array>();

/** Makes files available to {@link loadEmbeddedStudy}: `studies/NAME/codebook.json` and the data file it names. */
export function embedFiles(added: Record<string, Uint8Array>): void {
  for (const [name, bytes] of Object.entries(added)) files.set(name, bytes);
}

/** The bytes of an embedded file; undefined when there is none of that name. */
export const embeddedFile = (name: string): Uint8Array | undefined => files.get(name);

/** Loads a study whose files are embedded. Throws with the names there are. */
export async function loadEmbeddedStudy(name: string): Promise<Study> {
  const codebookPath = `studies/${name}/codebook.json`;
  const json = files.get(codebookPath);
  if (!json) {
    const there = [...files.keys()].flatMap((f) => /^studies\/(.+)\/codebook\.json$/.exec(f)?.[1] ?? []);
    throw new StudyError(
      [{ file: name, expected: "no study of this name is in this page" }],
      `In this page: ${there.join(", ") || "none"}.`,
    );
  }
  const codebook = parseCodebook(JSON.parse(new TextDecoder().decode(json)), codebookPath);
  const { file } = codebook;
  const bytes = file && files.get(`studies/${name}/${file.path}`);
  if (!file || !bytes) throw new StudyError([{ file: codebookPath, expected: "its data file is not in this page" }]);
  const raw = await readTable(bytes, {
    source: file.path,
    format: file.format,
    ...(file.delimiter ? { delimiter: file.delimiter } : {}),
    ...(file.quote ? { quote: file.quote } : {}),
  });
  return studyFrom(raw, codebook, { origin: { dataHash: bytesToHex(sha256(bytes)) } });
}
