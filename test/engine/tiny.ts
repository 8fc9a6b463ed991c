/** A tiny random model on disk, in Hugging Face layout, for tests. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TrainingExample } from "#src/engine/index.js";
import { parseConfig, writeConfig, baseParameters, initialWeights, writeSafetensors } from "#src/engine/index.js";

const words =
  'how do you vote Clinton Dole yes no left right moderate age party question answer 0 1 2 3 4 5 6 7 8 9 10 the of a person are where place { } [ ] : , . - " true false null x'.split(
    " ",
  );

/** A word-level tokenizer whose words are the ones above; digits and punctuation are tokens of their own. */
export function tinyTokenizer(): { tokenizer: string; config: string; vocabulary: number } {
  const specials = ["<unk>", "<|im_start|>", "<|im_end|>", "\n", "system", "user", "assistant"];
  const vocab = [...new Set([...specials, ...words])];
  const tokenizer = {
    version: "1.0",
    added_tokens: [0, 1, 2].map((id) => ({
      id,
      content: vocab[id],
      special: true,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
    })),
    normalizer: null,
    pre_tokenizer: {
      type: "Split",
      pattern: { Regex: "\\n|\\d+|[^\\s\\w]| ?\\w+" },
      behavior: "Isolated",
      invert: false,
    },
    post_processor: null,
    decoder: { type: "Fuse" },
    model: { type: "WordLevel", vocab: {} as Record<string, number>, unk_token: "<unk>" },
  };
  // Words stand in the vocabulary with and without the space before them, as in byte-level tokenizers.
  const all = [...vocab, ...words.filter((w) => /^\w/.test(w) && !/^\d/.test(w)).map((w) => " " + w), " "];
  [...new Set(all)].forEach((w, i) => (tokenizer.model.vocab[w] = i));
  const config = {
    eos_token: "<|im_end|>",
    unk_token: "<unk>",
    chat_template:
      "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
  };
  return {
    tokenizer: JSON.stringify(tokenizer),
    config: JSON.stringify(config),
    vocabulary: Object.keys(tokenizer.model.vocab).length,
  };
}

export interface TinyOptions {
  hidden?: number;
  layers?: number;
  heads?: number;
  keyValueHeads?: number;
  seed?: number;
  context?: number;
}

/** The files of a tiny model. */
export function tinyModel(options: TinyOptions = {}) {
  const { hidden = 32, layers = 2, heads = 4, keyValueHeads = 2, seed = 1, context = 256 } = options;
  const { tokenizer, config: tokenizerConfig, vocabulary } = tinyTokenizer();
  const config = parseConfig(
    JSON.stringify({
      architectures: ["LlamaForCausalLM"],
      hidden_size: hidden,
      num_hidden_layers: layers,
      num_attention_heads: heads,
      num_key_value_heads: keyValueHeads,
      intermediate_size: 3 * hidden,
      vocab_size: vocabulary,
      max_position_embeddings: context,
      rms_norm_eps: 1e-5,
      tie_word_embeddings: true,
      eos_token_id: 2,
    }),
  );
  const weights = initialWeights(baseParameters(config), seed, 0.25);
  return {
    config,
    weights,
    texts: {
      "config.json": writeConfig(config),
      "tokenizer.json": tokenizer,
      "tokenizer_config.json": tokenizerConfig,
    },
  };
}

/** Writes a tiny model to a folder. */
export async function writeTinyModel(folder: string, options: TinyOptions = {}) {
  const model = tinyModel(options);
  await mkdir(folder, { recursive: true });
  for (const [name, text] of Object.entries(model.texts)) await writeFile(join(folder, name), text);
  await writeFile(join(folder, "model.safetensors"), writeSafetensors([...model.weights.values()]));
  return model;
}

/** Conversations with one answer each. */
export const conversations = (n: number): TrainingExample[] =>
  Array.from({ length: n }, (_, i) => ({
    messages: [
      { role: "user", content: `how do you vote ${i % 10}` },
      { role: "assistant", content: i % 2 ? "Dole" : "Clinton" },
    ],
  }));
