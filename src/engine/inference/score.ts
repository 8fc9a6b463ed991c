/** Log-probabilities of answer options: each prompt once, its options as branches behind it, people in batches. */
import type { Row } from "../model/batch.js";
import { optionTree, type OptionTree } from "../model/tree.js";
import { floats, ints, type Runtime } from "../runtime.js";
import type { Network } from "./sessions.js";

export interface ScoreJob {
  prompt: number[];
  /** Tokens of each option, with the token that ends the turn. */
  options: number[][];
}

export interface Budget {
  /** Padded tokens in one run. */
  tokens: number;
  /** Elements of the largest logits. */
  logits: number;
}

/** Batches of jobs of like length within the budget; the indices of `jobs`. */
export function scoreBatches(jobs: ScoreJob[], vocabulary: number, budget: Budget): number[][] {
  const trees = jobs.map((job) => optionTree(job.options));
  const length = (i: number) => jobs[i]!.prompt.length + trees[i]!.nodes.length;
  const order = jobs.map((_, i) => i).sort((a, b) => length(a) - length(b) || a - b);
  const batches: number[][] = [];
  let batch: number[] = [],
    predictions = 0;
  for (const i of order) {
    const time = length(i);
    const more = trees[i]!.nodes.length + 1;
    const full = (batch.length + 1) * time > budget.tokens || (predictions + more) * vocabulary > budget.logits;
    // A much longer row would make the short ones pay for its padding.
    const uneven = batch.length > 0 && time > 1.25 * length(batch[0]!) + 8;
    if (batch.length && (full || uneven)) {
      batches.push(batch);
      batch = [];
      predictions = 0;
    }
    batch.push(i);
    predictions += more;
  }
  if (batch.length) batches.push(batch);
  return batches;
}

/** Scores one batch. */
export async function scoreBatch(runtime: Runtime, network: Network, jobs: ScoreJob[]): Promise<Float64Array[]> {
  const trees: OptionTree[] = jobs.map((job) => optionTree(job.options));
  const rows: Row[] = jobs.map(({ prompt }, j) => {
    const { nodes } = trees[j]!;
    const n = prompt.length;
    return {
      ids: [...prompt, ...nodes.map((node) => node.token)],
      parents: [...prompt.map((_, i) => i - 1), ...nodes.map(({ parent }) => n + parent)],
    };
  });
  const { feeds, time } = network.layout(rows);
  const wanted: number[] = [],
    pairs: number[] = [];
  const results = jobs.map(({ prompt }, j) => {
    const first = wanted.length;
    const position = (node: number) => j * time + prompt.length + node;
    for (let node = -1; node < trees[j]!.nodes.length; node++) wanted.push(position(node));
    return trees[j]!.options.map((predictions) =>
      predictions.map(({ node, token }) => pairs.push(first + node + 1, token) / 2 - 1),
    );
  });
  const { config } = network;
  const empty = [jobs.length, config.keyValueHeads, 0, config.headSize];
  for (let l = 0; l < config.layers; l++)
    for (const kind of ["key", "value"]) feeds[`past.${kind}.${l}`] = floats(runtime, new Float32Array(0), empty);
  const out = await network.run(
    {
      ...feeds,
      rows: ints(runtime, Int32Array.from(wanted), [wanted.length]),
      pairs: ints(runtime, Int32Array.from(pairs), [pairs.length / 2, 2]),
    },
    ["logprob"],
  );
  const logprob = out["logprob"]!.data as Float32Array;
  return results.map((options) =>
    Float64Array.from(options, (predictions) => predictions.reduce((total, p) => total + logprob[p]!, 0)),
  );
}
