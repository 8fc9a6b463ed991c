/**
 * From keys to places in a ledger: an open-addressing table in typed arrays, about 30 bytes an answer, so that a
 * million answers are found again in some tens of megabytes. Keys are compared by 64 of their 128 bits; the entry
 * read is compared in full.
 */
export class IndexTable {
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
    const [high, low] = parts(key);
    this.#put(high, low, offset, length);
  }

  get(key: string): { offset: number; length: number } | undefined {
    const [high, low] = parts(key);
    for (let i = low & this.#mask; this.#offset[i]! >= 0; i = (i + 1) & this.#mask)
      if (this.#high[i] === high && this.#low[i] === low) return { offset: this.#offset[i]!, length: this.#length[i]! };
    return undefined;
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

const parts = (key: string): [number, number] => [parseInt(key.slice(0, 8), 16), parseInt(key.slice(8, 16), 16)];
