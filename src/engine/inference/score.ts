/** Log-probabilities of answer options: each prompt once, its options as branches behind it, people in batches. */
import type { Row } from "../model/batch.js";
import { dependsOnLength } from "../model/rope.js";
import { optionTree, type OptionTree } from "../model/tree.js";
import { ints, type Runtime } from "../runtime.js";
import { blockTokens } from "./prefix-cache.js";
import type { Network } from "./sessions.js";

export interface ScoreJob {
  prompt: number[];
  tree: OptionTree;
}

export interface Budget {
  /** Padded tokens in one run. */
  tokens: number;
  /** Elements of the largest logits. */
  logits: number;
}

/** A job from a prompt and the tokens of each option, with the token that ends the turn. */
export const scoreJob = (prompt: number[], options: number[][]): ScoreJob => ({ prompt, tree: optionTree(options) });

/**
 * Whether the positions' frequencies are a long sequence's own: then it neither shares a run with others nor uses keys
 * that were computed for shorter ones.
 */
const standsAlone = ({ config }: Network, { prompt, tree }: ScoreJob): boolean =>
  dependsOnLength(config, prompt.length + tree.nodes.length);

/**
 * The next jobs to run together, as indices: the first job, and others of like length within the budget. What is
 * already cached of a prompt counts little, so length is that of the rest.
 */
export function nextBatch(network: Network, jobs: ScoreJob[], budget: Budget): number[] {
  if (standsAlone(network, jobs[0]!)) return [0];
  const length = jobs.map(
    ({ prompt, tree }) =>
      prompt.length + tree.nodes.length - blockTokens * network.cache.find(prompt, prompt.length - 1).length,
  );
  const together = jobs.flatMap((job, i) => (standsAlone(network, job) ? [] : [i]));
  const order = together.sort((a, b) => length[a]! - length[b]! || a - b);
  const from = order.indexOf(0);
  const batch = [0];
  let predictions = jobs[0]!.tree.nodes.length + 1;
  // A much longer row would make the short ones pay for its padding.
  const longest = 1.25 * length[0]! + 8;
  for (let k = from + 1; k < order.length; k++) {
    const i = order[k]!;
    const more = jobs[i]!.tree.nodes.length + 1;
    if (length[i]! > longest || (batch.length + 1) * length[i]! > budget.tokens) break;
    if ((predictions + more) * network.config.vocabularySize > budget.logits) break;
    batch.push(i);
    predictions += more;
  }
  const widest = length[batch.at(-1)!]!;
  for (let k = from - 1; k >= 0; k--) {
    const i = order[k]!;
    const more = jobs[i]!.tree.nodes.length + 1;
    if (1.25 * length[i]! + 8 < widest || (batch.length + 1) * widest > budget.tokens) break;
    if ((predictions + more) * network.config.vocabularySize > budget.logits) break;
    batch.push(i);
    predictions += more;
  }
  return batch;
}

/** What several prompts begin with alike is computed once, before they are: at least a block of it. */
export async function shareBeginning(runtime: Runtime, network: Network, jobs: ScoreJob[]): Promise<void> {
  if (jobs.length < 3) return;
  const first = jobs[0]!.prompt;
  let common = first.length - 1;
  for (const { prompt } of jobs) {
    let i = 0;
    while (i < common && i < prompt.length - 1 && prompt[i] === first[i]) i++;
    common = i;
  }
  const shared = first.slice(0, common - (common % blockTokens));
  if (shared.length && network.cache.find(shared, shared.length).length * blockTokens < shared.length)
    await scoreBatch(runtime, network, [{ prompt: shared, tree: optionTree([[0]]) }]);
}

/** Scores one batch. */
export async function scoreBatch(runtime: Runtime, network: Network, jobs: ScoreJob[]): Promise<Float64Array[]> {
  const alone = jobs.some((job) => standsAlone(network, job));
  const known = jobs.map(({ prompt }) => (alone ? [] : network.cache.find(prompt, prompt.length - 1)));
  const { feeds: past, cached } = network.cache.feeds(known);
  const fresh = jobs.map(({ prompt }, j) => prompt.slice(known[j]!.length * blockTokens));
  const rows: Row[] = jobs.map(({ tree: { nodes } }, j) => {
    const prompt = fresh[j]!,
      n = prompt.length;
    return {
      ids: [...prompt, ...nodes.map((node) => node.token)],
      parents: [...prompt.map((_, i) => i - 1), ...nodes.map(({ parent }) => n + parent)],
      cached: known[j]!.length * blockTokens,
    };
  });
  const { feeds, time, predict } = network.layout(rows, cached);
  const wanted: number[] = [],
    pairs: number[] = [];
  const results = jobs.map(({ tree }, j) => {
    const first = wanted.length;
    for (let node = -1; node < tree.nodes.length; node++) wanted.push(j * time + fresh[j]!.length + node);
    return tree.options.map((predictions) =>
      predictions.map(({ node, token }) => pairs.push(first + node + 1, token) / 2 - 1),
    );
  });
  const out = await network.run({
    ...feeds,
    ...past,
    ...predict(wanted),
    pairs: ints(runtime, Int32Array.from(pairs), [pairs.length / 2, 2]),
  });
  if (!alone) jobs.forEach(({ prompt }, j) => network.cache.keep(prompt, known[j]!, out, j));
  const logprob = out["logprob"]!.data as Float32Array;
  return results.map((options) =>
    Float64Array.from(options, (predictions) => predictions.reduce((total, p) => total + logprob[p]!, 0)),
  );
}
