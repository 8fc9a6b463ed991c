/** What stands on the transformer: a training loss with its gradients, log-probabilities, next-token logits. */
import { absolute, add, gatherPairs, logSoftmax, matmul, reshape, scale, shift, softmax, sum } from "../graph/ops.js";
import type { Graph, Value } from "../graph/graph.js";
import type { ModelConfig } from "./config.js";
import { transformer, type Transformer, type TransformerOptions } from "./transformer.js";

export type LossKind = "cross-entropy" | "kl" | "wasserstein";

export interface Compiled {
  model: Uint8Array;
  parameters: Transformer["parameters"];
}

/** Input `pairs` [targets, 2] int32 of (index into `rows`, token): the log-probabilities [targets]. */
function pairLogProbabilities({ graph: g, logits }: Transformer): Value {
  const pairs = g.input("pairs", "int32", ["targets", 2]);
  return gatherPairs(g, logSoftmax(g, logits), g.emit("Cast", [pairs.name], { to: { int: 7 } }));
}

/** Output `logprob` [targets]. */
export function scoringGraph(config: ModelConfig, options: TransformerOptions = {}): Compiled {
  const net = transformer(config, options);
  net.graph.output(pairLogProbabilities(net).name, "logprob", "float32", ["targets"]);
  return { model: net.graph.build(), parameters: net.parameters };
}

/** Output `logits` [predictions, vocabulary]. */
export function logitsGraph(config: ModelConfig, options: TransformerOptions = {}): Compiled {
  const net = transformer(config, options);
  net.graph.output(net.logits.name, "logits", "float32", ["predictions", config.vocabularySize]);
  return { model: net.graph.build(), parameters: net.parameters };
}

/**
 * Outputs `loss` and `gradient:<name>` of every trained weight. The loss is −Σ weightᵢ · log p(targetᵢ); with "kl" or
 * "wasserstein" plus a distribution loss over groups of options (see `distributionLoss`).
 */
export function trainingGraph(config: ModelConfig, options: TransformerOptions & { loss?: LossKind }): Compiled {
  const net = transformer(config, { ...options, dropout: true });
  const g = net.graph;
  const logprob = pairLogProbabilities(net);
  const weights = g.input("weights", "float32", ["targets"]);
  g.output(logprob.name, "logprob", "float32", ["targets"]);
  let loss = scale(g, sum(g, scale(g, logprob, weights.name)), -1);
  if (options.loss === "kl" || options.loss === "wasserstein")
    loss = add(g, loss, distributionLoss(g, logprob, options.loss));
  g.backward(loss);
  g.output(loss.name, "loss", "float32", []);
  for (const { parameter, value, trained } of net.parameters)
    if (trained) g.output(value.gradient!, `gradient:${parameter.name}`, "float32", parameter.shape);
  return { model: g.build(), parameters: net.parameters };
}

/**
 * Loss on the probabilities of answer options. An option's log-probability is the sum over its tokens (input
 * `members` [groups · options, targets], 0 or 1); each group's are normalised over its options (`absent` is −1e9 for
 * padding). "kl": −Σ w · target · log q, the cross-entropy part of KL(target ‖ q). "wasserstein": Σ w · |F_target − F_q|,
 * the distance between cumulative distributions (`step` [groups, options] holds w over the number of steps); options
 * without an order have no such distance, so that their groups (`nominal` [groups, options] holds w) keep "kl".
 */
export function distributionLoss(g: Graph, logprob: Value, kind: "kl" | "wasserstein"): Value {
  const members = g.input("members", "float32", ["groupOptions", "targets"]);
  const absent = g.input("absent", "float32", ["groups", "options"]);
  const target = g.input("target", "float32", ["groups", "options"]);
  const step = g.input("step", "float32", ["groups", "options"]);
  const column = reshape(g, logprob, g.integers([-1, 1]));
  const perOption = matmul(g, members, column);
  const scores = shift(g, reshape(g, perOption, g.emit("Shape", [absent.name])), absent.name);
  const divergence = (weight: Value) => {
    const weighted = g.emit("Mul", [target.name, weight.name]);
    return scale(g, sum(g, scale(g, logSoftmax(g, scores), weighted)), -1);
  };
  if (kind === "kl") return divergence(step);
  const cumulate = g.input("cumulate", "float32", ["options", "options"]);
  const nominal = g.input("nominal", "float32", ["groups", "options"]);
  const difference = shift(g, softmax(g, scores), g.emit("Neg", [target.name]));
  const distance = sum(g, scale(g, absolute(g, matmul(g, difference, cumulate)), step.name));
  return add(g, distance, divergence(nominal));
}
