/**
 * Reverse-mode automatic differentiation that emits an ONNX graph. Forward and backward are ordinary inference
 * operators, so that any ONNX runtime trains: natively, in WebAssembly, or on a GPU.
 *
 * A `Graph` collects nodes; the differentiable operators (ops.ts) add their forward nodes at once and put on the
 * tape how the gradient of their output becomes gradients of their inputs. `backward` walks the tape. Values whose
 * gradient nobody needs (frozen weights and all below them) get no backward nodes.
 */
import {
  modelProto,
  nodeProto,
  tensorProto,
  valueInfo,
  type Attributes,
  type Bytes,
  type Dim,
  type ElementType,
} from "./protobuf.js";

/** A tensor in the graph. */
export interface Value {
  readonly name: string;
  readonly needsGradient: boolean;
  /** Name of the accumulated gradient once `backward` has reached this value. */
  gradient?: string;
}

interface Node {
  proto: Bytes;
  inputs: string[];
  outputs: string[];
}

export class Graph {
  readonly #nodes: Node[] = [];
  readonly #constants = new Map<string, { name: string; proto: Bytes }>();
  readonly #inputs: Bytes[] = [];
  readonly #outputs: Bytes[] = [];
  #tape: { values: Value[]; backward: (gradients: string[]) => void }[] = [];
  readonly #results = new Set<string>();
  #checkpointed = false;
  #count = 0;

  /** Adds a node and returns the names of its outputs. */
  emitMany(op: string, inputs: string[], outputs: number, attributes: Attributes = {}, domain?: string): string[] {
    const names = Array.from({ length: outputs }, () => `${op}_${this.#count++}`);
    this.#nodes.push({ proto: nodeProto(op, inputs, names, attributes, domain), inputs, outputs: names });
    return names;
  }

  /** Adds a node with one output and returns its name. */
  emit(op: string, inputs: string[], attributes: Attributes = {}, domain?: string): string {
    return this.emitMany(op, inputs, 1, attributes, domain)[0]!;
  }

  /** Adds a node for factor · a · b over the last two dimensions, either transposed. */
  product(a: string, b: string, { transposeA = false, transposeB = false, factor = 1 } = {}): string {
    const attributes = {
      transA: { int: Number(transposeA) },
      transB: { int: Number(transposeB) },
      alpha: { float: factor },
    };
    return this.emit("FusedMatMul", [a, b], attributes, "com.microsoft");
  }

