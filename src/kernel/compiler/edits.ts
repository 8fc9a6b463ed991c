/** Text edits that remember where every character came from, so that positions can be traced both ways. */

interface Piece {
  text: string;
  /** Offset in the source of the piece's first character, or -1 for inserted text. */
  from: number;
}

export interface EditedText {
  text: string;
  /** Offset in the source for an offset in the text; inserted text maps to the nearest source before it. */
  toSource(offset: number): number;
  /** Offset in the text for an offset in the source, or -1 where that was removed. */
  toText(offset: number): number;
}

interface Edit {
  start: number;
  end: number;
  text: string;
}

export class Edits {
  private edits: Edit[] = [];
  private moved: { start: number; end: number; before: string; after: string }[] = [];
  constructor(private readonly source: string) {}

  replace(start: number, end: number, text: string): void {
    this.edits.push({ start, end, text });
  }
  insert(at: number, text: string): void {
    this.edits.push({ start: at, end: at, text });
  }
  remove(start: number, end: number): void {
    this.edits.push({ start, end, text: "" });
  }
  /** Takes [start, end) from its place to the front of the text. */
  hoist(start: number, end: number, before: string, after: string): void {
    this.moved.push({ start, end, before, after });
  }

  apply(): EditedText {
    const edits = [...this.edits].sort((a, b) => a.start - b.start || a.end - b.end);
    const pieces: Piece[] = [];
    const push = (text: string, from: number) => text && pieces.push({ text, from });
    const copy = (start: number, end: number) => {
      let at = start;
      for (const edit of edits) {
        if (edit.start < start || edit.end > end || edit.start < at) continue;
        push(this.source.slice(at, edit.start), at);
        push(edit.text, -1);
        at = edit.end;
      }
      push(this.source.slice(at, end), at);
    };
    for (const m of this.moved) {
      push(m.before, -1);
      copy(m.start, m.end);
      push(m.after, -1);
    }
    let at = 0;
    for (const m of [...this.moved].sort((a, b) => a.start - b.start)) {
      copy(at, m.start);
      at = m.end;
    }
    copy(at, this.source.length);
    return trace(pieces);
  }
}

function trace(pieces: Piece[]): EditedText {
  const starts: number[] = [];
  let length = 0;
  for (const p of pieces) {
    starts.push(length);
    length += p.text.length;
  }
  return {
    text: pieces.map((p) => p.text).join(""),
    toSource(offset) {
      let low = 0;
      let high = pieces.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (starts[middle]! <= offset) low = middle;
        else high = middle - 1;
      }
      for (let i = low; i >= 0; i--) {
        const p = pieces[i]!;
        if (p.from >= 0) return i === low ? p.from + (offset - starts[i]!) : p.from + p.text.length;
      }
      return 0;
    },
    toText(offset) {
      for (let i = 0; i < pieces.length; i++) {
        const p = pieces[i]!;
        if (p.from >= 0 && offset >= p.from && offset < p.from + p.text.length) return starts[i]! + (offset - p.from);
      }
      return -1;
    },
  };
}

/** Line starts of a text, for turning offsets into lines and columns (both counted from 0). */
export function lineStarts(text: string): number[] {
  const starts = [0];
  for (let i = text.indexOf("\n"); i >= 0; i = text.indexOf("\n", i + 1)) starts.push(i + 1);
  return starts;
}

export function position(starts: readonly number[], offset: number): { line: number; column: number } {
  let low = 0;
  let high = starts.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return { line: low, column: offset - starts[low]! };
}
