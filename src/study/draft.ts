import { inferScale, type Inferred } from "./infer-scale.js";
import { result, type Result } from "./result.js";
import { describeScale } from "./scale.js";
import type { RawTable } from "./table.js";
import type { Codebook, Item, Role } from "./types.js";

export interface DraftRow {
  column: string;
  item: string;
  role: string;
  answers: string;
  /** What a person must check or fill in. */
  check: string;
}

export interface Draft extends Result<DraftRow> {
  codebook: Codebook;
}

const personal =
  /(^|[_. ])(e-?mail|ip.?address|ip|name|first.?name|last.?name|surname|phone|telephone|address|street|latitude|longitude|location.?(latitude|longitude)|prolific.?(pid|id)|mturk|worker.?id)([_. ]|$)/i;
const machine =
  /^(start.?date|end.?date|recorded.?date|status|progress|finished|duration.*|distribution.?channel|user.?language|recipient.*|external.?(data.?)?reference|time.?(stamp|spent)|page.?timer?.*)$/i;
const roles: [Role, RegExp][] = [
  ["weight", /^(.*[_. ])?(weights?|wt|wgt|pweight|sampling.?weight)$/i],
  [
    "treatment",
    /(^|[_. ])(treat(ment|ed)?|condition|cond|arm|experiment(al)?.?(group|condition)?|assigned|group|vignette|message)([_. ]|$)/i,
  ],
  [
    "attribute",
    /(^|[_. ])(age|sex|gender|male|female|race|ethnic(ity)?|educ(ation)?|school(ing)?|degree|income|earnings|employ(ment|ed)?|occupation|job|region|state|country|urban|rural|religion|relig|marital|married|children|household|hh.?size|party|pid|party.?id|ideology|born|birth.?year|nationality|language|class)([_. ]|$)/i,
  ],
  [
    "action",
    /(^|[_. ])(vote[sd]?|voting|choice|choose|chosen|decision|decide|action|buy|bought|purchase|take.?up|donat(e|ion)|attack|accept(ed)?|reject(ed)?|sign(ed)?|join(ed)?|behaviou?r)([_. ]|$)/i,
  ],
];
const idName = /^(id|.*[_. ]id|respondent.*|response.?id|case.?(id|number)?|participant.*|subject.*|serial|uuid|pid)$/i;

/**
 * Drafts a codebook from a table: an item a column, with role, scale and missing codes guessed from names, labels and
 * answers. Every guess that matters is listed under `check`. Columns that hold dates, free text or what identifies
 * people are left out and listed. Sharing is forbidden until a person allows it. No holdout is needed: a pilot alone
 * can be drafted.
 */
export function draftCodebook(raw: RawTable, options: { name?: string; file?: Codebook["file"] } = {}): Draft {
  if (raw.n === 0) throw new Error(`${raw.source}: there are no rows; expected respondents to draft a codebook from`);
  const items: Item[] = [];
  const rows: DraftRow[] = [];
  const names = new Set<string>();
  for (const [column, cells] of raw.columns) {
    const words = raw.labels?.get(column);
    const inferred = inferScale(cells, raw.valueLabels?.get(column), raw.declaredMissing?.get(column));
    // Without a telling name, a first column that tells everybody apart is taken for the id.
    const first = rows.length === 0 && inferred.key === true && !cells.some((v) => v === null || v === "");
    const left = (why: string) => rows.push({ column, item: "–", role: "left out", answers: why, check: "" });
    const isId = (idName.test(column) && inferred.unique) || (first && !personal.test(column) && !machine.test(column));
    if (isId && !items.some((i) => i.role === "id")) {
      const item: Item = {
        ...named(column, "id", names),
        label: "respondent",
        text: "Row id",
        scale: { kind: "count" },
      };
      items.push(item);
      rows.push({
        column,
        item: item.name,
        role: "id",
        answers: "every cell is different",
        check: "does it identify people? then replace it",
      });
    } else if (personal.test(column) && !/ethnic|gender/i.test(column)) left("may identify people");
    else if (machine.test(column)) left("of the survey software");
    else if (inferred.skip !== undefined) left(inferred.skip);
    else {
      const item = draftItem(column, words, inferred, names);
      items.push(item);
      rows.push({
        column,
        item: item.name,
        role: item.role,
        answers: describeScale(item),
        check: inferred.check ?? "",
      });
    }
  }
  if (!items.some((i) => i.role !== "id"))
    throw new Error(`${raw.source}: no column could be made an item; every one is empty, a date or free text`);
  settleOutcome(items, rows);
  const codebook = assemble(items, raw, options);
  return result(
    {
      kind: "study.draft",
      title: `Draft of a codebook for ${raw.source} · ${raw.n} respondents, ${items.length} items`,
      rows,
      columns: [{ name: "column" }, { name: "item" }, { name: "role" }, { name: "answers" }, { name: "check" }],
      notes: [
        ...(raw.notes ?? []),
        "a draft: roles, scales and missing codes are guesses; check every line and write the questions as they were asked",
        "sharing with hosted models is forbidden until you set it to allowed, which needs the respondents' consent",
        `default formula: ${codebook.defaults.formula} (${codebook.defaults.family})`,
        "for the belief–action gap add a rule: which action do the beliefs imply? (docs/study.md)",
      ],
    },
    { codebook },
  );
}

