/**
 * Pretraining: respondents are drawn from the corpus, grouped by length, and the answers learned in order. The same
 * options and seed give the same model on the same machine.
 */
import { Tokenizer } from "@huggingface/tokenizers";
import { baseParameters } from "#src/engine/model/parameters.js";
import { initialWeights } from "#src/engine/model/weights.js";
import { createTrainer } from "#src/engine/training/trainer.js";
import { encode, interview, study } from "./corpus/index.mjs";
import { generator } from "./corpus/measure.mjs";
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

export function modelConfig({ hidden, layers, heads, intermediate, vocabulary, eos }) {
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
    tied: true,
    bias: { qkv: false, o: false, mlp: false },
    rope: { type: "default", theta: 10000 },
    contextLength: 1024,
    eosTokens: [eos],
  };
}

/**
 * Number tokens start where their size puts them: a line and a few waves (as positions are encoded), so that near
 * numbers are near, differences are easy to compute, and answers nobody gave get some of their neighbours' probability.
 */
function placeNumbers(embedding, hidden, random) {
  const waves = [0.5, 1, 2, 4, 8];
  const directions = Array.from({ length: 2 + 2 * waves.length }, () =>
    Float32Array.from({ length: hidden }, () => random.normal()),
  );
  for (let number = 0; number <= 100; number++) {
    const x = number / 100;
    const features = [
      1,
      1.5 * (2 * x - 1),
      ...waves.flatMap((w) =>
        [Math.cos(2 * Math.PI * w * x), Math.sin(2 * Math.PI * w * x)].map((v) => (0.8 * v) / Math.sqrt(w + 0.5)),
      ),
    ];
    for (let j = 0; j < hidden; j++) {
      let value = 0.4 * embedding[number * hidden + j];
      features.forEach((feature, i) => (value += 0.02 * feature * directions[i][j]));
      embedding[number * hidden + j] = value;
    }
  }
}

/**
 * @param options steps, batch (respondents a step), learningRate, collapsed (share of respondents in the monotonous
 * mode), actionWeight (of an action's loss relative to a belief's), world (share of studies whose words mean what they
 * mean), mix (of study families), seed, and the model's size.
 */
export async function pretrain(runtime, options, onStep = () => {}) {
  const { steps, batch, learningRate, collapsed, actionWeight, world, mix, seed, structured = true } = options;
  const tokenizer = buildTokenizer();
  const idsOf = encoder(tokenizer);
  const [eos] = idsOf(";");
  const config = modelConfig({ ...options, vocabulary: Object.keys(tokenizer.model.vocab).length, eos });
  const random = generator(seed);
  const weights = initialWeights(baseParameters(config), seed, 0.03);
  if (structured) placeNumbers(weights.get("model.embed_tokens.weight").data, config.hiddenSize, random);
  const trainer = await createTrainer(runtime, { config, weights, trained: "full", optimizer: { weightDecay: 0.02 } });

  const BATCHES = 16;
  let ready = [];
  const next = () => {
    if (!ready.length) {
      const drawn = Array.from({ length: BATCHES * batch }, () => {
        const mode = random.chance(collapsed) ? "<model>" : "<survey>";
        return encode(mode, interview(random, mode, study(random, { mix, world: random.chance(world) })()), idsOf);
      }).sort((a, b) => a.ids.length - b.ids.length);
      ready = random.shuffle(Array.from({ length: BATCHES }, (_, k) => drawn.slice(k * batch, (k + 1) * batch)));
    }
    return ready.pop().map(({ ids, answers }) => ({
      ids,
      targets: answers.flatMap(({ at, target, action }) => [
        { at, token: target, weight: action ? actionWeight : 1 },
        { at: at + 1, token: eos, weight: 0.02 },
      ]),
    }));
  };

  let tokens = 0,
    smooth;
  for (let step = 1; step <= steps; step++) {
    const rows = next();
    const part = step / steps;
    const rate = learningRate * Math.min(1, step / 80) * (part < 0.5 ? 1 : 0.02 + 0.98 * 2 * (1 - part));
    const { loss } = await trainer.step([rows], { learningRate: rate });
    tokens += rows.reduce((sum, row) => sum + row.ids.length, 0);
    smooth = smooth === undefined ? loss : 0.98 * smooth + 0.02 * loss;
    onStep({ step, steps, loss: smooth, tokens });
  }
  await trainer.release();
  return { config, weights, tokenizer, tokens, loss: smooth };
}
