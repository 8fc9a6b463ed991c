/** What a column's answers look like: a guess at its scale and missing codes, to be checked by a person. */
import type { Option, Scale } from "./types.js";

export interface Inferred {
  scale?: Scale;
  missing?: (number | string)[];
  /** What a person must check or fill in. */
  check?: string;
  /** Why the column makes no item. */
  skip?: string;
  /** Every cell differs: it may be an id. */
  unique?: boolean;
  /** Every cell is another short word or the next number: it looks like an id. */
  key?: boolean;
}

/** Answers in the order in which questionnaires give them, lower case. */
const ladders = [
  "strongly disagree|disagree|somewhat disagree|slightly disagree|neither agree nor disagree|neutral|undecided|slightly agree|somewhat agree|agree|strongly agree",
  "completely disagree|mostly disagree|neither|mostly agree|completely agree",
  "extremely unlikely|very unlikely|unlikely|somewhat unlikely|neither likely nor unlikely|neutral|somewhat likely|likely|very likely|extremely likely",
  "never|almost never|rarely|seldom|sometimes|occasionally|often|frequently|usually|almost always|always",
  "extremely dissatisfied|very dissatisfied|dissatisfied|somewhat dissatisfied|neither satisfied nor dissatisfied|neutral|somewhat satisfied|satisfied|very satisfied|extremely satisfied",
  "not at all|not at all important|slightly|a little|slightly important|somewhat|moderately|moderately important|quite|very|very important|very much|extremely|extremely important|completely",
  "very poor|poor|fair|average|good|very good|excellent",
  "very negative|negative|somewhat negative|neutral|somewhat positive|positive|very positive",
  "extremely liberal|very liberal|liberal|slightly liberal|moderate|slightly conservative|conservative|very conservative|extremely conservative",
  "none|low|medium|high|very high",
  "decreased a lot|decreased|unchanged|stayed the same|increased|increased a lot",
].map((ladder) => ladder.split("|"));

const noAnswer =
  /^(no answer|refused|refusal|prefer not to (say|answer)|not applicable|n\/?a|missing|not asked|inap\.?|\.)$/i;
const unsure = /^(don['’]?t know|do not know|dk|not sure|unsure|no opinion|can['’]?t (say|choose)|undecided)\.?$/i;
const texts = new Set(["", "na", "n/a", "nan", "null", "none given", ".", "-", "missing", "prefer not to say"]);
const codes = new Set([
  -1, -2, -3, -4, -5, -7, -8, -9, -77, -88, -99, -98, -97, -999, -9999, 9, 77, 88, 97, 98, 99, 777, 888, 997, 998, 999,
  9999,
]);

