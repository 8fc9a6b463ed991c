/** Decoded source-map mappings (ECMA-426), one list of segments a generated line. */
export type Segment = readonly [generatedColumn: number, line: number, column: number];

const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const digit = new Map([...alphabet].map((c, i) => [c, i]));

export function decodeMappings(mappings: string): Segment[][] {
  const lines: Segment[][] = [[]];
  let state = [0, 0, 0, 0];
  let fields: number[] = [];
  let value = 0;
  let shift = 0;
  let column = 0;
  const flush = () => {
    if (fields.length) {
      column += fields[0]!;
      if (fields.length >= 4) {
        state = [state[0]! + fields[1]!, state[1]! + fields[2]!, state[2]! + fields[3]!, 0];
        lines.at(-1)!.push([column, state[1]!, state[2]!]);
      }
      fields = [];
    }
  };
  for (const c of mappings) {
    if (c === ",") flush();
    else if (c === ";") {
      flush();
      lines.push([]);
      column = 0;
    } else {
      const d = digit.get(c)!;
      value |= (d & 31) << shift;
      if (d & 32) shift += 5;
      else {
        fields.push(value & 1 ? -(value >> 1) : value >> 1);
        value = shift = 0;
      }
    }
  }
  flush();
  return lines;
}

/** The source position of a generated one, or nothing where the line has no mapping. */
export function lookup(lines: readonly Segment[][], line: number, column: number): Segment | undefined {
  const segments = lines[line];
  if (!segments?.length) return undefined;
  let found = segments[0]!;
  for (const s of segments) {
    if (s[0] > column) break;
    found = s;
  }
  return found;
}
