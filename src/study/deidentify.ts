import { originalIds, rememberIds } from "./identities.js";
import { random } from "./random.js";
import { Respondents } from "./respondents.js";
import { result, type Result } from "./result.js";
import { isShown } from "./scale.js";
import type { Codebook, Item, Value } from "./types.js";

export interface DeidentifyOptions {
  /** Smallest number of people who must share a combination of quasi-identifiers (default 5). */
  k?: number;
  /** Items by which somebody might know a person (default: all attributes). */
  quasiIdentifiers?: readonly string[];
  /** Further items to leave out. Ids and hidden items of the design always are. */
  drop?: readonly string[];
  /** Width of bands by item; items measured in years, or named age, get bands of 10 by default. 0 leaves one as it is. */
  bands?: Record<string, number>;
  /** Blank the quasi-identifiers of people in combinations of fewer than `k` (default false: they are only counted). */
  suppress?: boolean;
  /** Seed of the new ids and the new order (default 1). */
  seed?: number;
}

export interface AnonymityRow {
  /** Number of people who share a combination. */
  groupSize: string;
  combinations: number;
  people: number;
  share: number;
}

export interface Deidentified {
  respondents: Respondents;
  /** k-anonymity (Sweeney 2002) of the result. */
  report: Result<AnonymityRow> & { k: number; smallest: number; atRisk: number };
  /** New id → old id. It identifies people: keep it where the data are. */
  key: ReadonlyMap<string, string>;
}

/**
 * A copy that tells less about who the people are: new ids in a new order, no id columns and design items, ages in
 * bands; with a report on how many people share each combination of attributes. It does not change `sharing`: consent
 * is not a property of the data.
 */
export function deidentify(respondents: Respondents, options: DeidentifyOptions = {}): Deidentified {
  const { k = 5, seed = 1 } = options;
  if (!Number.isInteger(k) || k < 2) throw new Error(`k: expected a whole number of at least 2, found ${k}`);
  const dropped = new Set(options.drop ?? []);
  for (const name of dropped) respondents.item(name);
  const keep = respondents.codebook.items.filter(
    (i) => i.role !== "id" && !i.hidden && !dropped.has(i.name) && respondents.has(i.name),
  );
  const banded = keep.map((item) => band(item, respondents.column(item.name), widthOf(item, options.bands ?? {})));
  const order = random(seed, "deidentify").permutation(respondents.n);
  const digits = String(respondents.n).length;
  const ids = order.map((_, i) => `r${String(i + 1).padStart(digits, "0")}`);
  const columns = new Map<string, Value[]>(
    banded.map(({ item, values }) => [item.name, order.map((i) => values[i] ?? null)]),
  );
  const quasi =
    options.quasiIdentifiers ??
    banded.filter(({ item }) => item.role === "attribute" && isShown(item)).map(({ item }) => item.name);
  for (const name of quasi)
    if (!columns.has(name))
      throw new Error(`quasiIdentifiers: ${name} is not among the items kept: ${[...columns.keys()].join(", ")}`);
  const before = classes(quasi, columns, ids.length);
  let suppressed = 0;
  if (options.suppress)
    for (const members of before)
      if (members.length < k)
        for (const i of members) {
          suppressed++;
          for (const name of quasi) columns.get(name)![i] = null;
        }
  const groups = options.suppress ? classes(quasi, columns, ids.length) : before;
  const codebook: Codebook = withoutMissingReferences({ ...respondents.codebook, items: banded.map((b) => b.item) });
  delete codebook.file;
  const loadedAs = originalIds(respondents);
  rememberIds(codebook, new Map(ids.map((id, i) => [id, loadedAs[order[i]!]!])));
  const out = new Respondents({
    codebook,
    ids,
    columns,
    provenance: respondents.provenance,
    origin: { study: respondents.origin.study, part: respondents.origin.part, method: "de-identified", seed },
    ...(respondents.weights ? { weights: order.map((i) => respondents.weights![i]!) } : {}),
  });
  return {
    respondents: out,
    report: report(groups, out, quasi, k, suppressed),
    key: new Map(ids.map((id, i) => [id, respondents.ids[order[i]!]!])),
  };
}

function widthOf(item: Item, bands: Record<string, number>): number {
  const asked = bands[item.name];
  if (asked !== undefined) return asked;
  if (item.role !== "attribute" || item.scale.kind !== "interval") return 0;
  return item.scale.unit === "years" || /(^|_)age(_|$)/i.test(item.name) ? 10 : 0;
}

