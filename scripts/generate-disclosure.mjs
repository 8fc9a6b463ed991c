// Writes data/disclosure/disclosure.tsv from the law in scripts/disclosure-law.mjs, and its hash into the codebook.
// node scripts/generate-disclosure.mjs [--check]   (--check: fail when the files are not what the law gives)
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { coefficients, draw, sensitive } from "./disclosure-law.mjs";

// The first seed from 1996 on whose 929 people have 340 ± 4 belief structures and a gap of 24.7 ± 0.2%.
export const seed = 2031;
export const n = 929;

export function text() {
  const rows = draw(n, seed);
  const names = Object.keys(rows[0]);
  return [names, ...rows.map((row) => names.map((name) => row[name]))].map((cells) => cells.join("\t") + "\n").join("");
}

/** The law in numbers that a test or a reader can compare with. */
export function law() {
  const outcomes = ["target1", "target2", "both"];
  return {
    coefficients: Object.fromEntries(outcomes.map((outcome) => [outcome, coefficients(outcome)])),
    sensitive: Object.fromEntries(
      Object.entries(sensitive).map(([name, { truth, admitted }]) => [name, { truth, admitted }]),
    ),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = new URL("../data/disclosure/", import.meta.url);
  const tsv = text();
  const sha256 = createHash("sha256").update(tsv).digest("hex");
  const codebook = readFileSync(new URL("codebook.json", folder), "utf8");
  const updated = codebook.replace(/("sha256": ")[0-9a-f]{64}"/, `$1${sha256}"`);
  const laws = JSON.stringify(law(), null, 2) + "\n";
  if (process.argv.includes("--check")) {
    const same =
      readFileSync(new URL("law.json", folder), "utf8") === laws &&
      updated === codebook &&
      readFileSync(new URL("disclosure.tsv", folder), "utf8") === tsv;
    if (!same) throw new Error("data/disclosure is not what the law gives; run node scripts/generate-disclosure.mjs");
  } else {
    writeFileSync(new URL("disclosure.tsv", folder), tsv);
    writeFileSync(new URL("law.json", folder), laws);
    writeFileSync(new URL("codebook.json", folder), updated);
    console.log(`${n} synthetic respondents, SHA-256 ${sha256}`);
  }
}
