/**
 * Keys and values of prompts already seen, in blocks of tokens. A block is known by all tokens up to its end, so that
 * prompts share what they begin with: everyone's system prompt, a person's earlier questions and answers.
 */
import type { ModelConfig } from "../model/config.js";
import { floats, type Runtime, type Tensor } from "../runtime.js";

/** Tokens in a block: what ends within one is computed again, at most this many tokens. */
export const blockTokens = 16;

interface Block {
  key: string;
  parent: Block | undefined;
  tokens: number[];
  /** [layer, key or value, head, token, element]. */
  data: Float32Array;
}

export interface PrefixCache {
  /** The longest known beginning of a prompt, at most `limit` tokens. */
  find(prompt: number[], limit: number): Block[];
  /** Keeps a row of a run's `present` outputs: `known` blocks were there before, then come the prompt's other tokens. */
  keep(prompt: number[], known: Block[], present: Record<string, Tensor>, row: number): void;
  /** Feeds for rows that begin with these blocks, padded to the longest. */
  feeds(rows: Block[][]): { feeds: Record<string, Tensor>; cached: number };
  clear(): void;
}

/** Memory shared by the caches of a model's adapters: least recently used blocks go first. */
export interface Pool {
  blocks: Map<string, Block>;
  bytes: number;
  limit: number;
  spaces: number;
}

export const createPool = (limit: number): Pool => ({ blocks: new Map(), bytes: 0, limit, spaces: 0 });

export function createPrefixCache(runtime: Runtime, config: ModelConfig, pool: Pool): PrefixCache {
  const { layers, keyValueHeads: heads, headSize: size } = config;
  const run = blockTokens * size;
  const space = ++pool.spaces;

  /** Keys of a prompt's whole blocks: two 32-bit hashes over all tokens so far; matches are verified. */
  function* keys(prompt: number[], limit: number) {
    let a = 0x811c9dc5,
      b = space;
    for (let i = 0; i + blockTokens <= limit; i += blockTokens) {
      for (let t = i; t < i + blockTokens; t++) {
        a = Math.imul(a ^ prompt[t]!, 0x01000193);
        b = (Math.imul(b, 0x5bd1e995) ^ prompt[t]!) + 0x9e3779b9;
        b ^= b >>> 15;
      }
      yield { key: `${space}.${i}.${a >>> 0}.${b >>> 0}`, from: i };
    }
  }

  const same = (block: Block, prompt: number[], from: number) =>
    block.tokens.every((token, t) => prompt[from + t] === token);

  return {
    find(prompt, limit) {
      const found: Block[] = [];
      for (const { key, from } of keys(prompt, limit)) {
        const block = pool.blocks.get(key);
        if (!block || block.parent !== found.at(-1) || !same(block, prompt, from)) break;
        pool.blocks.delete(key);
        pool.blocks.set(key, block);
        found.push(block);
      }
      return found;
    },

    keep(prompt, known, present, row) {
      let parent = known.at(-1);
      for (const { key, from } of keys(prompt, prompt.length)) {
        if (from < known.length * blockTokens) continue;
        const there = pool.blocks.get(key);
        if (there && there.parent === parent && same(there, prompt, from)) {
          parent = there;
          continue;
        }
        const data = new Float32Array(layers * 2 * heads * run);
        let to = 0;
        for (let l = 0; l < layers; l++)
          for (const kind of ["key", "value"]) {
            const tensor = present[`present.${kind}.${l}`]!;
            const span = tensor.dims[2]!,
              values = tensor.data as Float32Array;
            // The outputs hold the run's own tokens, not those it found cached.
            const at = from - known.length * blockTokens;
            for (let h = 0; h < heads; h++, to += run) {
              const start = ((row * heads + h) * span + at) * size;
              data.set(values.subarray(start, start + run), to);
            }
          }
        const block: Block = { key, parent, tokens: prompt.slice(from, from + blockTokens), data };
        if (!there) pool.bytes += data.byteLength;
        pool.blocks.set(key, block);
        parent = block;
      }
      for (const [key, block] of pool.blocks) {
        if (pool.bytes <= pool.limit) break;
        pool.blocks.delete(key);
        pool.bytes -= block.data.byteLength;
      }
    },

    feeds(rows) {
      const cached = Math.max(0, ...rows.map((blocks) => blocks.length)) * blockTokens;
      const feeds: Record<string, Tensor> = {};
      for (let l = 0; l < layers; l++)
        for (const [k, kind] of ["key", "value"].entries()) {
          const data = new Float32Array(rows.length * heads * cached * size);
          rows.forEach((blocks, b) =>
            blocks.forEach((block, i) => {
              for (let h = 0; h < heads; h++) {
                const from = ((l * 2 + k) * heads + h) * run;
                const to = ((b * heads + h) * cached + i * blockTokens) * size;
                data.set(block.data.subarray(from, from + run), to);
              }
            }),
          );
          feeds[`past.${kind}.${l}`] = floats(runtime, data, [rows.length, heads, cached, size]);
        }
      return { feeds, cached };
    },

    clear() {
      for (const [key, block] of pool.blocks)
        if (key.startsWith(`${space}.`)) {
          pool.blocks.delete(key);
          pool.bytes -= block.data.byteLength;
        }
    },
  };
}
