/**
 * Pretraining: respondents are drawn from the corpus, grouped by length, and the answers learned in order. The same
 * options and seed give the same model on the same machine.
 */
import { Tokenizer } from "@huggingface/tokenizers";
import { baseParameters } from "#src/engine/model/parameters.js";
import { initialWeights } from "#src/engine/model/weights.js";
import { fromFloat16, toFloat16 } from "#src/engine/safetensors.js";
import { createTrainer } from "#src/engine/training/trainer.js";
import { encode, interview, study } from "./corpus/index.mjs";
import { encodeJSON } from "./corpus/json.mjs";
import { generator } from "./corpus/measure.mjs";
import { letters } from "./vocabulary.mjs";
import { buildTokenizer, tokenizerConfig } from "./tokenizer.mjs";

/** Text to tokens, remembering words; added tokens and words are separated by spaces in the corpus. */
export function encoder(tokenizer = buildTokenizer()) {
  const inner = new Tokenizer(tokenizer, tokenizerConfig);
  const words = new Map();
  return (text) =>
    text.split(" ").flatMap((word) => {
      let ids = words.get(word);
      if (!ids) {
        if (words.size > 100_000) words.clear();
        words.set(word, (ids = inner.encode(word, { add_special_tokens: false }).ids));
      }
      return ids;
    });
}

export function modelConfig({ hidden, layers, heads, intermediate, vocabulary, eos, theta = 100 }) {
  return {
    architecture: "llama",
    hiddenSize: hidden,
    layers,
    heads,
    keyValueHeads: heads,
    headSize: hidden / heads,
    intermediateSize: intermediate,
    vocabularySize: vocabulary,
    normEpsilon: 1e-5,
    tied: false,
    bias: { qkv: false, o: false, mlp: false },
    rope: { type: "default", theta },
    contextLength: 1024,
    eosTokens: [eos],
  };
}

/**
 * Where training starts. A small model trained for minutes does not discover where an earlier answer stands or that 40
 * lies between 30 and 50; so it starts with both and learns what to do with them:
 * - number tokens lie on a line and a few waves (as positions are encoded), so that near numbers are near;
 * - in the first layer, heads at "=" start as pointers to the tokens 1, 2, 3 … places before it, where the compact
 *   template repeats the first, second, third answer, and hand on what number they see; the layer's first neurons start as the differences between those.
 * Everything is trained afterwards like any other weight.
 */
/** How much larger than the first contributions of layers embeddings are. */
const LOUD = 5;

export function structuredStart(weights, config, random, { equals, letters, pointers = 4 }) {
  const { hiddenSize: d, headSize, layers, rope } = config;
  const get = (name) => weights.get(name).data;
  const scale = (data, by) => data.forEach((v, i) => (data[i] = v * by));
  // Embeddings of norm about 1.4; what layers add starts small beside them.
  const embedding = get("model.embed_tokens.weight");
  scale(embedding, 0.1 / 0.03);
  for (let l = 0; l < layers; l++)
    for (const name of ["self_attn.o_proj", "mlp.down_proj"])
      scale(get(`model.layers.${l}.${name}.weight`), 1 / Math.sqrt(2 * layers));

  // Orthogonal directions: "is =", "is a number", and the features of numbers.
  const waves = [0.5, 1, 2, 4];
  const features = (x) => [
    0.9 * (2 * x - 1),
    ...waves.flatMap((w) =>
      [Math.cos(2 * Math.PI * w * x), Math.sin(2 * Math.PI * w * x)].map((v) => (0.45 * v) / Math.sqrt(w + 0.5)),
    ),
  ];
  const count = features(0).length;
  const basis = [];
  const pairs = (pointers * (pointers - 1)) / 2;
  while (basis.length < 2 + count + pointers * count + 2 * pairs) {
    const v = Float64Array.from({ length: d }, () => random.normal());
    for (const b of basis) {
      const along = v.reduce((s, x, j) => s + x * b[j], 0);
      v.forEach((x, j) => (v[j] = x - along * b[j]));
    }
    const norm = Math.sqrt(v.reduce((s, x) => s + x * x, 0));
    basis.push(v.map((x) => x / norm));
  }
  const [isEquals, isNumber, ...directions] = basis;
  const seen = Array.from({ length: pointers }, (_, m) => directions.slice(count * (m + 1), count * (m + 2)));
  const differences = directions.slice(count * (pointers + 1));
  for (let number = 0; number <= 100; number++) {
    const f = features(number / 100);
    for (let j = 0; j < d; j++) {
      let value = 0.25 * embedding[number * d + j] + 0.9 * isNumber[j];
      f.forEach((x, i) => (value += x * directions[i][j]));
      embedding[number * d + j] = value;
    }
  }
  for (const letter of letters)
    for (let j = 0; j < d; j++) embedding[letter * d + j] = 0.6 * embedding[letter * d + j] + 0.9 * isNumber[j];
  for (let j = 0; j < d; j++) embedding[equals * d + j] = 0.25 * embedding[equals * d + j] + 1.3 * isEquals[j];

  // After "=" comes an answer: a neuron of the last layer says so from the start. Without it the first steps do nothing
  // but push every other token down, with weights so large that nothing finer is learned afterwards.
  const last = `model.layers.${layers - 1}.mlp`;
  const neuronAt = config.intermediateSize - 1;
  for (let j = 0; j < d; j++) {
    get(`${last}.gate_proj.weight`)[neuronAt * d + j] = 0.3 * isEquals[j];
    get(`${last}.up_proj.weight`)[neuronAt * d + j] = 0.3 * isEquals[j];
    get(`${last}.down_proj.weight`)[j * config.intermediateSize + neuronAt] = 0.5 * LOUD * isNumber[j];
  }

  // The head that reads answers out starts as the embedding; the embedding itself is loud beside what layers add.
  get("lm_head.weight").set(embedding);
  scale(embedding, LOUD);

  const half = headSize / 2,
    sharp = 5;
  const block = "model.layers.0.self_attn";
  const [q, k, v, o] = ["q", "k", "v", "o"].map((n) => get(`${block}.${n}_proj.weight`));
  for (let head = 0; head < pointers; head++) {
    const back = head + 1,
      row = head * headSize;
    for (const data of [q, k, v]) data.fill(0, row * d, (row + headSize) * d);
    for (let i = 0; i < sharp; i++) {
      // A query turned back by `back` positions meets the key there in phase.
      const phase = -back * rope.theta ** (-i / half);
      for (let j = 0; j < d; j++) {
        q[(row + i) * d + j] += 0.44 * Math.cos(phase) * isEquals[j];
        q[(row + i + half) * d + j] += 0.44 * Math.sin(phase) * isEquals[j];
        k[(row + i) * d + j] += 0.6 * isNumber[j];
      }
    }
    for (let f = 0; f < count; f++)
      for (let j = 0; j < d; j++) {
        v[(row + f) * d + j] = 0.3 * directions[f][j];
        o[j * config.heads * headSize + row + f] = 0.3 * LOUD * seen[head][f][j];
      }
  }
  // The same layer's first neurons start as the positive and negative parts of the differences of what they saw.
  const [gate, up, down] = ["gate", "up", "down"].map((n) => get(`model.layers.0.mlp.${n}_proj.weight`));
  let neuron = 0;
  for (let a = 0; a < pointers; a++)
    for (let b = 0; b < a; b++)
      for (const sign of [1, -1]) {
        for (let j = 0; j < d; j++) {
          gate[neuron * d + j] = sign * 1.5 * (seen[a][0][j] - seen[b][0][j]);
          up[neuron * d + j] = 0.12 * isEquals[j];
          down[j * config.intermediateSize + neuron] = 0.1 * LOUD * differences[neuron][j];
        }
        neuron++;
      }
}

