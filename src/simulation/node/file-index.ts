/**
 * An index of keys that takes the same memory however many there are: the latest in a table in memory, the others in
 * a hash file of pages beside the ledger. The file is scratch: it has no name once opened, is made anew at each
 * opening from the ledger, and goes with the process.
 */
import { closeSync, ftruncateSync, openSync, readSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { IndexTable, keyParts, type KeyIndex } from "../ledger/index-table.js";

/** A page holds 256 places of 16 bytes: key (8 bytes), offset (6), length (2; the longest stands for "to the line's end"). */
const pageBytes = 4096;
const slots = pageBytes / 16;
const longest = 0xffff;
/** Pages on average no fuller than this: then hardly ever is one full. */
const fullest = 0.65 * slots;

let files = 0;

export class FileIndex implements KeyIndex {
  #latest = new IndexTable();
  #path: string;
  #most: number;
  #fd: number | undefined;
  #unlinked = false;
  /** Pages of the file, a power of two; an entry is in the page of its key's lowest bits. */
  #pages = 1;
  #stored = 0;
  #page = new Uint32Array(pageBytes / 4);

  /** `most`: keys kept in memory before they go to the file; default 131,072 (6 MB). */
  constructor(beside: string, most = 131_072) {
    this.#path = beside;
    this.#most = most;
  }

  get size(): number {
    if (this.#fd === undefined) return this.#latest.size;
    this.#flush();
    return this.#stored;
  }

  set(key: string, offset: number, length: number): void {
    this.#latest.set(key, offset, length);
    if (this.#latest.size >= this.#most) this.#flush();
  }

  get(key: string): { offset: number; length: number } | undefined {
    const found = this.#latest.get(key);
    if (found || this.#fd === undefined) return found;
    const [high, low] = keyParts(key);
    this.#read(high & (this.#pages - 1), this.#page);
    const at = place(this.#page, high, low);
    if (at < 0 || empty(this.#page, at)) return undefined;
    const last = this.#page[at + 3]!;
    return { offset: (last >>> 16) * 2 ** 32 + this.#page[at + 2]!, length: last & longest };
  }

  close(): void {
    this.#latest.clear();
    if (this.#fd === undefined) return;
    closeSync(this.#fd);
    this.#fd = undefined;
    if (!this.#unlinked) rmSync(this.#path, { force: true });
  }

  /** Writes the latest keys to their pages, a page at a time. */
  #flush(): void {
    const { size } = this.#latest;
    if (!size) return;
    this.#fd ??= this.#open();
    while (this.#stored + size > this.#pages * fullest) this.#double();
    const entries = new Float64Array(4 * size);
    let n = 0;
    this.#latest.forEach((high, low, offset, length) => {
      entries.set([high, low, offset, Math.min(length, longest)], n);
      n += 4;
    });
    const order = Uint32Array.from({ length: size }, (_, i) => i);
    const pageOf = (i: number) => entries[4 * i]! & (this.#pages - 1);
    order.sort((a, b) => pageOf(a) - pageOf(b));
    for (let from = 0; from < size;) {
      const number = pageOf(order[from]!);
      this.#read(number, this.#page);
      let to = from;
      let full = false;
      for (; to < size && pageOf(order[to]!) === number; to++) {
        const i = 4 * order[to]!;
        const at = place(this.#page, entries[i]!, entries[i + 1]!);
        if ((full = at < 0)) break;
        if (empty(this.#page, at)) this.#stored++;
        put(this.#page, at, entries[i]!, entries[i + 1]!, entries[i + 2]!, entries[i + 3]!);
      }
      this.#write(number, this.#page);
      if (full) {
        // Very uneven keys. What is written already is found at its place again; the rest is sorted anew.
        this.#double();
        order.subarray(to).sort((a, b) => pageOf(a) - pageOf(b));
      }
      from = to;
    }
    this.#latest.clear();
  }

  /** Twice as many pages: each page's entries stay or go to its new twin. */
  #double(): void {
    const bit = this.#pages;
    const stay = new Uint32Array(pageBytes / 4);
    const go = new Uint32Array(pageBytes / 4);
    for (let number = 0; number < bit; number++) {
      this.#read(number, this.#page);
      stay.fill(0);
      go.fill(0);
      for (let at = 0; at < this.#page.length; at += 4) {
        if (empty(this.#page, at)) continue;
        const [high, low] = [this.#page[at]!, this.#page[at + 1]!];
        const target = high & bit ? go : stay;
        target.set(this.#page.subarray(at, at + 4), place(target, high, low));
      }
      this.#write(number, stay);
      this.#write(number + bit, go);
    }
    this.#pages = 2 * bit;
  }

  #open(): number {
    const name = `.index-${process.pid}-${++files}`;
    const fd = this.#tryOpen(`${this.#path}${name}`) ?? this.#tryOpen(join(tmpdir(), basename(this.#path) + name));
    if (fd === undefined) throw new Error(`neither the folder of ${this.#path} nor ${tmpdir()} can be written to`);
    ftruncateSync(fd, pageBytes);
    return fd;
  }

  #tryOpen(path: string): number | undefined {
    let fd: number;
    try {
      fd = openSync(path, "w+", 0o600);
    } catch {
      return undefined;
    }
    this.#path = path;
    try {
      rmSync(path); // gone with the process, however that ends
      this.#unlinked = true;
    } catch {
      // A system that keeps the name while the file is open: removed when closed.
    }
    return fd;
  }

  #read(number: number, into: Uint32Array): void {
    const bytes = new Uint8Array(into.buffer);
    let n = 0;
    for (let got = 1; got > 0 && n < pageBytes; n += got)
      got = readSync(this.#fd!, bytes, n, pageBytes - n, number * pageBytes + n);
    if (n < pageBytes) bytes.fill(0, n);
  }

  #write(number: number, page: Uint32Array): void {
    const bytes = new Uint8Array(page.buffer);
    try {
      for (let n = 0; n < pageBytes;) n += writeSync(this.#fd!, bytes, n, pageBytes - n, number * pageBytes + n);
    } catch (error) {
      throw new Error(
        `${this.#path} (the ledger's index) cannot be written: ${(error as Error).message}. What is recorded so far is kept; make room and run again.`,
        { cause: error },
      );
    }
  }
}

/** The header is at offset 0, so no entry is: two zeros are an empty place. */
const empty = (page: Uint32Array, at: number) => page[at + 2] === 0 && page[at + 3]! >>> 16 === 0;

/** Where a key is in a page or where it belongs; −1 where the page is full. */
function place(page: Uint32Array, high: number, low: number): number {
  for (let i = 0, at = 4 * (low & (slots - 1)); i < slots; i++, at = (at + 4) & (page.length - 1))
    if (empty(page, at) || (page[at] === high && page[at + 1] === low)) return at;
  return -1;
}

function put(page: Uint32Array, at: number, high: number, low: number, offset: number, length: number): void {
  page[at] = high;
  page[at + 1] = low;
  page[at + 2] = offset % 2 ** 32;
  page[at + 3] = Math.floor(offset / 2 ** 32) * 2 ** 16 + length;
}