/** A name that formulas can use, unique in the codebook; `column` where the file's differs. */
function named(column: string, role: Role, names: Set<string>): Pick<Item, "name" | "role" | "column"> {
  const base =
    column
      .trim()
      .replace(/[^\p{L}\p{N}_.]+/gu, "_")
      .replace(/^([^\p{L}_])/u, "_$1")
      .replace(/_+$/, "") || "item";
  let name = base;
  for (let k = 2; names.has(name); k++) name = `${base}_${k}`;
  names.add(name);
  return { name, role, ...(name === column ? {} : { column }) };
}

function draftItem(column: string, words: string | undefined, inferred: Inferred, names: Set<string>): Item {
  const readable = column
    .replace(/([\p{Ll}\p{N}])(\p{Lu})/gu, "$1 $2")
    .replace(/[_.]+/g, " ")
    .trim();
  const role =
    roles.find(([, pattern]) => pattern.test(column) || (pattern.source.length < 400 && pattern.test(readable)))?.[0] ??
    "belief";
  const label = words && words.length <= 40 ? words : readable;
  let { scale } = inferred as Required<Inferred>;
  // Arms have no order, whatever their codes.
  if (role === "treatment" && scale.kind === "ordinal") scale = { kind: "nominal", options: scale.options };
  if (role === "weight" && scale.kind !== "interval") scale = { kind: "interval", min: 0, max: 1e6, step: 0 };
  if (
    role === "attribute" &&
    /(^|[_. ])age([_. ]|$)/i.test(column) &&
    scale.kind === "interval" &&
    scale.min >= 10 &&
    scale.max <= 110
  )
    scale = { ...scale, min: Math.min(18, scale.min), max: Math.max(99, scale.max), step: 1, unit: "years" };
  return {
    ...named(column, role, names),
    label: label || column,
    text: words ?? readable,
    scale,
    ...(inferred.missing ? { missing: inferred.missing } : {}),
  };
}

/** A study needs something that people did: without an action by name, the last question is taken for it. */
function settleOutcome(items: Item[], rows: DraftRow[]): void {
  if (items.some((i) => i.role === "action")) return;
  const last = items.findLast((i) => i.role === "belief");
  if (!last) return;
  last.role = "action";
  const row = rows.find((r) => r.item === last.name)!;
  row.role = "action";
  row.check = `taken for the action because it is last; is it? ${row.check}`.trim();
}

function assemble(items: Item[], raw: RawTable, options: { name?: string; file?: Codebook["file"] }): Codebook {
  const of = (...wanted: Role[]) => items.filter((i) => wanted.includes(i.role));
  const outcome = of("action").at(-1) ?? of("belief").at(-1) ?? of("attribute")[0]!;
  const predictors = of("treatment", "attribute").filter((i) => i !== outcome);
  const term = (i: Item) =>
    i.scale.kind === "nominal" &&
    i.scale.options.length > 2 &&
    i.scale.options.every((o) => typeof o.value === "number")
      ? `C(${i.name})`
      : i.name;
  const base = (options.name ?? raw.source.replace(/^.*[\\/]/, "").replace(/\.[^.]*$/, "")).replace(
    /[^A-Za-z0-9._-]+/g,
    "-",
  );
  const name = /^[A-Za-z0-9]/.test(base) ? base : `study-${base}`.replace(/-+$/, "");
  return {
    name,
    title: name,
    description: `Draft of ${raw.source.replace(/^.*[\\/]/, "")}: say here in a sentence who was asked what.`,
    version: "0",
    provenance: "human",
    sharing: "forbidden",
    licence: "not stated",
    citation: "not stated",
    ...(options.file ? { file: options.file } : {}),
    items,
    defaults: {
      groups: predictors
        .filter((i) => i.scale.kind === "nominal" || (i.scale.kind === "ordinal" && i.scale.options.length <= 7))
        .slice(0, 2)
        .map((i) => i.name),
      outcome: outcome.name,
      formula: `${outcome.name} ~ ${predictors.length ? predictors.map(term).join(" + ") : "1"}`,
      family: familyOf(outcome),
    },
  };
}

function familyOf({ scale }: Item): Codebook["defaults"]["family"] {
  if (scale.kind === "nominal") return scale.options.length === 2 ? "logit" : "mlogit";
  return scale.kind === "count"
    ? "poisson"
    : scale.kind === "ordinal" && scale.options.some((o) => typeof o.value !== "number")
      ? "ologit"
      : "ols";
}