/**
 * @param options phases ({steps, warmup, decay, curriculum}), batch (respondents a step), learningRate, collapsed (share
 * of respondents in the monotonous mode), actionWeight (of an action's loss relative to a belief's), world (share of
 * studies whose words mean what they mean), seed, and the model's size; `from` ({weights, phase}) starts at a later phase.
 */
export async function pretrain(runtime, options, onStep = () => {}) {
  const { phases, seed, weightDecay, from } = options;
  const tokenizer = buildTokenizer();
  const idsOf = encoder(tokenizer);
  const [eos] = idsOf(";");
  const config = modelConfig({ ...options, vocabulary: Object.keys(tokenizer.model.vocab).length, eos });
  const random = generator(seed);
  const weights = initialWeights(baseParameters(config), seed, 0.03);
  structuredStart(weights, config, random, {
    equals: idsOf("=")[0],
    letters: letters.flatMap(idsOf),
    pointers: options.pointers,
  });
  if (from) for (const [name, tensor] of from.weights) weights.get(name).data.set(tensor.data);
  const total = phases.slice(from?.phase ?? 0).reduce((sum, phase) => sum + phase.steps, 0);
  const progress = { step: 0, steps: total, tokens: 0, loss: undefined, config, weights, tokenizer };
  for (const [index, phase] of phases.entries()) {
    if (index < (from?.phase ?? 0)) continue;
    // Every phase but the first starts from weights as they are written to disk, so that it can also start from there.
    if (index) for (const { data } of weights.values()) data.set(fromFloat16(toFloat16(data)));
    const draw = batches(index ? generator(seed + index) : random, { ...options, ...phase }, idsOf, eos);
    const trainer = await createTrainer(runtime, { config, weights, trained: "full", optimizer: { weightDecay } });
    for (let step = 1; step <= phase.steps; step++) {
      const rows = draw(step - 1);
      const rest = phase.decay ? 0.02 + 0.98 * (1 - step / phase.steps) : 1;
      const learningRate = (phase.learningRate ?? options.learningRate) * Math.min(1, step / phase.warmup) * rest;
      const { loss } = await trainer.step([rows], { learningRate });
      progress.step++;
      progress.tokens += rows.reduce((sum, row) => sum + row.ids.length, 0);
      progress.loss = progress.loss === undefined ? loss : 0.98 * progress.loss + 0.02 * loss;
      await onStep({ ...progress, phase: index });
    }
    await trainer.release();
  }
  return progress;
}

/** Batches of rows of like length; `draw(step)` gives the next one, from the mix that `curriculum` names for that step. */
function batches(random, { batch, collapsed, actionWeight, world, round, json, curriculum }, idsOf, eos) {
  const BATCHES = 16;
  let ready = [];
  return (step) => {
    if (!ready.length) {
      const { mix } = curriculum.find(({ until }) => until === undefined || step < until);
      const drawn = Array.from({ length: BATCHES * batch }, () => {
        const mode = random.chance(collapsed) ? "<model>" : "<survey>";
        const asked = interview(random, mode, study(random, { mix, world: random.chance(world), round })());
        return json && random.chance(json) ? encodeJSON(mode, asked, idsOf) : encode(mode, asked, idsOf);
      }).sort((a, b) => a.ids.length - b.ids.length);
      ready = random.shuffle(Array.from({ length: BATCHES }, (_, k) => drawn.slice(k * batch, (k + 1) * batch)));
    }
    return ready.pop().map(({ ids, answers, learned }) => ({
      ids,
      targets:
        learned ??
        answers.flatMap(({ at, target, action }) => [
          { at, token: target, weight: action ? actionWeight : 1 },
          { at: at + 1, token: eos, weight: 0.02 },
        ]),
    }));
  };
}
