/** From keys to places in a ledger: what the ledger looks answers up in. */
export interface KeyIndex {
  /** Different keys held. */
  readonly size: number;
  /** Says where a key's line is; a key set again is found at the later place. */
  set(key: string, offset: number, length: number): void;
  get(key: string): { offset: number; length: number } | undefined;
  close(): void;
}

/**
 * An index in memory: an open-addressing table in typed arrays, 24 bytes a place. Keys are compared by 64 of their
 * 128 bits; the entry read is compared in full.
 */
export class IndexTable implements KeyIndex {
  #size = 0;
  #mask = 1023;
  #high = new Uint32Array(1024);
  #low = new Uint32Array(1024);
  #offset = new Float64Array(1024).fill(-1);
  #length = new Uint32Array(1024);

  get size(): number {
    return this.#size;
  }

  set(key: string, offset: number, length: number): void {
    if (this.#size * 10 > this.#mask * 7) this.#grow();
    const [high, low] = keyParts(key);
    this.#put(high, low, offset, length);
  }

  get(key: string): { offset: number; length: number } | undefined {
    const [high, low] = keyParts(key);
    for (let i = low & this.#mask; this.#offset[i]! >= 0; i = (i + 1) & this.#mask)
      if (this.#high[i] === high && this.#low[i] === low) return { offset: this.#offset[i]!, length: this.#length[i]! };
    return undefined;
  }

  forEach(visit: (high: number, low: number, offset: number, length: number) => void): void {
    for (let i = 0; i <= this.#mask; i++)
      if (this.#offset[i]! >= 0) visit(this.#high[i]!, this.#low[i]!, this.#offset[i]!, this.#length[i]!);
  }

  /** Forgets everything and keeps the room. */
  clear(): void {
    this.#size = 0;
    this.#offset.fill(-1);
  }

  close(): void {
    this.clear();
  }

  #put(high: number, low: number, offset: number, length: number): void {
    let i = low & this.#mask;
    while (this.#offset[i]! >= 0 && !(this.#high[i] === high && this.#low[i] === low)) i = (i + 1) & this.#mask;
    if (this.#offset[i]! < 0) this.#size++;
    this.#high[i] = high;
    this.#low[i] = low;
    this.#offset[i] = offset;
    this.#length[i] = length;
  }

  #grow(): void {
    const [high, low, offset, length] = [this.#high, this.#low, this.#offset, this.#length];
    const capacity = 2 * (this.#mask + 1);
    this.#mask = capacity - 1;
    this.#size = 0;
    this.#high = new Uint32Array(capacity);
    this.#low = new Uint32Array(capacity);
    this.#offset = new Float64Array(capacity).fill(-1);
    this.#length = new Uint32Array(capacity);
    for (let i = 0; i < offset.length; i++) if (offset[i]! >= 0) this.#put(high[i]!, low[i]!, offset[i]!, length[i]!);
  }
}

/** The first 64 bits of a key of hexadecimal digits, as two numbers. */
export const keyParts = (key: string): [high: number, low: number] => [
  parseInt(key.slice(0, 8), 16),
  parseInt(key.slice(8, 16), 16),
];