/** Numbers in bands: the value is the band's lower end, the label says both ends. */
function band(item: Item, values: readonly Value[], width: number): { item: Item; values: readonly Value[] } {
  const { scale } = item;
  if (width === 0) return { item, values };
  if (scale.kind !== "interval" && scale.kind !== "count")
    throw new Error(`bands.${item.name}: expected an item that is a number; it is ${scale.kind}`);
  const lower = values.map((v) => (v === null ? null : Math.floor((v as number) / width) * width));
  const present = [...new Set(lower.filter((v): v is number => v !== null))].sort((a, b) => a - b);
  const whole = scale.kind === "count" || (Number.isInteger(scale.step) && scale.step > 0);
  const options = present.map((value) => ({
    value,
    label: `${value} to ${whole ? value + width - 1 : `under ${value + width}`}`,
  }));
  return { item: { ...item, scale: { kind: "ordinal", options } }, values: lower };
}

/** People by their combination of answers to the quasi-identifiers. */
function classes(names: readonly string[], columns: ReadonlyMap<string, readonly Value[]>, n: number): number[][] {
  const groups = new Map<string, number[]>();
  for (let i = 0; i < n; i++) {
    const key = JSON.stringify(names.map((name) => columns.get(name)![i] ?? null));
    const group = groups.get(key);
    if (group) group.push(i);
    else groups.set(key, [i]);
  }
  return [...groups.values()];
}

function report(
  groups: readonly number[][],
  people: Respondents,
  quasi: readonly string[],
  k: number,
  suppressed: number,
): Deidentified["report"] {
  const sizes: [string, number, number][] = [
    ["alone", 1, 1],
    [`2 to ${k - 1}`, 2, k - 1],
    [`${k} or more`, k, Infinity],
  ];
  const rows = sizes
    .filter(([, low, high]) => low <= high)
    .map(([groupSize, low, high]) => {
      const within = groups.filter((g) => g.length >= low && g.length <= high);
      const count = within.reduce((sum, g) => sum + g.length, 0);
      return { groupSize, combinations: within.length, people: count, share: count / people.n };
    });
  const smallest = Math.min(...groups.map((g) => g.length));
  const atRisk = groups.filter((g) => g.length < k).reduce((sum, g) => sum + g.length, 0);
  return result(
    {
      kind: "study.deidentify",
      title: `Anonymity of ${people.n} respondents by ${quasi.join(", ")}`,
      rows,
      columns: [
        { name: "groupSize", title: "share a combination" },
        { name: "combinations", format: "integer" },
        { name: "people", format: "integer" },
        { name: "share", format: "percent" },
      ],
      notes: [
        smallest >= k
          ? `${smallest}-anonymous: everyone shares these attributes with at least ${smallest - 1} others`
          : `not ${k}-anonymous: ${atRisk} people share these attributes with fewer than ${k - 1} others; use wider bands, leave items out (drop), or blank them (suppress: true)`,
        ...(suppressed ? [`attributes of ${suppressed} people blanked`] : []),
        "answers themselves, and what someone knows from elsewhere, can still identify a person",
        `sharing is still ${people.codebook.sharing}: consent does not follow from de-identification`,
      ],
      provenance: people.provenance === "human" ? [] : [`${people.provenance} data`],
    },
    { k, smallest, atRisk },
  );
}

/** Defaults and references only to items that are left. */
function withoutMissingReferences(codebook: Codebook): Codebook {
  const names = new Set(codebook.items.map((i) => i.name));
  return {
    ...codebook,
    items: codebook.items.map((item) => {
      const { derived, matched, list, column: _, ...rest } = item;
      return {
        ...rest,
        ...(derived?.every((d) => names.has(d)) ? { derived } : {}),
        ...(list && names.has(list.count) && names.has(list.arm) ? { list } : {}),
        ...(matched && names.has(matched) ? { matched } : {}),
      };
    }),
    defaults: defaultsFor(codebook.defaults, names),
  };
}

/** Defaults of what is left: groups and clusters that were taken out are no longer named. */
function defaultsFor(defaults: Codebook["defaults"], names: ReadonlySet<string>): Codebook["defaults"] {
  const { cluster, ...rest } = defaults;
  return {
    ...rest,
    groups: defaults.groups.filter((g) => names.has(g)),
    ...(cluster !== undefined && names.has(cluster) ? { cluster } : {}),
  };
}
