import { table as arqueroTable } from "arquero";
import type { ColumnTable } from "arquero";
import { card } from "./card.js";
import { toDanfo } from "./danfo.js";
import type { DanfoFrame } from "./from.js";
import { isShown } from "./scale.js";
import { jupyterDisplay, type MimeBundle } from "./result.js";
import type { Codebook, Item, Provenance, Role, Value } from "./types.js";

/** One respondent as a plain object: the row's id under `id`, then one property an item. */
export type Row = { id: string } & Record<string, Value>;

/** How a set of respondents came about: which study, which split of it, by which method and seed. */
export interface Origin {
  study: string;
  /** SHA-256 of the data file, where there is one. */
  dataHash?: string;
  /** The part of a split ("pilot", "rest", "finetune", "rectify"), or "all". */
  part: string;
  method?: string;
  seed?: number;
}

/** People (or simulations of them) and their answers, column by column, checked against a codebook. */
export class Respondents {
  readonly codebook: Codebook;
  /** Stable row ids, unique in the study; a simulation keeps the id of the person it stands for. */
  readonly ids: readonly string[];
  readonly provenance: Provenance;
  readonly origin: Origin;
  /** Sampling weights (inverse inclusion probabilities), where the way of sampling defines them. */
  readonly weights?: readonly number[];
  readonly #columns: ReadonlyMap<string, readonly Value[]>;
  #table?: ColumnTable;

  constructor(init: {
    codebook: Codebook;
    ids: readonly string[];
    columns: ReadonlyMap<string, readonly Value[]> | Record<string, readonly Value[]>;
    provenance?: Provenance;
    origin?: Partial<Origin>;
    weights?: readonly number[];
  }) {
    this.codebook = init.codebook;
    this.ids = init.ids;
    this.#columns = init.columns instanceof Map ? init.columns : new Map(Object.entries(init.columns));
    this.provenance = init.provenance ?? init.codebook.provenance;
    this.origin = { study: init.codebook.name, part: "all", ...init.origin };
    if (init.weights) this.weights = init.weights;
    for (const [name, column] of this.#columns) {
      if (column.length !== this.ids.length)
        throw new Error(
          `column ${name} has ${column.length} values for ${this.ids.length} respondents; every column needs one value a respondent`,
        );
      // Only not-a-number differs from itself.
      const wrong = column.findIndex((v) => v !== v);
      if (wrong >= 0)
        throw new Error(
          `column ${name}, respondent ${this.ids[wrong]}: the answer is not a number (NaN); expected an answer, or null where it is missing`,
        );
    }
  }

  /** Number of respondents. */
  get n(): number {
    return this.ids.length;
  }

