/**
 * The state of a training, in one safetensors file that is replaced at once: a process killed at any moment leaves
 * the last whole state. It is continued only by the same training: same examples, options, base model.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { FileSystem } from "../files.js";
import type { Weights } from "../model/weights.js";
import { openSafetensors, readTensor, safetensorsParts, type NamedTensor } from "../safetensors.js";
import type { TrainStep } from "../types.js";
import type { Trainer } from "./trainer.js";

export interface TrainingState {
  /** Steps done. */
  step: number;
  history: TrainStep[];
  trainedTokens: number;
  /** Padded tokens that one microbatch holds at most. */
  microbatchTokens: number;
  best?: { loss: number; epoch: number; weights: Weights };
}

export interface Checkpoints {
  save(trainer: Trainer, state: TrainingState): Promise<void>;
  /** Puts the trainer where the last whole state was; undefined where there is none of this training. */
  restore(trainer: Trainer): Promise<TrainingState | undefined>;
  remove(): Promise<void>;
}

export function createCheckpoints(files: FileSystem, folder: string, identity: unknown): Checkpoints {
  const path = `${folder}/training-state.safetensors`;
  const training = bytesToHex(sha256(new TextEncoder().encode(JSON.stringify(identity))));
  return {
    async save(trainer, { step, history, trainedTokens, microbatchTokens, best }) {
      const tensors: NamedTensor[] = [];
      const add = (prefix: string, name: string, data: Float32Array) =>
        tensors.push({ name: `${prefix}:${name}`, shape: trainer.weights.get(name)!.shape, data });
      for (const { name, m, v } of trainer.optimizer.moments) {
        add("weight", name, trainer.weights.get(name)!.data);
        add("m", name, m);
        add("v", name, v);
        if (best) add("best", name, best.weights.get(name)!.data);
      }
      const state = {
        step,
        history,
        trainedTokens,
        microbatchTokens,
        best: best && { loss: best.loss, epoch: best.epoch },
      };
      await files.write(path, safetensorsParts(tensors, { metadata: { training, state: JSON.stringify(state) } }));
    },

    async restore(trainer) {
      const source = await files.open(path);
      if (!source) return undefined;
      const file = await openSafetensors(source).catch(() => undefined);
      if (file?.metadata["training"] !== training) return undefined;
      const { best, ...state } = JSON.parse(file.metadata["state"]!) as TrainingState;
      if (!state.microbatchTokens) return undefined;
      const weights: Weights = new Map();
      for (const { name, m, v } of trainer.optimizer.moments) {
        const weight = trainer.weights.get(name)!;
        weight.data.set(await readTensor(file, `weight:${name}`));
        m.set(await readTensor(file, `m:${name}`));
        v.set(await readTensor(file, `v:${name}`));
        if (best) weights.set(name, { ...weight, data: await readTensor(file, `best:${name}`) });
      }
      trainer.optimizer.step = state.step;
      return { ...state, ...(best && { best: { ...best, weights } }) };
    },

    remove: () => files.remove(path),
  };
}
