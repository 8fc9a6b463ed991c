/**
 * The safetensors format: a 64-bit header length, a JSON header, then the tensors' bytes. Read from whatever can
 * give byte ranges (a file, an array in memory); f32, f16 and bf16 become Float32Array.
 */
import { EngineError } from "./errors.js";

/** Random access to bytes: a file, or an array. */
export interface ByteSource {
  name: string;
  size: number;
  /** Exactly `length` bytes from `offset`. */
  read(offset: number, length: number): Promise<Uint8Array> | Uint8Array;
}

export interface TensorEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

export interface SafetensorsFile {
  source: ByteSource;
  metadata: Record<string, string>;
  tensors: Map<string, TensorEntry>;
  /** Where the data begins. */
  start: number;
}

export const inMemory = (name: string, bytes: Uint8Array): ByteSource => ({
  name,
  size: bytes.length,
  read: (offset, length) => bytes.subarray(offset, offset + length),
});

const byteWidth: Record<string, number> = { F32: 4, F16: 2, BF16: 2, F64: 8, I64: 8, I32: 4, U8: 1, I8: 1, BOOL: 1 };

/** Reads the header and checks that it describes the file. */
export async function openSafetensors(source: ByteSource): Promise<SafetensorsFile> {
  const file = source.name;
  const bad = (why: string) =>
    new EngineError("bad_file", `${file} is not a whole safetensors file: ${why}. Download or copy it again.`, {
      file,
    });
  if (source.size < 8) throw bad(`it has ${source.size} bytes`);
  const head = await source.read(0, 8);
  if (new TextDecoder().decode(head) === "version ")
    throw new EngineError(
      "bad_file",
      `${file} is a Git LFS pointer, not the weights: run "git lfs pull" where it was cloned.`,
      {
        file,
      },
    );
  const length = Number(new DataView(head.buffer, head.byteOffset, 8).getBigUint64(0, true));
  if (length > source.size - 8 || length > 100e6) throw bad(`its header would be ${length} bytes long`);
  let json: Record<string, TensorEntry | Record<string, string>>;
  try {
    json = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(await source.read(8, length)));
  } catch (error) {
    throw bad(`its header cannot be read (${(error as Error).message})`);
  }
  const tensors = new Map<string, TensorEntry>();
  for (const [name, entry] of Object.entries(json)) {
    if (name === "__metadata__") continue;
    const { dtype, shape, data_offsets: at } = entry as TensorEntry;
    if (!Array.isArray(shape) || !Array.isArray(at)) throw bad(`the header's entry ${name} is malformed`);
    const width = byteWidth[dtype];
    const size = shape.reduce((a, b) => a * b, 1) * (width ?? 0);
    if (width && at[1] - at[0] !== size)
      throw bad(`tensor ${name} has ${at[1] - at[0]} bytes, its shape needs ${size}`);
    if (8 + length + at[1] > source.size) throw bad(`it ends before tensor ${name} does (truncated)`);
    tensors.set(name, { dtype, shape, data_offsets: at });
  }
  return { source, metadata: (json["__metadata__"] ?? {}) as Record<string, string>, tensors, start: 8 + length };
}

/** One tensor as 32-bit floats. */
export async function readTensor(file: SafetensorsFile, name: string): Promise<Float32Array> {
  const entry = file.tensors.get(name);
  if (!entry)
    throw new EngineError("missing_tensor", `${file.source.name} has no tensor ${name}`, {
      file: file.source.name,
      tensor: name,
    });
  const [from, to] = entry.data_offsets;
  const bytes = await file.source.read(file.start + from, to - from);
  if (entry.dtype === "F32") {
    if (bytes.byteOffset % 4 === 0 && bytes.buffer.byteLength === bytes.byteLength)
      return new Float32Array(bytes.buffer as ArrayBuffer);
    // A copy; not slice(), which Node's Buffer overrides with a view.
    return new Float32Array(new Uint8Array(bytes).buffer);
  }
  const halves =
    bytes.byteOffset % 2 === 0
      ? new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2)
      : new Uint16Array(new Uint8Array(bytes).buffer);
  if (entry.dtype === "BF16") return fromBfloat16(halves);
  if (entry.dtype === "F16") return fromFloat16(halves);
  throw new EngineError(
    "bad_file",
    `${file.source.name}: tensor ${name} is ${entry.dtype}; the engine reads F32, F16 and BF16. Use unquantised weights.`,
    { file: file.source.name, tensor: name },
  );
}

