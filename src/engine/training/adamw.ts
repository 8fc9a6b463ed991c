/** AdamW (Loshchilov & Hutter 2019): Adam with decoupled weight decay, after clipping by the global gradient norm. */
import type { NamedTensor } from "../safetensors.js";

export interface AdamWOptions {
  /** Default 0.9. */
  beta1?: number;
  /** Default 0.98: finetuning on few people takes few steps, over which 0.999 would remember the first gradients throughout. */
  beta2?: number;
  /** Default 1e-8. */
  epsilon?: number;
  /** Per unit of learning rate, on matrices only. Default 0. */
  weightDecay?: number;
  /** Largest global norm of the gradient. Default 1. */
  clipNorm?: number;
}

export interface AdamW {
  /** Updates done. */
  step: number;
  /** First and second moments of each weight, for checkpoints. */
  readonly moments: { name: string; m: Float32Array; v: Float32Array }[];
  /** Changes the weights in place; returns the gradient's norm before clipping. */
  update(gradients: Float32Array[], learningRate: number): number;
}

export function createAdamW(weights: NamedTensor[], options: AdamWOptions = {}): AdamW {
  const { beta1 = 0.9, beta2 = 0.98, epsilon = 1e-8, weightDecay = 0, clipNorm = 1 } = options;
  const moments = weights.map(({ name, data }) => ({
    name,
    m: new Float32Array(data.length),
    v: new Float32Array(data.length),
  }));
  const optimizer: AdamW = {
    step: 0,
    moments,
    update(gradients, learningRate) {
      let square = 0;
      for (const g of gradients) for (let i = 0; i < g.length; i++) square += g[i]! * g[i]!;
      const norm = Math.sqrt(square);
      if (!Number.isFinite(norm)) return norm;
      const clip = clipNorm > 0 && norm > clipNorm ? clipNorm / norm : 1;
      const step = ++optimizer.step;
      const rate = learningRate / (1 - beta1 ** step),
        correction = 1 / (1 - beta2 ** step);
      weights.forEach(({ data, shape }, k) => {
        const g = gradients[k]!,
          { m, v } = moments[k]!;
        const decay = shape.length > 1 ? learningRate * weightDecay : 0;
        for (let i = 0; i < data.length; i++) {
          const x = g[i]! * clip;
          m[i]! += (1 - beta1) * (x - m[i]!);
          v[i]! += (1 - beta2) * (x * x - v[i]!);
          data[i]! -= (rate * m[i]!) / (Math.sqrt(v[i]! * correction) + epsilon) + decay * data[i]!;
        }
      });
      return norm;
    },
  };
  return optimizer;
}
