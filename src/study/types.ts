/**
 * What a study is made of, as data. Everything here can be written in JSON, so that a codebook is a file
 * (`codebook.json`, schema in `codebook.schema.json`) and a study changes by changing that file.
 */

/** A cell of a respondent's row; `null` is missing. */
export type Value = number | string | null;

/** One answer option: the value in the data and the words a respondent saw. */
export interface Option {
  value: number | string;
  label: string;
  /** Kept at its place when the order of options is permuted ("none of these", "don't know"). */
  anchored?: boolean;
}

/** How an item is answered. */
export type Scale =
  | { kind: "nominal"; options: Option[] }
  /** Ordered options; `scores` (same length) are their numeric positions, by default 0, 1, 2 … or the values when numeric. */
  | { kind: "ordinal"; options: Option[]; scores?: number[] }
  /** Numbers from `min` to `max` in steps of `step`; a step of 0 is any number in between. */
  | { kind: "interval"; min: number; max: number; step: number; unit?: string; labels?: Record<string, string> }
  | { kind: "count"; max?: number; unit?: string };

/** What an item is for. Beliefs and actions are simulated; the rest describes the person and what was done to them. */
export type Role = "id" | "attribute" | "treatment" | "belief" | "action" | "weight";

export interface Item {
  name: string;
  role: Role;
  /** The column's name in the file, where it differs from `name`. */
  column?: string;
  /** A few words for axes and tables ("party identification"). */
  label: string;
  /** The question as asked, or for an attribute a phrase about the person. */
  text: string;
  scale: Scale;
  /** Open to social desirability; `matched` names a comparable item that is not. */
  sensitive?: boolean;
  matched?: string;
  /** A list experiment that measures the same without anybody admitting it: the item that counts true statements, the item that says which list a person had, its value for the list with the sensitive statement, and the number of innocent statements. */
  list?: { count: string; arm: string; treated: number | string; length: number };
  /** Names of the items this one follows from, for example a treatment group that crosses two factors: one can group by it, but it is shown to no one and is no input. */
  derived?: string[];
  /** Belongs to the design (cluster, site, interviewer) rather than to the person: one can group and cluster by it, but no model sees it. */
  hidden?: boolean;
  /** Codes in the file that mean missing. */
  missing?: (number | string)[];
}

/** A number computed from a respondent's answers. */
export type Expression =
  | number
  | { item: string }
  /** Numeric position of an answer among the options of an ordered item whose values are words. */
  | { score: string }
  /** An answer that is a word, to compare with. */
  | { value: number | string }
  | { abs: Expression }
  | { add: Expression[] }
  | { subtract: [Expression, Expression] }
  | { multiply: Expression[] }
  | { min: Expression[] }
  | { max: Expression[] };

export type Condition =
  | { lt: [Expression, Expression] }
  | { le: [Expression, Expression] }
  | { gt: [Expression, Expression] }
  | { ge: [Expression, Expression] }
  | { eq: [Expression, Expression] }
  | { all: Condition[] }
  | { any: Condition[] }
  | { not: Condition };

/** Which action a respondent's beliefs imply: the first case that holds decides; `null` is indifference (also when none holds). */
export interface BeliefActionRule {
  action: string;
  /** The rule in words. */
  text: string;
  cases: { when: Condition; implies: number | string | null }[];
}

/** Where the people come from. */
export type Provenance = "human" | "synthetic" | "simulated";

export interface Codebook {
  name: string;
  title: string;
  description: string;
  version: string;
  provenance: Exclude<Provenance, "simulated">;
  /** Consent: may rows leave this machine for a hosted model? */
  sharing: "allowed" | "forbidden";
  licence: string;
  citation: string;
  source?: string;
  /** What respondents were told before the items. `treatments` maps a treatment item's value to what that arm read. */
  introduction?: string;
  treatments?: Record<string, Record<string, string>>;
  /** Of whom the sample was drawn, and when. */
  population?: string;
  year?: number;
  file?: {
    path: string;
    format: "csv" | "tsv" | "jsonl" | "parquet" | "arrow" | "sav" | "qualtrics";
    delimiter?: string;
    quote?: string;
    sha256?: string;
  };
  items: Item[];
  rule?: BeliefActionRule;
  /** Used where a call names none, so that a notebook changes study in one line. */
  defaults: {
    groups: string[];
    outcome: string;
    formula: string;
    family: "ols" | "logit" | "poisson" | "ologit" | "mlogit" | "probit";
    /** Item whose values are clusters (villages, classes) within which answers depend: regressions cluster their errors by it. */
    cluster?: string;
  };
  /** Anything a reader of results must know ("public and old: a pretrained model may have memorised it"). */
  caveats?: string[];
}
