/**
 * Writes ONNX models: the few protobuf messages that a graph needs (onnx.proto3, IR version 8), without a
 * protobuf library. Reading is not needed: the runtime is the only reader.
 */

const utf8 = new TextEncoder();

export type Bytes = Uint8Array;

/** ONNX element types used here (TensorProto.DataType). */
export const elementType = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
export type ElementType = keyof typeof elementType;

export type Dim = number | string;
export type Attribute = { int: number } | { float: number } | { ints: number[] } | { string: string };
export type Attributes = Record<string, Attribute>;

export function concat(parts: Bytes[]): Bytes {
  let size = 0;
  for (const part of parts) size += part.length;
  const out = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function varint(value: number): Bytes {
  const out: number[] = [];
  let n = BigInt.asUintN(64, BigInt(value));
  while (n > 127n) {
    out.push(Number(n & 127n) | 128);
    n >>= 7n;
  }
  out.push(Number(n));
  return Uint8Array.from(out);
}

const integer = (field: number, value: number) => concat([varint(field << 3), varint(value)]);

function bytes(field: number, value: Bytes | string): Bytes {
  const body = typeof value === "string" ? utf8.encode(value) : value;
  return concat([varint((field << 3) | 2), varint(body.length), body]);
}

function float(field: number, value: number): Bytes {
  return concat([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);
}

function attribute(name: string, value: Attribute): Bytes {
  const parts = [bytes(1, name)];
  if ("int" in value) parts.push(integer(3, value.int), integer(20, 2));
  else if ("float" in value) parts.push(float(2, value.float), integer(20, 1));
  else if ("ints" in value) parts.push(...value.ints.map((i) => integer(8, i)), integer(20, 7));
  else parts.push(bytes(4, value.string), integer(20, 3));
  return concat(parts);
}

export function nodeProto(
  op: string,
  inputs: string[],
  outputs: string[],
  attributes: Attributes,
  domain?: string,
): Bytes {
  return concat([
    ...inputs.map((name) => bytes(1, name)),
    ...outputs.map((name) => bytes(2, name)),
    bytes(4, op),
    ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
    ...(domain ? [bytes(7, domain)] : []),
  ]);
}

export function valueInfo(name: string, type: ElementType, shape: Dim[]): Bytes {
  const dims = shape.map((d) => bytes(1, typeof d === "number" ? integer(1, d) : bytes(2, d)));
  const tensor = concat([integer(1, elementType[type]), bytes(2, concat(dims))]);
  return concat([bytes(1, name), bytes(2, bytes(1, tensor))]);
}

/** A constant tensor; `data` in the machine's byte order, which ONNX wants little-endian (all our platforms are). */
export function tensorProto(name: string, type: ElementType, shape: number[], data: ArrayBufferView): Bytes {
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return concat([...shape.map((d) => integer(1, d)), integer(2, elementType[type]), bytes(8, name), bytes(9, raw)]);
}

export function modelProto(graph: { nodes: Bytes[]; constants: Bytes[]; inputs: Bytes[]; outputs: Bytes[] }): Bytes {
  const body = concat([
    ...graph.nodes.map((n) => bytes(1, n)),
    bytes(2, "proband"),
    ...graph.constants.map((c) => bytes(5, c)),
    ...graph.inputs.map((v) => bytes(11, v)),
    ...graph.outputs.map((v) => bytes(12, v)),
  ]);
  const opset = (domain: string, version: number) => bytes(8, concat([bytes(1, domain), integer(2, version)]));
  return concat([integer(1, 8), bytes(7, body), opset("", 17), opset("com.microsoft", 1)]);
}
