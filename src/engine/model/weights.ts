/** Weights in memory: by name, with shapes; made at random, or read from safetensors and checked. */
import { random } from "../../study/random.js";
import { EngineError } from "../errors.js";
import { readTensor, type NamedTensor, type SafetensorsFile } from "../safetensors.js";
import type { ModelConfig } from "./config.js";
import { baseParameters, elements, type Parameter } from "./parameters.js";

export type Weights = Map<string, NamedTensor>;

/** Weights of a new model. Embeddings and linears are normal with `deviation` (0.02 as Llama's), norms one. */
export function initialWeights(parameters: Parameter[], seed: number, deviation = 0.02): Weights {
  const weights: Weights = new Map();
  for (const { name, shape, init } of parameters) {
    const data = new Float32Array(elements(shape));
    const draw = random(seed, name);
    if (init === "ones") data.fill(1);
    else if (init === "normal") for (let i = 0; i < data.length; i++) data[i] = deviation * draw.normal();
    else if (init === "uniform") {
      // Kaiming uniform with a = √5, torch's default for a linear and peft's for A: bound 1 / √(fan in).
      const bound = 1 / Math.sqrt(shape[1]!);
      for (let i = 0; i < data.length; i++) data[i] = bound * (2 * draw() - 1);
    }
    weights.set(name, { name, shape, data });
  }
  return weights;
}

/** Reads all of a model's weights from its safetensors files, checking names, shapes and that every value is finite. */
export async function readWeights(config: ModelConfig, files: SafetensorsFile[]): Promise<Weights> {
  const where = new Map<string, SafetensorsFile>();
  for (const file of files) for (const name of file.tensors.keys()) where.set(name, file);
  const listed = files.map((f) => f.source.name).join(", ");
  const weights: Weights = new Map();
  for (const { name, shape } of baseParameters(config)) {
    const file = where.get(name);
    if (!file)
      throw new EngineError(
        "missing_tensor",
        `${listed}: no tensor ${name} [${shape}], which config.json implies. Is a shard missing, or is config.json of another model?`,
        { file: files[0]!.source.name, tensor: name },
      );
    weights.set(name, { name, shape, data: await readChecked(file, name, shape) });
  }
  return weights;
}

/** One tensor, checked for shape and finite values. */
export async function readChecked(file: SafetensorsFile, name: string, shape: number[]): Promise<Float32Array> {
  const place = { file: file.source.name, tensor: name };
  const found = file.tensors.get(name)!.shape;
  if (found.length !== shape.length || found.some((d, i) => d !== shape[i]))
    throw new EngineError(
      "wrong_shape",
      `${place.file}: tensor ${name} has shape [${found}], config.json implies [${shape}]`,
      place,
    );
  const data = await readTensor(file, name);
  // A sum is infinite or NaN if any term is; only then is the place looked for.
  let total = 0;
  for (let i = 0; i < data.length; i++) total += data[i]! * 0;
  if (total !== 0) {
    const i = data.findIndex((x) => !Number.isFinite(x));
    throw new EngineError("not_finite", `${place.file}: tensor ${name} holds ${data[i]} at element ${i}`, place);
  }
  return data;
}
