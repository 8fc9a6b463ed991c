import { Simulated, startProgress } from "../study/index.js";
import type { Progress, Respondents, Value } from "../study/index.js";
import { createAsker, type Answer, type Asker } from "./ask.js";
import { takeLedger } from "./ledger/open.js";
import { plan as makePlan, type Plan } from "./plan.js";
import { makeReport, tally, type Tally } from "./report.js";
import { batchWidth, createBatchSender, requireBatch } from "./runner/batch-sender.js";
import { createSender, type Counts } from "./runner/sender.js";
import type { Answered } from "./template.js";
import type { SimulationOptions, SimulationRun } from "./types.js";

/**
 * Simulates each person's answers to every belief and action of the codebook, in order, earlier answers carried
 * along. The model sees attributes and treatment only: answers in `people` are removed before anything is rendered.
 * Every answer is recorded before it counts; the same call again asks only what is not recorded.
 */
export async function run(people: Respondents, options: SimulationOptions): Promise<SimulationRun> {
  options.signal?.throwIfAborted();
  const plan = await makePlan(people, options);
  if (options.batch) requireBatch(plan.provider);
  const { ledger, release } = await takeLedger(people.codebook, options.ledger, options.home);
  const stop = new AbortController();
  const signal = options.signal ? AbortSignal.any([options.signal, stop.signal]) : stop.signal;
  const started = performance.now();
  try {
    const direct = createSender({ ...senderOptions(plan), signal });
    const sender = options.batch
      ? createBatchSender({ ...senderOptions(plan), signal, run: plan.key.slice(0, 64), price: direct.price })
      : direct;
    const asker = createAsker(plan, ledger, sender);
    const progress = watch(plan, options, () => stop.abort(), options.batch ? () => 0 : direct.pausedMs);
    const results = createResults(plan);
    try {
      await interviews(plan, asker, sender.counts, results, progress, signal);
      progress.finish("done");
    } catch (error) {
      progress.finish(signal.aborted ? "cancelled" : "failed");
      throw error;
    }
    const seconds = (performance.now() - started) / 1000;
    const report = makeReport(plan, results.tallies, sender.counts, {
      seconds,
      ledger,
      shown: asker.shown,
      price: direct.price,
    });
    const draws = Array.from({ length: plan.draws }, (_, draw) => results.simulated(draw));
    return Object.assign(draws[0]!, { report, draws }) as SimulationRun;
  } finally {
    await release();
  }
}

function senderOptions(plan: Plan) {
  const { limits, timeout, tries, backoffMs, budgetUSD, prices, stream } = plan.options;
  return {
    provider: plan.provider,
    model: plan.model.id,
    seed: plan.seed,
    ...(plan.coder === undefined ? {} : { others: [plan.coder] }),
    ...(limits ? { limits } : {}),
    ...(timeout === undefined ? {} : { timeout }),
    ...(tries === undefined ? {} : { tries }),
    ...(backoffMs === undefined ? {} : { backoffMs }),
    ...(budgetUSD === undefined ? {} : { budgetUSD }),
    ...(prices ? { prices } : {}),
    ...(stream ? { stream } : {}),
  };
}

/** Interviews as many people at once as the server takes requests; a person's answers come one after the other. */
async function interviews(
  plan: Plan,
  asker: Asker,
  counts: Counts,
  results: Results,
  progress: ReturnType<typeof watch>,
  signal: AbortSignal,
): Promise<void> {
  const total = plan.people.n * plan.draws;
  let next = 0;
  let failed: { error: unknown } | undefined;
  const worker = async () => {
    while (next < total && !failed) {
      signal.throwIfAborted();
      const turn = next++;
      const draw = Math.floor(turn / plan.people.n);
      const person = turn % plan.people.n;
      const answered: Answered[] = [];
      for (const [i, planned] of plan.items.entries()) {
        signal.throwIfAborted();
        const answer = await asker.ask(person, planned, answered, draw);
        results.set(draw, i, person, answer);
        progress.count(answer, counts);
        plan.options.onAnswer?.(() => results.simulated(0));
        if (answer.value !== null)
          answered.push({
            item: planned.item.name,
            value: answer.value,
            ...(answer.order ? { order: answer.order } : {}),
          });
        if (failed) return;
      }
    }
  };
  const atOnce = plan.options.limits?.concurrency ?? plan.provider.limits.concurrency ?? 64;
  const width = Math.min(total, plan.options.batch ? batchWidth : atOnce);
  const all = Array.from({ length: width }, () =>
    worker().catch((error: unknown) => {
      failed ??= { error };
    }),
  );
  await Promise.all(all);
  if (failed) throw failed.error;
}

