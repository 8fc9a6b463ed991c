/**
 * A byte-pair tokenizer in Hugging Face's format with a chosen vocabulary: numbers 0 … 100 and the words of
 * `vocabulary.mjs` are one token each; other words fall into learned pieces, other characters into bytes.
 */
import { vocabulary, specials } from "./vocabulary.mjs";

const PIECES = 260;

export function buildTokenizer() {
  const tokens = [...Array.from({ length: 101 }, (_, i) => String(i)), ...specials];
  const merges = [];
  const known = new Set(tokens);
  const add = (token) => {
    if (!known.has(token)) {
      known.add(token);
      tokens.push(token);
    }
  };
  for (const character of "abcdefghijklmnopqrstuvwxyz|-'_./%+") add(character);
  for (let byte = 0; byte < 256; byte++) add(`<0x${byte.toString(16).toUpperCase().padStart(2, "0")}>`);
  const ranks = new Map();
  const merge = (a, b) => {
    if (ranks.has(`${a} ${b}`)) return;
    ranks.set(`${a} ${b}`, merges.length);
    merges.push([a, b]);
    add(a + b);
  };
  // Ordinary byte-pair training on the words themselves gives the pieces that unknown words fall into.
  let split = vocabulary.map((word) => [...word]);
  for (let n = 0; n < PIECES; n++) {
    const counts = new Map();
    for (const pieces of split)
      for (let i = 1; i < pieces.length; i++)
        counts.set(`${pieces[i - 1]} ${pieces[i]}`, (counts.get(`${pieces[i - 1]} ${pieces[i]}`) ?? 0) + 1);
    const [best] = [...counts].sort((x, y) => y[1] - x[1] || (x[0] < y[0] ? -1 : 1));
    const [a, b] = best[0].split(" ");
    merge(a, b);
    split = split.map((pieces) => join(pieces, a, b));
  }
  const apply = (word) => {
    let pieces = [...word];
    for (;;) {
      let rank = Infinity;
      for (let i = 1; i < pieces.length; i++)
        rank = Math.min(rank, ranks.get(`${pieces[i - 1]} ${pieces[i]}`) ?? Infinity);
      if (rank === Infinity) return pieces;
      pieces = join(pieces, ...merges[rank]);
    }
  };
  // Whatever is left of a listed word is joined from the left. Later merges rank lower, so earlier words stay whole.
  for (const word of [...Array.from({ length: 101 }, (_, i) => String(i)), ...vocabulary])
    for (let pieces = apply(word); pieces.length > 1; pieces = apply(word)) merge(pieces[0], pieces[1]);

  const vocab = Object.fromEntries(tokens.map((token, id) => [token, id]));
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: specials.map((content) => ({
      id: vocab[content],
      content,
      single_word: false,
      lstrip: false,
      rstrip: false,
      normalized: false,
      special: content !== ";" && content !== "=",
    })),
    normalizer: { type: "Sequence", normalizers: [{ type: "NFKC" }, { type: "Lowercase" }] },
    pre_tokenizer: { type: "WhitespaceSplit" },
    post_processor: null,
    decoder: { type: "Sequence", decoders: [{ type: "ByteFallback" }, { type: "Fuse" }] },
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: true,
      ignore_merges: false,
      vocab,
      merges: merges.map(([a, b]) => `${a} ${b}`),
    },
  };
}

const join = (pieces, a, b) => {
  const out = [];
  for (let i = 0; i < pieces.length; i++)
    if (pieces[i] === a && pieces[i + 1] === b) {
      out.push(a + b);
      i++;
    } else out.push(pieces[i]);
  return out;
};

export const tokenizerConfig = {
  tokenizer_class: "PreTrainedTokenizerFast",
  model_max_length: 1024,
  bos_token: null,
  eos_token: ";",
  pad_token: "<pad>",
  unk_token: null,
  clean_up_tokenization_spaces: false,
  // A space after every message and none before an answer, so that prompts and answers join without retokenizing.
  chat_template:
    "{% for message in messages %}{{ message['content'] }}{% if message['role'] == 'assistant' %};{% endif %} {% endfor %}",
};
