/** Files as one run of bytes, which compresses better than their base64: length of the list, the list as JSON, the bytes. */
export function packFiles(files: Readonly<Record<string, Uint8Array>>): Uint8Array<ArrayBuffer> {
  const list = new TextEncoder().encode(JSON.stringify(Object.entries(files).map(([name, b]) => [name, b.length])));
  const sizes = Object.values(files).reduce((sum, b) => sum + b.length, 0);
  const packed = new Uint8Array(4 + list.length + sizes);
  new DataView(packed.buffer).setUint32(0, list.length);
  packed.set(list, 4);
  let at = 4 + list.length;
  for (const bytes of Object.values(files)) {
    packed.set(bytes, at);
    at += bytes.length;
  }
  return packed;
}

/** The files again, each in memory of its own, as readers of aligned numbers need. */
export function unpackFiles(packed: Uint8Array): Record<string, Uint8Array> {
  const length = new DataView(packed.buffer, packed.byteOffset).getUint32(0);
  const list = JSON.parse(new TextDecoder().decode(packed.subarray(4, 4 + length))) as [name: string, size: number][];
  let at = 4 + length;
  return Object.fromEntries(list.map(([name, size]) => [name, packed.slice(at, (at += size))]));
}