/** Progress that begins with the first answer really asked for, so that a resumed run's rate and ETA are right. */
function watch(plan: Plan, options: SimulationOptions, cancel: () => void, pausedMs: () => number) {
  const total = plan.people.n * plan.items.length * plan.draws;
  const label = `Simulating ${plan.people.n} respondents with ${plan.model.id}`;
  let done = 0;
  let found = 0;
  let missing = 0;
  let shown = 0;
  let cost = 0;
  let progress: Progress | undefined;
  const start = () => (progress ??= startProgress({ label, total, unit: "answers", skipped: done, cancel }, options));
  const tell = () => {
    const wait = Math.round(pausedMs() / 1000);
    progress!.update(done, {
      metrics: {
        ...(found ? { "from ledger": found } : {}),
        ...(missing ? { missing } : {}),
        ...(wait ? { "seconds the server asks to wait": wait } : {}),
      },
      ...(cost ? { costUSD: cost } : {}),
    });
  };
  // While a server asks everybody to wait, no answer comes that would tell of it.
  const ticks = setInterval(() => {
    if (pausedMs() < 1000) return;
    start();
    tell();
  }, 1000);
  return {
    count(answer: Answer, { costUSD }: Counts): void {
      if (!answer.found) start();
      done++;
      if (answer.found) found++;
      if (answer.value === null) missing++;
      cost = costUSD;
      const now = performance.now();
      if (!progress || (now - shown < 50 && done < total)) return;
      shown = now;
      tell();
    },
    finish(state: "done" | "failed" | "cancelled"): void {
      clearInterval(ticks);
      start().finish(state);
    },
  };
}

type Results = ReturnType<typeof createResults>;

/** Answers by draw, item and person. */
function createResults(plan: Plan) {
  const { people, items, draws } = plan;
  const keep = plan.options.probabilities ?? true;
  const values = Array.from({ length: draws }, () => items.map(() => new Array<Value>(people.n).fill(null)));
  const probabilities = items.map(() => (keep ? new Array<readonly number[] | null>(people.n).fill(null) : undefined));
  const tallies: Tally[] = items.map(({ item, elicitation }) => tally(item.name, elicitation.name));
  return {
    tallies,
    set(draw: number, item: number, person: number, answer: Answer): void {
      values[draw]![item]![person] = answer.value;
      if (draw === 0 && answer.probabilities && probabilities[item]) probabilities[item][person] = answer.probabilities;
      tallies[item]!.add(answer);
    },
    simulated(draw: number): Simulated {
      const columns = new Map(people.names.map((name) => [name, people.column(name)]));
      items.forEach(({ item }, i) => columns.set(item.name, values[draw]![i]!));
      const stated = new Map(
        items.flatMap(({ item }, i) =>
          probabilities[i]?.some((p) => p) ? [[item.name, probabilities[i]] as const] : [],
        ),
      );
      return new Simulated({
        codebook: people.codebook,
        ids: people.ids,
        columns,
        origin: people.origin,
        ...(people.weights ? { weights: people.weights } : {}),
        ...(draw === 0 && stated.size ? { probabilities: stated } : {}),
        simulation: {
          model: plan.model.id,
          provider: plan.provider.name,
          seed: plan.seed,
          ...(plan.model.trainedOn && plan.model.seed !== undefined ? { finetuningSeed: plan.model.seed } : {}),
          trainedOn: [...(plan.model.trainedOn?.ids ?? []), ...plan.exampleIds],
          ledgerKey: plan.key,
          elicitation: [...new Set(items.map((i) => i.elicitation.name))].join(", "),
        },
      });
    },
  };
}
