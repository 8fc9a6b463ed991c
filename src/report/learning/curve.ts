/**
 * How alignment grows with the number of people learned from: pilots of each size are drawn, a model is finetuned on
 * each with several seeds, held-out people are simulated, and everything is measured beside what a model has to beat.
 */
import { baselines } from "../../alignment/index.js";
import * as finetuning from "../../finetuning/index.js";
import * as simulation from "../../simulation/index.js";
import { modelMark, random, result, startProgress } from "../../study/index.js";
import type { LongWork, Respondents, Result } from "../../study/index.js";
import { regressionChain } from "./chain.js";
import { heldOutLikelihood, marginLikelihood } from "./likelihood.js";
import { measures, type Measures } from "./measures.js";
import { signRecovery } from "./signs.js";

export type Variant =
  | "finetuned"
  | "base"
  | "few-shot"
  | "marginal bootstrap"
  | "row bootstrap"
  | "Gaussian copula"
  | "regression chain"
  | "people";

export interface Measurement extends Measures {
  /** Mean log-likelihood of held-out answers, nats an answer, given the answers before; NaN where a variant has none. */
  logLikelihood: number;
  /** Sign F1 of the codebook's regression; NaN where it could not be fitted. */
  signF1: number;
}

/** One finished cell of the experiment. */
export interface CurveRecord {
  n: number;
  variant: Variant;
  /** Which pilot draw. */
  draw: number;
  /** Which finetuning (or simulation) seed. */
  seed: number;
  measured: { [K in keyof Measurement]: number | null };
  seconds: number;
}

/** Where finished cells are kept, so that a stopped curve goes on where it was. */
export interface CurveStore {
  read(): CurveRecord[];
  append(record: CurveRecord): void;
}

export interface CurveOptions extends LongWork {
  /** Pilot sizes (default 10, 30, 60, 120, 300, 900; those that leave fewer than 40 people are dropped). */
  sizes?: readonly number[];
  /** Pilots drawn of each size (default 5). */
  draws?: number;
  /** Finetuning seeds for each pilot (default 3). */
  seeds?: number;
  /** People held out in each draw, at most (default 300). The same for all sizes where there are enough. */
  holdout?: number;
  /** Default: all. */
  variants?: readonly Variant[];
  /** Default "proband-base". */
  base?: string;
  /** State folder of the embedded engine (default `.proband`). */
  home?: string;
  /** People shown as examples in the few-shot prompt (default 6). */
  shots?: number;
  /** Passed to `finetuning.run`. */
  finetuning?: Partial<finetuning.FinetuningOptions>;
  /** Seed of the pilot draws (default 1). */
  seed?: number;
  store?: CurveStore;
}

export interface CurveRow {
  n: number;
  variant: Variant;
  metric: keyof Measurement;
  /** Mean over pilot draws (of the mean over seeds). */
  mean: number;
  /** Standard deviation between pilot draws; NaN with one. */
  sd: number;
  /** Measurements behind it. */
  runs: number;
}

export const allVariants: readonly Variant[] = [
  "finetuned",
  "base",
  "few-shot",
  "marginal bootstrap",
  "row bootstrap",
  "Gaussian copula",
  "regression chain",
  "people",
];

export const metricTitles: Record<keyof Measurement, string> = {
  logLikelihood: "held-out log-likelihood (nats an answer)",
  beliefDistance: "Jensen–Shannon distance, beliefs",
  actionDistance: "Jensen–Shannon distance, actions",
  jointDistance: "Jensen–Shannon distance, belief structures",
  structures: "unique belief structures relative to people",
  gap: "belief–action gap",
  gapDifference: "belief–action gap less people's",
  signF1: "sign F1",
};

export type LearningCurve = Result<CurveRow> & {
  readonly records: readonly CurveRecord[];
  /** People held out, at most. */
  readonly heldOut: number;
};

interface Cell {
  n: number;
  variant: Variant;
  draw: number;
  seed: number;
}

/** Runs (or completes) the experiment and summarises it. */
export async function learningCurve(people: Respondents, options: CurveOptions = {}): Promise<LearningCurve> {
  const { draws = 5, seeds = 3, holdout = 300, variants = allVariants, seed = 1, store } = options;
  const asked = [...(options.sizes ?? [10, 30, 60, 120, 300, 900])].sort((a, b) => a - b);
  const sizes = asked.filter((n) => people.n - n >= 40);
  if (!sizes.length)
    throw new Error(`no pilot size leaves 40 of ${people.n} people held out; found ${asked.join(", ")}`);
  const cells: Cell[] = [];
  for (let draw = 1; draw <= draws; draw++)
    for (const n of sizes)
      for (const variant of variants)
        for (let s = 1; s <= (variant === "finetuned" ? seeds : 1); s++)
          // What does not depend on the pilot is measured once a draw.
          if (!["base", "people"].includes(variant) || n === sizes[0]) cells.push({ n, variant, draw, seed: s });
  const records = new Map((store?.read() ?? []).map((record) => [keyOf(record), record]));
  const missing = cells.filter((cell) => !records.has(keyOf(cell)));
  const progress = startProgress(
    {
      label: `Learning curve of ${people.codebook.name}`,
      total: cells.length,
      unit: "cells",
      skipped: cells.length - missing.length,
    },
    options,
  );
  try {
    for (const [i, cell] of missing.entries()) {
      options.signal?.throwIfAborted();
      const order = random(seed, "learning curve", cell.draw).permutation(people.n);
      const pilot = people.take(order.slice(0, cell.n), { part: "pilot", seed });
      const held = people.take(order.slice(Math.max(cell.n, people.n - holdout)), { part: "held out", seed });
      const started = performance.now();
      const others = people.take(order.slice(0, Math.max(cell.n, people.n - holdout)).slice(-held.n), {
        part: "others",
      });
      const measured = await measure(cell, { pilot, held, others }, options);
      const record: CurveRecord = {
        ...cell,
        measured: Object.fromEntries(
          Object.entries(measured).map(([name, value]) => [name, Number.isFinite(value) ? value : null]),
        ) as CurveRecord["measured"],
        seconds: (performance.now() - started) / 1000,
      };
      store?.append(record);
      records.set(keyOf(cell), record);
      progress.update(cells.length - missing.length + i + 1);
    }
    progress.finish("done");
  } catch (error) {
    progress.finish(options.signal?.aborted ? "cancelled" : "failed");
    throw error;
  }
  return summary(
    people,
    cells.map((cell) => records.get(keyOf(cell))!),
    { sizes, asked, draws, seeds, holdout, base: options.base ?? "proband-base" },
  );
}

