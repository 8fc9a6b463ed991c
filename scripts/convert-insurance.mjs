// Writes data/insurance/insurance.tsv from Cai_2015.csv of the package causaldata (PyPI, folder social_insure):
// node scripts/convert-insurance.mjs path/to/Cai_2015.csv
// Changes: an id and the crossed treatment arm are added, single-precision noise in rice area is rounded off,
// the take-up rate before the experiment is kept to three decimals. No row is dropped, no answer altered.
import { createHash } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import Papa from "papaparse";

const { data } = Papa.parse(readFileSync(process.argv[2], "utf8").trim(), { header: true });
const number = (text, digits) => (text === "" ? "" : String(Number(Number(text).toFixed(digits))));
const rows = data.map((r, i) => ({
  id: String(i + 1),
  arm: 1 + 2 * Number(r.intensive) + Number(r.default),
  intensive: r.intensive,
  default: r.default,
  village: r.village,
  age: r.age,
  male: r.male,
  literacy: r.literacy,
  agpop: r.agpop,
  ricearea_2010: number(r.ricearea_2010, 2),
  risk_averse: number(r.risk_averse, 1),
  pre_takeup_rate: number(r.pre_takeup_rate, 3),
  disaster_prob: number(r.disaster_prob, 1),
  takeup: r.takeup_survey,
}));
const names = Object.keys(rows[0]);
const tsv = [names, ...rows.map((r) => names.map((n) => r[n]))].map((cells) => cells.join("\t") + "\n").join("");
const folder = new URL("../data/insurance/", import.meta.url);
writeFileSync(new URL("insurance.tsv", folder), tsv);
const sha256 = createHash("sha256").update(tsv).digest("hex");
const codebook = readFileSync(new URL("codebook.json", folder), "utf8");
writeFileSync(new URL("codebook.json", folder), codebook.replace(/("sha256": ")[0-9a-f]{64}"/, `$1${sha256}"`));
console.log(`${rows.length} respondents, SHA-256 ${sha256}`);
