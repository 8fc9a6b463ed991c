/** Feeds of the distribution losses: which predictions make up which option, and the options' target probabilities. */
import type { LossKind } from "../model/heads.js";
import { floats, type Runtime, type Tensor } from "../runtime.js";
import type { TrainingRow } from "./trainer.js";

type Predict = (row: number, at: number, token: number, weight: number) => number;

export function groupFeeds(
  runtime: Runtime,
  rows: TrainingRow[],
  predict: Predict,
  scale: number,
  kind: LossKind,
  targetCount: () => number,
): Record<string, Tensor> {
  const groups = rows.flatMap((row, b) =>
    (row.groups ?? []).map((group) => ({
      ...group,
      predictions: group.options.map((option) => option.map(({ at, token }) => predict(b, at, token, 0))),
    })),
  );
  const count = Math.max(1, groups.length);
  const options = Math.max(2, ...groups.map((g) => g.options.length));
  const members = new Float32Array(count * options * targetCount()),
    absent = new Float32Array(count * options).fill(-1e9),
    target = new Float32Array(count * options),
    step = new Float32Array(count * options),
    nominal = new Float32Array(count * options);
  if (!groups.length) absent.fill(0);
  groups.forEach((group, g) =>
    group.predictions.forEach((predictions, o) => {
      const at = g * options + o;
      for (const p of predictions) members[at * targetCount() + p] = 1;
      absent[at] = 0;
      target[at] = group.target[o]!;
      const weight = scale * group.weight;
      if (kind === "kl") step[at] = weight;
      // Wasserstein: options are one step apart and the whole scale has length 1.
      else if (group.ordered) step[at] = weight / Math.max(1, group.options.length - 1);
      else nominal[at] = weight;
    }),
  );
  const cumulate = new Float32Array(options * options);
  for (let i = 0; i < options; i++) cumulate.fill(1, i * options + i, (i + 1) * options);
  return {
    members: floats(runtime, members, [count * options, targetCount()]),
    absent: floats(runtime, absent, [count, options]),
    target: floats(runtime, target, [count, options]),
    step: floats(runtime, step, [count, options]),
    ...(kind === "wasserstein" && {
      cumulate: floats(runtime, cumulate, [options, options]),
      nominal: floats(runtime, nominal, [count, options]),
    }),
  };
}