/** Infers the scale of a column; `labels` are the words the file itself gives for values, `declared` those it calls missing. */
export function inferScale(
  values: readonly unknown[],
  labels?: ReadonlyMap<number | string, string>,
  declared: readonly (number | string)[] = [],
): Inferred {
  const cells = values.filter((v) => v !== null && v !== undefined).map((v) => (typeof v === "string" ? v.trim() : v));
  const textMissing = [
    ...new Set(cells.filter((v): v is string => typeof v === "string" && v !== "" && texts.has(v.toLowerCase()))),
  ];
  const present = cells.filter((v) => !(typeof v === "string" && texts.has(v.toLowerCase()))) as (
    number | string | boolean
  )[];
  if (present.length === 0) return { skip: "every cell is empty" };
  const missing: (number | string)[] = [...textMissing, ...declared];
  const numbers = present.map((v) =>
    typeof v === "string" && !/^[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?$/.test(v) ? NaN : Number(v),
  );
  const result = numbers.some(Number.isNaN)
    ? inferText(present.map(String), labels)
    : inferNumbers(numbers, labels, missing);
  return { ...result, ...(missing.length ? { missing } : {}) };
}

function inferText(present: readonly string[], labels?: ReadonlyMap<number | string, string>): Inferred {
  const distinct = [...new Set(present)];
  const unique = distinct.length === present.length && present.length > 2;
  if (distinct.every((v) => /^\d{4}-\d{2}-\d{2}([T ].*)?$|^\d{1,2}[./]\d{1,2}[./]\d{2,4}/.test(v)))
    return { skip: "dates", unique };
  if (unique && distinct.every((v) => v.length <= 64 && !/\s/.test(v)))
    return { skip: "every cell is different", unique, key: !distinct.every((v) => /^[-+\d.,]+$/.test(v)) };
  const few = distinct.length <= 12 || (distinct.length <= 50 && present.length >= 5 * distinct.length);
  if (!few || distinct.some((v) => v.length > 120)) return { skip: "free text", unique };
  const ladder = ladders.find((l) => distinct.every((v) => l.includes(v.toLowerCase())));
  const option = (value: string): Option => ({ value, label: labels?.get(value) ?? value });
  if (ladder && distinct.length > 2)
    return {
      scale: {
        kind: "ordinal",
        options: distinct.sort((a, b) => ladder.indexOf(a.toLowerCase()) - ladder.indexOf(b.toLowerCase())).map(option),
      },
      check: "are there options that nobody chose, and is this their order?",
    };
  if (distinct.length === 1) return { skip: `every answer is ${JSON.stringify(distinct[0])}` };
  return {
    scale: { kind: "nominal", options: distinct.sort().map(option) },
    check: distinct.length > 2 ? "nominal, or ordered? are there options that nobody chose?" : undefined,
  } as Inferred;
}

function inferNumbers(
  all: readonly number[],
  labels: ReadonlyMap<number | string, string> | undefined,
  missing: (number | string)[],
): Inferred {
  for (const [value, label] of labels ?? [])
    if (noAnswer.test(label.trim()) && typeof value === "number" && !missing.includes(value)) missing.push(value);
  for (const code of missingCodes(
    all.filter((v) => !missing.includes(v)),
    labels,
  ))
    missing.push(code);
  // A code that stands apart and means "don't know" is no step of the scale.
  for (const code of missingCodes([...all, ...numeric(labels)].filter((v) => !missing.includes(v))))
    if (unsure.test(labels?.get(code)?.trim() ?? "")) missing.push(code);
  const present = all.filter((v) => !missing.includes(v));
  if (present.length === 0) return { skip: "every answer is a missing code" };
  const distinct = [...new Set(present)].sort((a, b) => a - b);
  const codesNote = missing.length ? `are ${missing.join(", ")} codes for missing? ` : "";
  const low = distinct[0]!,
    high = distinct.at(-1)!;
  const named = numeric(labels).filter((v) => !missing.includes(v));
  if (
    named.length &&
    distinct.filter((v) => !named.includes(v)).length <= 12 &&
    Math.max(high, ...named) - Math.min(low, ...named) <= 50
  ) {
    const values = [...new Set([...named, ...distinct])].sort((a, b) => a - b);
    const options = values.map((value) => ({ value, label: labels!.get(value) ?? String(value) }));
    return values.length > 2
      ? { scale: { kind: "ordinal", options }, check: `${codesNote}ordered, or nominal?` }
      : { scale: { kind: "nominal", options }, check: codesNote.trim() };
  }
  if (low === high) return { skip: `every answer is ${low}` };
  const unique = distinct.length === all.length && distinct.length > 2 && distinct.every(Number.isInteger);
  if (unique && all.length > 20 && high - low === all.length - 1 && low <= 1)
    return { skip: "a serial number", unique, key: true };
  if (distinct.length === 2) {
    const words = low === 0 && high === 1 ? ["no", "yes"] : [String(low), String(high)];
    return {
      scale: { kind: "nominal", options: distinct.map((value, k) => ({ value, label: words[k]! })) },
      check: `${codesNote}what do ${low} and ${high} stand for?`,
    };
  }
  if (distinct.every(Number.isInteger) && low >= -5 && high - low <= 10) {
    const options = Array.from({ length: high - low + 1 }, (_, k) => ({ value: low + k, label: String(low + k) }));
    return {
      scale: { kind: "ordinal", options },
      check: `${codesNote}write the words of the options; does it run from ${low} to ${high}?`,
    };
  }
  return { scale: grid(distinct), check: `${codesNote}which answers were possible?`, unique };
}

const numeric = (labels?: ReadonlyMap<number | string, string>): number[] =>
  [...(labels?.keys() ?? [])].filter((v): v is number => typeof v === "number");

/** Values from the usual list of codes that stand apart from all other answers. */
function missingCodes(values: readonly number[], labels?: ReadonlyMap<number | string, string>): number[] {
  const distinct = [...new Set(values)].sort((a, b) => a - b);
  const isCode = (v: number) => codes.has(v) && !labels?.has(v);
  const found: number[] = [];
  while (
    distinct.length > 2 &&
    distinct[0]! < 0 &&
    isCode(distinct[0]!) &&
    distinct.find((v) => !isCode(v) || v >= 0)! >= 0
  )
    found.push(distinct.shift()!);
  while (distinct.length > 2 && distinct.at(-1)! > 0 && isCode(distinct.at(-1)!)) {
    const rest = distinct.slice(0, -1).filter((v) => !(isCode(v) && v > 70));
    const next = rest.at(-1) ?? 0;
    if (distinct.at(-1)! - next < 2 || distinct.at(-1)! < 1.25 * next) break;
    found.push(distinct.pop()!);
  }
  return found;
}

/** An interval over what was answered: 0 to 100 for percentages; its step is the largest that all answers fit. */
function grid(distinct: readonly number[]): Scale {
  let low = distinct[0]!,
    high = distinct.at(-1)!;
  const decimals = Math.max(
    ...distinct.map((v) => (String(v).includes("e") ? 9 : (String(v).split(".")[1]?.length ?? 0))),
  );
  // Too many decimals for steps: any number in between.
  if (decimals > 3) return { kind: "interval", min: low, max: high, step: 0 };
  const unit = 10 ** decimals;
  if (
    low >= 0 &&
    high <= 100 &&
    high > 50 &&
    decimals === 0 &&
    distinct.filter((v) => v % 5 === 0).length > 0.8 * distinct.length
  )
    [low, high] = [0, 100];
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  const step = distinct.map((v) => Math.round((v - low) * unit)).reduce(gcd, Math.round((high - low) * unit));
  return { kind: "interval", min: low, max: high, step: step / unit };
}