export function fromBfloat16(halves: Uint16Array): Float32Array {
  const bits = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) bits[i] = halves[i]! << 16;
  return new Float32Array(bits.buffer);
}

let float16Table: Uint32Array | undefined;

export function fromFloat16(halves: Uint16Array): Float32Array {
  // A table of all 65536 values is faster than arithmetic for a file of millions.
  if (!float16Table) {
    const table = new Float32Array(65536);
    for (let h = 0; h < 65536; h++) {
      const sign = h & 0x8000 ? -1 : 1,
        exponent = (h >> 10) & 31,
        fraction = h & 1023;
      if (exponent === 0) table[h] = sign * fraction * 2 ** -24;
      else if (exponent === 31) table[h] = fraction ? NaN : sign * Infinity;
      else table[h] = sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
    }
    float16Table = new Uint32Array(table.buffer);
  }
  const out = new Uint32Array(halves.length);
  for (let i = 0; i < halves.length; i++) out[i] = float16Table[halves[i]!]!;
  return new Float32Array(out.buffer);
}

/** Rounds to half precision, to nearest even; what is too large becomes infinite. */
export function toFloat16(values: Float32Array): Uint16Array {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const out = new Uint16Array(values.length);
  for (let i = 0; i < bits.length; i++) {
    const x = bits[i]!,
      sign = (x >>> 16) & 0x8000,
      exponent = ((x >>> 23) & 255) - 127 + 15;
    let fraction = x & 0x7fffff;
    if (((x >>> 23) & 255) === 255) out[i] = sign | 0x7c00 | (fraction ? 0x200 : 0);
    else if (exponent >= 31) out[i] = sign | 0x7c00;
    else {
      let shift = 13,
        base = exponent << 10;
      if (exponent <= 0) {
        if (exponent < -10) {
          out[i] = sign;
          continue;
        }
        fraction |= 0x800000;
        shift = 14 - exponent;
        base = 0;
      }
      const kept = fraction >>> shift,
        rest = fraction & ((1 << shift) - 1),
        half = 1 << (shift - 1);
      // A carry out of the fraction raises the exponent, which is the right rounding.
      out[i] = sign | (base + kept + (rest > half || (rest === half && kept & 1) ? 1 : 0));
    }
  }
  return out;
}

export interface NamedTensor {
  name: string;
  shape: number[];
  data: Float32Array;
}

export interface WriteOptions {
  /** F16 halves the size. Default F32. */
  dtype?: "F32" | "F16";
  metadata?: Record<string, string>;
}

/**
 * A safetensors file piece by piece, the tensors' memory itself where it can be: a whole file in one array would end
 * at 4 GB. The tensors must not change until all is written.
 */
export function* safetensorsParts(tensors: NamedTensor[], options: WriteOptions = {}): Generator<Uint8Array> {
  const { dtype = "F32", metadata = { format: "pt" } } = options;
  const header: Record<string, unknown> = { __metadata__: metadata };
  const width = dtype === "F32" ? 4 : 2;
  let offset = 0;
  const sorted = [...tensors].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  for (const { name, shape, data } of sorted) {
    header[name] = { dtype, shape, data_offsets: [offset, (offset += data.length * width)] };
  }
  let json = JSON.stringify(header);
  json += " ".repeat((8 - (new TextEncoder().encode(json).length % 8)) % 8);
  const head = new TextEncoder().encode(json);
  const length = new Uint8Array(8);
  new DataView(length.buffer).setBigUint64(0, BigInt(head.length), true);
  yield length;
  yield head;
  for (const { data } of sorted) {
    const raw = dtype === "F32" ? data : toFloat16(data);
    yield new Uint8Array(raw.buffer, raw.byteOffset, raw.byteLength);
  }
}

/** A safetensors file's bytes, for models of up to 4 GB. */
export const writeSafetensors = (tensors: NamedTensor[], options: WriteOptions = {}): Uint8Array =>
  joined(safetensorsParts(tensors, options));

export function joined(pieces: Iterable<Uint8Array>): Uint8Array {
  const parts = [...pieces];
  const out = new Uint8Array(parts.reduce((total, part) => total + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.byteLength;
  }
  return out;
}
