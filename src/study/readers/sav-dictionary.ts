/** The dictionary of an SPSS file: its variables and where their values lie. */

export interface SavVariable {
  name: string;
  label?: string;
  /** 0 for a number, else the bytes of a text. */
  width: number;
  /** Print format, which says what is a date. */
  format: number;
  /** First unit of eight bytes in a case. */
  unit: number;
  missing(value: number | string): boolean;
  valueLabels: Map<number | string, string>;
}

export interface SavDictionary {
  variables: SavVariable[];
  /** Units of eight bytes a case takes. */
  units: number;
  /** Number of cases announced, −1 where unknown. */
  cases: number;
  /** 0 none, 1 rows, 2 zlib. */
  compression: number;
  bias: number;
  encoding: string;
  littleEndian: boolean;
  /** Where the data begin. */
  start: number;
}

interface Raw {
  short: string;
  type: number;
  format: number;
  label?: Uint8Array;
  missingCount: number;
  missing: Uint8Array[];
  unit: number;
  valueLabels: [Uint8Array, Uint8Array][];
}

export function readDictionary(bytes: Uint8Array): SavDictionary {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const ascii = (from: number, length: number) => String.fromCharCode(...bytes.subarray(from, from + length));
  const magic = bytes.length >= 176 ? ascii(0, 4) : "";
  if (magic !== "$FL2" && magic !== "$FL3") throw new Error("it does not begin with $FL2 or $FL3");
  // The layout code is 2 or 3; read in the wrong byte order it is large.
  const littleEndian = [2, 3].includes(view.getInt32(64, true));
  const int = (at: number) => view.getInt32(at, littleEndian);
  const double = (b: Uint8Array) => new DataView(b.buffer, b.byteOffset, 8).getFloat64(0, littleEndian);
  const compression = int(72);
  let cases = int(80);
  const bias = view.getFloat64(84, littleEndian);
  const raws: Raw[] = [];
  const byUnit: Raw[] = [];
  const extensions = new Map<number, Uint8Array[]>();
  let at = 176,
    units = 0;
  for (;;) {
    const record = int(at);
    at += 4;
    if (record === 999) {
      at += 4;
      break;
    }
    if (record === 2) {
      const type = int(at),
        missingCount = int(at + 8),
        print = int(at + 12);
      const raw: Raw = {
        short: ascii(at + 20, 8).trim(),
        type,
        format: (print >> 16) & 255,
        missingCount,
        missing: [],
        unit: units,
        valueLabels: [],
      };
      const hasLabel = int(at + 4) === 1;
      at += 28;
      if (hasLabel) {
        const length = int(at);
        raw.label = bytes.subarray(at + 4, at + 4 + length);
        at += 4 + Math.ceil(length / 4) * 4;
      }
      for (let k = 0; k < Math.abs(missingCount); k++, at += 8) raw.missing.push(bytes.subarray(at, at + 8));
      byUnit[units++] = raw;
      // Type −1 continues a text of more than eight bytes.
      if (type !== -1) raws.push(raw);
    } else if (record === 3) {
      const labels: [Uint8Array, Uint8Array][] = [];
      const count = int(at);
      at += 4;
      for (let k = 0; k < count; k++) {
        const length = bytes[at + 8]!;
        labels.push([bytes.subarray(at, at + 8), bytes.subarray(at + 9, at + 9 + length)]);
        at += 8 + Math.ceil((1 + length) / 8) * 8;
      }
      if (int(at) !== 4) throw new Error("a record of value labels is not followed by its variables");
      const variables = int(at + 4);
      for (let k = 0; k < variables; k++) byUnit[int(at + 8 + 4 * k) - 1]!.valueLabels.push(...labels);
      at += 8 + 4 * variables;
    } else if (record === 6) at += 4 + 80 * int(at);
    else if (record === 7) {
      const subtype = int(at),
        length = int(at + 4) * int(at + 8);
      extensions.set(subtype, [...(extensions.get(subtype) ?? []), bytes.subarray(at + 12, at + 12 + length)]);
      at += 12 + length;
    } else throw new Error(`there is a record of the unknown type ${record}`);
  }
  const info = extensions.get(3)?.[0];
  const codePage = info && new DataView(info.buffer, info.byteOffset).getInt32(28, littleEndian);
  const encoding = encodingOf(extensions.get(20)?.[0], codePage);
  const decoder = new TextDecoder(encoding);
  const words = (b: Uint8Array) => decoder.decode(b).replace(/[ \0]+$/, "");
  const count64 = extensions.get(16)?.[0];
  if (cases < 0 && count64)
    cases = Number(new DataView(count64.buffer, count64.byteOffset).getBigInt64(8, littleEndian));
  const longNames = pairs(extensions.get(13), words, "\t");
  const longWidths = pairs(extensions.get(14), words, "\t");
  const variables: SavVariable[] = [];
  for (let k = 0; k < raws.length; k++) {
    const raw = raws[k]!;
    const width = Number(longWidths.get(raw.short) ?? raw.type);
    const convert = (b: Uint8Array) => (raw.type === 0 ? double(b) : words(b));
    variables.push({
      name: longNames.get(raw.short) ?? raw.short,
      ...(raw.label ? { label: words(raw.label) } : {}),
      width,
      format: raw.format,
      unit: raw.unit,
      missing: missingTest(raw.missingCount, raw.missing.map(convert)),
      valueLabels: new Map(raw.valueLabels.map(([value, label]) => [convert(value), words(label)])),
    });
    // The further segments of a very long text are variables of their own in the dictionary.
    if (width > 255) k += Math.ceil(width / 252) - 1;
  }
  longTextLabels(extensions.get(21), variables, decoder, littleEndian);
  return { variables, units, cases, compression, bias, encoding, littleEndian, start: at };
}

