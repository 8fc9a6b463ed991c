/** The data of an SPSS file as units of eight bytes. */

/**
 * Undoes SPSS's compression of rows: blocks of eight one-byte codes, each for one unit: a small integer (code − bias),
 * eight blanks, system-missing, or a unit that follows as it is. `numbers` and `text` view the same units.
 */
export function decodeValues(
  body: Uint8Array,
  unitsPerCase: number,
  compressed: boolean,
  bias: number,
  littleEndian: boolean,
): { numbers: Float64Array; text: Uint8Array; n: number } {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  if (!compressed) {
    const n = Math.floor(body.length / (8 * unitsPerCase));
    const numbers = Float64Array.from({ length: n * unitsPerCase }, (_, k) => view.getFloat64(8 * k, littleEndian));
    return { numbers, text: body, n };
  }
  let capacity = Math.max(1024, body.length);
  let numbers = new Float64Array(capacity),
    text = new Uint8Array(capacity * 8);
  let count = 0;
  const push = (number: number, bytes?: Uint8Array) => {
    if (count === capacity) {
      capacity *= 2;
      const more = new Float64Array(capacity),
        longer = new Uint8Array(capacity * 8);
      more.set(numbers);
      longer.set(text);
      numbers = more;
      text = longer;
    }
    numbers[count] = number;
    if (bytes) text.set(bytes, count * 8);
    else text.fill(32, count * 8, count * 8 + 8);
    count++;
  };
  let at = 0,
    ended = false;
  while (!ended && at + 8 <= body.length) {
    const codes = at;
    at += 8;
    for (let k = 0; k < 8; k++) {
      const code = body[codes + k]!;
      if (code === 0) continue;
      if (code === 252) {
        ended = true;
        break;
      }
      if (code === 253) {
        if (at + 8 > body.length) throw new Error("it ends in the middle of a value; it may have been cut off");
        push(view.getFloat64(at, littleEndian), body.subarray(at, at + 8));
        at += 8;
      } else if (code === 254) push(NaN);
      else if (code === 255) push(NaN);
      else push(code - bias);
    }
  }
  return { numbers, text, n: Math.floor(count / unitsPerCase) };
}

/** The blocks of a .zsav file, each compressed with zlib, put together. */
export async function inflateBlocks(bytes: Uint8Array, start: number, littleEndian: boolean): Promise<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const int64 = (at: number) => Number(view.getBigInt64(at, littleEndian));
  const trailer = int64(start + 8);
  const blocks = view.getInt32(trailer + 20, littleEndian);
  const parts: Uint8Array[] = [];
  for (let b = 0; b < blocks; b++) {
    const entry = trailer + 24 + 24 * b;
    const offset = int64(entry + 8),
      size = view.getInt32(entry + 20, littleEndian);
    const stream = new Blob([bytes.slice(offset, offset + size)])
      .stream()
      .pipeThrough(new DecompressionStream("deflate"));
    parts.push(new Uint8Array(await new Response(stream).arrayBuffer()));
  }
  const whole = new Uint8Array(parts.reduce((sum, p) => sum + p.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
