/** A ledger in a file: one writer, whole lines written at once, fsync in batches, a torn tail dropped. */
import {
  closeSync,
  fstatSync,
  fsync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { takeLock } from "../../engine/openai/node/lock.js";
import type { LedgerStore } from "../ledger/types.js";
import { FileIndex } from "./file-index.js";

const newline = 10;
/** Enough for the replies of some hundred requests. */
const reserveBytes = 1 << 18;
/** Bytes read ahead. */
const block = 1 << 17;

export interface FileStoreOptions {
  /** The file is made safe against loss of power after this many milliseconds at the latest; default 200. */
  flushMs?: number;
  /** Opens without a lock and without writing (list, verify, export). */
  readOnly?: boolean;
}

export function fileStore(path: string, options: FileStoreOptions = {}): LedgerStore {
  mkdirSync(dirname(path), { recursive: true });
  const lock = options.readOnly ? undefined : takeLock(`${path}.lock`);
  if (lock && "heldBy" in lock)
    throw new Error(
      `${path} is being written by process ${lock.heldBy.pid} on ${lock.heldBy.host} since ${lock.heldBy.since}. ` +
        `Wait for it, or pass another path as ledger and merge them later (proband ledger merge).`,
    );
  let fd: number;
  try {
    fd = openSync(path, options.readOnly ? "r" : "a+", 0o600);
  } catch (error) {
    lock?.release();
    throw error;
  }
  let end = wholeLines(fd);
  if (!options.readOnly) ftruncateSync(fd, end);
  const scratch = Buffer.allocUnsafe(4096);
  const ahead = readAhead();
  const reserve = reserveOf(`${path}.reserve`);
  let last = -Infinity;
  let dirty = false;
  let timer: NodeJS.Timeout | undefined;
  let syncing: Promise<void> = Promise.resolve();

  const sync = () => {
    timer = undefined;
    if (!dirty) return syncing;
    dirty = false;
    return (syncing = syncing.then(
      () => new Promise<void>((resolve, reject) => fsync(fd, (error) => (error ? reject(error) : resolve()))),
    ));
  };

  return {
    name: path,
    append(line) {
      const bytes = Buffer.from(line + "\n");
      const offset = end;
      let full: unknown;
      try {
        reserve.take();
        for (let written = 0; written < bytes.length;)
          try {
            written += writeSync(fd, bytes, written, bytes.length - written);
          } catch (error) {
            if (full || !reserve.release()) throw error;
            full = error;
          }
        if (full) throw full;
      } catch (error) {
        // Nothing half-written stays, whatever comes next; an answer that the reserve had room for does.
        if (error === full) end += bytes.length;
        else ftruncateSync(fd, offset);
        dirty = true;
        throw new Error(
          `${path} cannot be written: ${(error as Error).message}. What is recorded so far is kept; make room and run again.`,
          {
            cause: error,
          },
        );
      }
      end += bytes.length;
      dirty = true;
      timer ??= setTimeout(() => void sync().catch(() => undefined), options.flushMs ?? 200).unref();
      return { offset, length: bytes.length - 1 };
    },
    read(offset, length) {
      let found = ahead.line(offset);
      // A resumed run reads lines about in the order they were written: then a block at once.
      if (found === undefined && Math.abs(offset - last) < block) {
        ahead.fill(fd, offset);
        found = ahead.line(offset);
      }
      last = offset;
      if (found !== undefined) return found;
      for (let size = length + 1; ; size *= 4) {
        const buffer = size <= scratch.length ? scratch : Buffer.allocUnsafe(size);
        const got = readSync(fd, buffer, 0, size, offset);
        const at = buffer.subarray(0, got).indexOf(newline);
        if (at >= 0 || got < size) return buffer.toString("utf8", 0, at < 0 ? got : at);
      }
    },
    async *lines() {
      yield* readLines(fd, end);
    },
    index: () => new FileIndex(path),
    lineNumber(offset) {
      const block = Buffer.allocUnsafe(1 << 18);
      let number = 1;
      for (let position = 0; position < offset;) {
        const got = readSync(fd, block, 0, Math.min(block.length, offset - position), position);
        for (let at = block.indexOf(newline); at >= 0 && at < got; at = block.indexOf(newline, at + 1)) number++;
        if (!got) break;
        position += got;
      }
      return number;
    },
    async flush() {
      clearTimeout(timer);
      await sync();
    },
    async close() {
      clearTimeout(timer);
      await sync();
      closeSync(fd);
      reserve.release();
      if (lock && "release" in lock) lock.release();
    },
  };
}

/**
 * Room on the disk for answers that are on their way when it fills: they are paid for, and recorded in place of this
 * file. The error that ends the run comes all the same.
 */
function reserveOf(path: string) {
  let held: boolean | undefined;
  return {
    take(): void {
      if (held !== undefined) return;
      try {
        writeFileSync(path, Buffer.alloc(reserveBytes), { mode: 0o600 });
        held = true;
      } catch {
        held = false;
        rmSync(path, { force: true });
      }
    },
    /** Whether there is room now: also for those after the first. */
    release(): boolean {
      if (held) rmSync(path, { force: true });
      return held ?? false;
    },
  };
}

/** A block of the file, from which lines are taken that are in it as a whole. */
function readAhead() {
  const buffer = Buffer.allocUnsafe(block);
  let start = 0;
  let end = 0;
  return {
    line(offset: number): string | undefined {
      if (offset < start || offset >= end) return undefined;
      const at = buffer.subarray(0, end - start).indexOf(newline, offset - start);
      return at < 0 ? undefined : buffer.toString("utf8", offset - start, at);
    },
    fill(fd: number, offset: number): void {
      // Answers of people asked at once are not quite in order: some come from a little before.
      start = Math.max(0, offset - (block >> 2));
      end = start + readSync(fd, buffer, 0, block, start);
    },
  };
}

/** Where the last whole line ends. */
function wholeLines(fd: number): number {
  const { size } = fstatSync(fd);
  const buffer = Buffer.allocUnsafe(64 * 1024);
  for (let end = size; end > 0;) {
    const start = Math.max(0, end - buffer.length);
    const n = readSync(fd, buffer, 0, end - start, start);
    const at = buffer.subarray(0, n).lastIndexOf(newline);
    if (at >= 0) return start + at + 1;
    end = start;
  }
  return 0;
}

async function* readLines(fd: number, end: number) {
  let rest: Buffer = Buffer.alloc(0);
  let start = 0;
  let number = 0;
  for (let position = 0; position < end;) {
    const chunk = Buffer.allocUnsafe(Math.min(1 << 18, end - position));
    const n = readSync(fd, chunk, 0, chunk.length, position);
    if (!n) return;
    position += n;
    const block = rest.length ? Buffer.concat([rest, chunk.subarray(0, n)]) : chunk.subarray(0, n);
    let from = 0;
    for (let at = block.indexOf(newline); at >= 0; at = block.indexOf(newline, from)) {
      yield { line: block.toString("utf8", from, at), offset: start, length: at - from, number: ++number };
      start += at - from + 1;
      from = at + 1;
    }
    rest = block.subarray(from);
  }
}