  #constant(key: string, type: ElementType, shape: number[], data: ArrayBufferView): string {
    let constant = this.#constants.get(key);
    if (!constant) {
      const name = `constant_${this.#constants.size}`;
      constant = { name, proto: tensorProto(name, type, shape, data) };
      this.#constants.set(key, constant);
    }
    return constant.name;
  }

  /** A float scalar. */
  scalar(value: number): string {
    return this.#constant(`f${value}`, "float32", [], Float32Array.of(value));
  }

  /** A vector of 64-bit integers (shapes, axes). */
  integers(values: number[]): string {
    return this.#constant(`i${values}`, "int64", [values.length], BigInt64Array.from(values, BigInt));
  }

  /** A float tensor that is part of the graph. */
  tensor(data: Float32Array, shape: number[]): string {
    return this.#constant(`t${this.#constants.size}`, "float32", shape, data);
  }

  /** Declares something fed at every run. */
  input(name: string, type: ElementType, shape: Dim[]): Value {
    this.#inputs.push(valueInfo(name, type, shape));
    return { name, needsGradient: false };
  }

  /** Declares a weight. Weights are inputs, so that one compiled graph serves any weights of its shape. */
  parameter(name: string, shape: number[], trained: boolean): Value {
    this.#inputs.push(valueInfo(name, "float32", shape));
    return { name, needsGradient: trained };
  }

  output(value: string, name: string, type: ElementType, shape: Dim[]): void {
    this.#nodes.push({ proto: nodeProto("Identity", [value], [name], {}), inputs: [value], outputs: [name] });
    this.#results.add(name);
    this.#outputs.push(valueInfo(name, type, shape));
  }

  /** Registers an operator's output. `backward` gets the gradient of the output and accumulates into the parents. */
  record(name: string, parents: Value[], backward: (gradient: string) => void): Value {
    return this.recordMany([name], parents, ([gradient]) => backward(gradient!))[0]!;
  }

  /** The same for an operator of several outputs, all of which must be used. */
  recordMany(names: string[], parents: Value[], backward: (gradients: string[]) => void): Value[] {
    const needsGradient = parents.some((p) => p.needsGradient);
    const values = names.map((name): Value => ({ name, needsGradient }));
    if (needsGradient) this.#tape.push({ values, backward });
    return values;
  }

  accumulate(value: Value, gradient: () => string): void {
    if (!value.needsGradient) return;
    value.gradient = value.gradient ? this.emit("Add", [value.gradient, gradient()]) : gradient();
  }

  /** The same for a matrix product: what is there already is the product's third operand, which saves a pass over memory. */
  accumulateProduct(value: Value, a: string, b: string, attributes: Attributes): void {
    if (!value.needsGradient) return;
    value.gradient = this.emit("Gemm", [a, b, ...(value.gradient ? [value.gradient] : [])], attributes);
  }

  /**
   * Gradient checkpointing (Chen et al. 2016): of the operators that `build` adds between x and its result nothing is
   * kept for the backward pass; they are computed a second time when the gradient of the result is there. `side` is a
   * value beside x, with as many rows, on which they depend (or "").
   */
  checkpoint(x: Value, side: string, never: string, build: (x: Value, side: string) => Value): Value {
    this.#checkpointed = true;
    const outer = this.#tape;
    this.#tape = [];
    const result = build(x, side);
    this.#tape = outer;
    const value: Value = { name: result.name, needsGradient: result.needsGradient };
    if (!value.needsGradient) return value;
    const backward = ([gradient]: string[]) => {
      // Chosen by a condition that never holds, so that the runtime neither merges the second computation with the
      // first nor begins it before the gradient is there.
      const again: Value = { name: this.emit("Where", [never, gradient!, x.name]), needsGradient: x.needsGradient };
      const column =
        side && this.emit("Slice", [gradient!, this.integers([0]), this.integers([1]), this.integers([1])]);
      const second = this.#tape;
      this.#tape = [];
      const replayed = build(again, side && this.emit("Where", [never, column, side]));
      replayed.gradient = gradient!;
      this.#walk();
      this.#tape = second;
      this.accumulate(x, () => again.gradient!);
    };
    this.#tape.push({ values: [value], backward });
    return value;
  }

  #walk(): void {
    for (let i = this.#tape.length - 1; i >= 0; i--) {
      const { values, backward } = this.#tape[i]!;
      const gradients = values.flatMap(({ gradient }) => gradient ?? []);
      if (gradients.length === values.length) backward(gradients);
    }
  }

  /** Emits the gradients of a scalar with respect to everything it depends on. */
  backward(loss: Value): void {
    loss.gradient = this.scalar(1);
    this.#walk();
  }

  /**
   * The nodes of a graph with checkpoints, so that the runtime frees what a checkpoint does not keep: it starts from the nodes
   * that nobody waits for, the last of them first, and does all that each needs.
   *
   * - What the first computation of a checkpoint noted for a backward pass has no user, and is left out.
   * - Results come at the end, those made first last. In the order of their making the first layer's gradients would be the
   *   last: the runtime would go through the whole backward pass for them, and keep every layer's values for the other
   *   layers' gradients until the end.
   */
  #frugal(): Node[] {
    const wanted = new Set(this.#results);
    const renamed: Node[] = [],
      results: Node[] = [],
      others: Node[] = [];
    const inner = new Set<string>();
    for (const node of this.#nodes.toReversed()) {
      if (!node.outputs.some((name) => wanted.has(name))) continue;
      for (const name of node.inputs) wanted.add(name);
      if (node.outputs.some((name) => this.#results.has(name))) {
        renamed.push(node);
        continue;
      }
      for (const name of node.inputs) inner.add(name);
      (node.outputs.some((name) => inner.has(name)) ? others : results).push(node);
    }
    return [...others.reverse(), ...results, ...renamed];
  }

  /** The model, as bytes of an .onnx file. */
  build(): Bytes {
    return modelProto({
      nodes: (this.#checkpointed ? this.#frugal() : this.#nodes).map((node) => node.proto),
      constants: [...this.#constants.values()].map((c) => c.proto),
      inputs: this.#inputs,
      outputs: this.#outputs,
    });
  }
}