/** Positive counts are single values; −2 is a range, −3 a range and a value. */
function missingTest(count: number, values: (number | string)[]): (value: number | string) => boolean {
  if (count === 0) return () => false;
  if (count > 0) return (v) => values.includes(v);
  return (v) => (v >= values[0]! && v <= values[1]!) || v === values[2];
}

function pairs(
  blocks: Uint8Array[] | undefined,
  words: (b: Uint8Array) => string,
  between: string,
): Map<string, string> {
  const out = new Map<string, string>();
  for (const part of (blocks ?? []).flatMap((b) => words(b).split(between))) {
    const [name, value] = part.replaceAll("\0", "").split("=");
    if (name && value !== undefined) out.set(name.trim(), value);
  }
  return out;
}

/** Value labels of texts longer than eight bytes (extension 21). */
function longTextLabels(
  blocks: Uint8Array[] | undefined,
  variables: SavVariable[],
  decoder: TextDecoder,
  little: boolean,
): void {
  for (const b of blocks ?? []) {
    const view = new DataView(b.buffer, b.byteOffset, b.byteLength);
    let at = 0;
    const text = () => {
      const length = view.getInt32(at, little);
      at += 4 + length;
      return decoder.decode(b.subarray(at - length, at)).replace(/[ \0]+$/, "");
    };
    while (at + 4 <= b.length) {
      const name = text();
      at += 4; // the variable's width
      const count = view.getInt32(at, little);
      at += 4;
      const labels = Array.from({ length: count }, () => [text(), text()] as const);
      for (const [value, label] of labels) variables.find((v) => v.name === name)?.valueLabels.set(value, label);
    }
  }
}

function encodingOf(name: Uint8Array | undefined, codePage: number | undefined): string {
  const stated = name && String.fromCharCode(...name).trim();
  const candidate =
    stated || (codePage === 65001 ? "utf-8" : codePage && codePage > 1000 ? `windows-${codePage}` : "windows-1252");
  try {
    return new TextDecoder(candidate).encoding;
  } catch {
    return "windows-1252";
  }
}
