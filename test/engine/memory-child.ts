/** One training step in a process of its own, whose peak memory can be read: `node memory-child.js '{"tokens": 300, …}'`. */
import { baseParameters, initialWeights } from "#src/engine/index.js";
import { parseConfig } from "#src/engine/model/config.js";
import { trainingBytes } from "#src/engine/model/memory.js";
import { linearNames } from "#src/engine/model/parameters.js";
import { nativeRuntime } from "#src/engine/node/index.js";
import { createTrainer, sequenceRow } from "#src/engine/training/trainer.js";

const { tokens, layers, gradientCheckpointing } = JSON.parse(process.argv[2]!) as {
  tokens: number;
  layers: number;
  gradientCheckpointing: boolean;
};
const config = parseConfig(
  JSON.stringify({
    architectures: ["LlamaForCausalLM"],
    model_type: "llama",
    hidden_size: 128,
    num_hidden_layers: layers,
    num_attention_heads: 4,
    num_key_value_heads: 2,
    intermediate_size: 384,
    vocab_size: 500,
    max_position_embeddings: 4096,
    rms_norm_eps: 1e-5,
    tie_word_embeddings: true,
  }),
);
const weights = initialWeights(baseParameters(config), 1);
const runtime = await nativeRuntime({ threads: 1 });
const lora = { rank: 4, alpha: 8, dropout: 0, rsLora: false, targets: [...linearNames] };
const before = process.memoryUsage.rss();
const trainer = await createTrainer(runtime, { config, weights, trained: "lora", lora, gradientCheckpointing });
const row = sequenceRow(
  Array.from({ length: tokens }, (_, i) => (i * 7) % 500),
  Array.from({ length: tokens }, (_, i) => Number(i > tokens - 5)),
);
await trainer.step([[row]], { learningRate: 1e-3 });
const taken = process.resourceUsage().maxRSS * 1024 - before;
const estimated = trainingBytes(config, lora, tokens, 4, gradientCheckpointing);
console.log(JSON.stringify({ taken, estimated }));
process.exit(0);