  /** Names of the columns present; a pilot with attributes only lacks beliefs and actions. */
  get names(): string[] {
    return [...this.#columns.keys()];
  }

  has(name: string): boolean {
    return this.#columns.has(name);
  }

  /** The values of one item, in the order of `ids`. */
  column(name: string): readonly Value[] {
    const column = this.#columns.get(name);
    if (!column) throw new Error(`${this.origin.study} has no column ${name}; it has ${this.names.join(", ")}`);
    return column;
  }

  /** A numeric column as numbers, missing as NaN. Nominal text columns throw. */
  numbers(name: string): Float64Array {
    const column = this.column(name);
    const out = new Float64Array(column.length);
    column.forEach((v, i) => {
      if (typeof v === "string") throw new Error(`column ${name}, row ${this.ids[i]}: expected a number, found "${v}"`);
      out[i] = v ?? NaN;
    });
    return out;
  }

  /** The codebook's entry for an item. */
  item(name: string): Item {
    const item = this.codebook.items.find((i) => i.name === name);
    if (!item)
      throw new Error(
        `the codebook of ${this.codebook.name} has no item ${name}; it has ${this.codebook.items.map((i) => i.name).join(", ")}`,
      );
    return item;
  }

  /** Items of the given roles, in the codebook's order, that are present as columns; without derived ones, which repeat others, and hidden ones. */
  items(...roles: Role[]): Item[] {
    return this.codebook.items.filter((i) => roles.includes(i.role) && isShown(i) && this.has(i.name));
  }

  /** One respondent as an object. */
  row(index: number): Row {
    const row: Row = { id: this.ids[index]! };
    for (const [name, column] of this.#columns) row[name] = column[index] ?? null;
    return row;
  }

  get rows(): Row[] {
    return this.ids.map((_, i) => this.row(i));
  }

  /** The same people as an Arquero table, with the row id as first column. */
  get table(): ColumnTable {
    return (this.#table ??= arqueroTable({
      id: [...this.ids],
      ...Object.fromEntries([...this.#columns].map(([k, v]) => [k, [...v]])),
    }));
  }

  /** The respondents at these indices, in this order, as a named part. */
  take(indices: readonly number[], origin: Partial<Origin> = {}, weights?: readonly number[]): Respondents {
    const columns = new Map([...this.#columns].map(([name, column]) => [name, indices.map((i) => column[i] ?? null)]));
    const kept = weights ?? (this.weights ? indices.map((i) => this.weights![i]!) : undefined);
    return new Respondents({
      codebook: this.codebook,
      ids: indices.map((i) => this.ids[i]!),
      columns,
      provenance: this.provenance,
      origin: { ...this.origin, ...origin },
      ...(kept ? { weights: kept } : {}),
    });
  }

  /** The respondents for whom `test` holds. */
  filter(test: (row: Row, index: number) => boolean): Respondents {
    return this.take(this.ids.map((_, i) => i).filter((i) => test(this.row(i), i)));
  }

  /** The same people without these columns (for example without answers). */
  omit(names: readonly string[]): Respondents {
    const columns = new Map([...this.#columns].filter(([name]) => !names.includes(name)));
    return new Respondents({
      codebook: this.codebook,
      ids: this.ids,
      columns,
      provenance: this.provenance,
      origin: this.origin,
      ...(this.weights ? { weights: this.weights } : {}),
    });
  }

  /** The same people as a danfojs data frame (an optional package, loaded by this call). */
  toDanfo(): Promise<DanfoFrame> {
    return toDanfo(this);
  }

  /** The card as text: items, scales and typical answers. */
  toString(): string {
    return card(this).toString();
  }

  /** A notebook shows the card. */
  [jupyterDisplay](): MimeBundle | Promise<MimeBundle> {
    return (card(this) as unknown as { [jupyterDisplay](): MimeBundle | Promise<MimeBundle> })[jupyterDisplay]();
  }
}

/** How simulated respondents were made. */
export interface SimulationOrigin {
  /** Model id as the provider names it. */
  model: string;
  provider: string;
  /** Seed of the answers' draws. */
  seed: number;
  /** Seed of the finetuning, where there was one. */
  finetuningSeed?: number;
  /** Ids of the respondents the model was finetuned on or shown as examples. */
  trainedOn: readonly string[];
  /** Hash of the prompt template and of everything else that decides the answers. */
  ledgerKey: string;
  elicitation: string;
}

/** Simulated respondents: the human table's shape, ids of the people they stand for, and how they were made. */
export class Simulated extends Respondents {
  readonly simulation: SimulationOrigin;
  /** Option probabilities behind each answer, where the elicitation gives them: item → respondent → probability of each option in the codebook's order. */
  readonly probabilities?: ReadonlyMap<string, readonly (readonly number[] | null)[]>;

  constructor(
    init: ConstructorParameters<typeof Respondents>[0] & {
      simulation: SimulationOrigin;
      probabilities?: ReadonlyMap<string, readonly (readonly number[] | null)[]>;
    },
  ) {
    super({ ...init, provenance: "simulated" });
    this.simulation = init.simulation;
    if (init.probabilities) this.probabilities = init.probabilities;
  }

  override omit(names: readonly string[]): Simulated {
    const base = super.omit(names);
    return new Simulated({
      codebook: this.codebook,
      ids: base.ids,
      columns: new Map(base.names.map((n) => [n, base.column(n)])),
      origin: base.origin,
      simulation: this.simulation,
      ...(base.weights ? { weights: base.weights } : {}),
      ...(this.probabilities
        ? { probabilities: new Map([...this.probabilities].filter(([name]) => !names.includes(name))) }
        : {}),
    });
  }

  override take(indices: readonly number[], origin: Partial<Origin> = {}, weights?: readonly number[]): Simulated {
    const base = super.take(indices, origin, weights);
    return new Simulated({
      codebook: this.codebook,
      ids: base.ids,
      columns: new Map(base.names.map((n) => [n, base.column(n)])),
      origin: base.origin,
      simulation: this.simulation,
      ...(base.weights ? { weights: base.weights } : {}),
      ...(this.probabilities
        ? { probabilities: new Map([...this.probabilities].map(([k, v]) => [k, indices.map((i) => v[i] ?? null)])) }
        : {}),
    });
  }
}