const keyOf = ({ n, variant, draw, seed }: Cell) => [n, variant, draw, seed].join("|");

async function measure(
  cell: Cell,
  { pilot, held, others }: Record<"pilot" | "held" | "others", Respondents>,
  options: CurveOptions,
): Promise<Measurement> {
  const { variant, draw, seed } = cell;
  const base = options.base ?? "proband-base";
  const quiet = { onProgress: () => {}, ...(options.signal ? { signal: options.signal } : {}) };
  const home = options.home ? { home: options.home } : {};
  const of = (simulated: Respondents, logLikelihood: number): Measurement => ({
    ...measures(held, simulated),
    logLikelihood,
    signF1: signRecovery(held, simulated),
  });
  const drawSeed = 1000 * draw + seed;
  switch (variant) {
    case "marginal bootstrap":
      return of(baselines.marginalBootstrap(pilot, held, { seed: drawSeed }), marginLikelihood(pilot, held));
    case "row bootstrap":
      return of(baselines.rowBootstrap(pilot, held, { seed: drawSeed }), NaN);
    case "Gaussian copula":
      return of(baselines.copula(pilot, held, { seed: drawSeed }), NaN);
    case "regression chain": {
      const chain = regressionChain(pilot);
      return of(chain.simulate(held, drawSeed), chain.logLikelihood(held));
    }
    case "people":
      // The floor: as many other people. What they differ by is what chance makes of people themselves.
      return of(others, NaN);
    default: {
      const model =
        variant === "finetuned"
          ? await finetuning.run(pilot, { ...options.finetuning, base, seed: drawSeed, ...home, ...quiet })
          : base;
      const examples =
        variant === "few-shot" ? { examples: pilot.take(pilot.ids.map((_, i) => i).slice(0, options.shots ?? 6)) } : {};
      const simulated = await simulation.run(held, { model, seed: drawSeed, ...examples, ...home, ...quiet });
      const id = typeof model === "string" ? model : model.id;
      return of(simulated, await heldOutLikelihood(held, { model: id, ...examples, ...home }));
    }
  }
}

function summary(
  people: Respondents,
  records: CurveRecord[],
  about: { sizes: number[]; asked: number[]; draws: number; seeds: number; holdout: number; base: string },
): LearningCurve {
  const rows: CurveRow[] = [];
  const metrics = Object.keys(metricTitles) as (keyof Measurement)[];
  const groups = grouped(records, (r) => `${r.n}|${r.variant}`);
  for (const group of groups.values())
    for (const metric of metrics) {
      const byDraw = [...grouped(group, (r) => r.draw).values()]
        .map((of) => of.map((r) => r.measured[metric]).filter((v) => v !== null))
        .filter((values) => values.length)
        .map((values) => values.reduce((a, b) => a + b, 0) / values.length);
      if (!byDraw.length) continue;
      const mean = byDraw.reduce((a, b) => a + b, 0) / byDraw.length;
      const sd = Math.sqrt(byDraw.reduce((s, v) => s + (v - mean) ** 2, 0) / (byDraw.length - 1));
      const { n, variant } = group[0]!;
      const at = ["base", "people"].includes(variant) ? about.sizes : [n];
      for (const size of at) rows.push({ n: size, variant, metric, mean, sd, runs: group.length });
    }
  const dropped = about.asked.filter((n) => !about.sizes.includes(n));
  return result(
    {
      kind: "report.learningCurve",
      title: `What more people buy: ${people.codebook.title}`,
      rows: rows.sort((a, b) => metrics.indexOf(a.metric) - metrics.indexOf(b.metric) || a.n - b.n),
      columns: [
        { name: "metric" },
        { name: "n", format: "integer" },
        { name: "variant" },
        { name: "mean" },
        { name: "sd", title: "sd between pilots" },
        { name: "runs", format: "integer" },
      ],
      notes: [
        `${about.draws} pilots of each size, ${about.seeds} finetuning seeds each; ${about.base}; at most ${about.holdout} held-out people, the same for all sizes where there are enough`,
        "people: as many other people against the held-out ones, the floor that chance alone sets",
        "log-likelihood: of each held-out answer given the answers before it, options normalised; more is better",
        ...(dropped.length ? [`sizes ${dropped.join(", ")} leave fewer than 40 people and are left out`] : []),
      ],
      provenance: [
        ...(people.provenance === "synthetic" ? ["synthetic data"] : []),
        ...(rows.some((r) => ["finetuned", "base", "few-shot"].includes(r.variant))
          ? [`simulated by ${modelMark(about.base)}`]
          : []),
      ],
    },
    { records, heldOut: about.holdout },
  );
}

function grouped<T, K>(list: readonly T[], key: (value: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const value of list) {
    const of = key(value);
    const group = groups.get(of);
    if (group) group.push(value);
    else groups.set(of, [value]);
  }
  return groups;
}
