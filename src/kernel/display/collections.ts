/** Arrays of records, maps, sets and typed arrays as tables, errors and promises in words; everything else is text. */
import { asText } from "./bundle.js";
import { cellText, escapeHtml, gridHtml, shortNumber } from "./html.js";

type Data = Record<string, unknown>;

export function asCollection(value: unknown): Data | undefined {
  if (typeof value !== "object" || value === null) return undefined;
  if (Array.isArray(value)) return records(value);
  if (value instanceof Map) return map(value);
  if (value instanceof Set) return set(value);
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return typed(value as unknown as ArrayLike<number>);
  if (value instanceof Error) return error(value);
  if (value instanceof Promise) return promise(value);
  return undefined;
}

const plainObject = (v: unknown): v is Data => {
  if (typeof v !== "object" || v === null || Array.isArray(v)) return false;
  const prototype = Object.getPrototypeOf(v);
  return prototype === null || prototype === Object.prototype || Object.getPrototypeOf(prototype) === null;
};

/** An array whose first entries are all plain objects is a table; what others hold beyond them is still listed. */
function records(rows: unknown[]): Data | undefined {
  if (!rows.length || !rows.slice(0, 50).every(plainObject)) return undefined;
  const columns = new Set<string>();
  for (const r of rows.slice(0, 50)) for (const key of Object.keys(r as Data)) columns.add(key);
  if (!columns.size) return undefined;
  const names = [...columns];
  return {
    "text/plain": asText(rows),
    "text/html": gridHtml({
      caption: `Array(${rows.length})`,
      columns: names,
      size: rows.length,
      row: (i) => names.map((n) => read(rows[i], n)),
    }),
  };
}

function read(row: unknown, name: string): unknown {
  try {
    return (row as Data | null | undefined)?.[name];
  } catch {
    return "(throws)";
  }
}

function map(value: Map<unknown, unknown>): Data {
  const entries = [...value].slice(0, 10_000);
  return {
    "text/plain": asText(value),
    "text/html": gridHtml({
      caption: `Map(${value.size})`,
      columns: ["key", "value"],
      size: entries.length,
      row: (i) => entries[i]!,
    }),
  };
}

function set(value: Set<unknown>): Data {
  const entries = [...value].slice(0, 10_000);
  return {
    "text/plain": asText(value),
    "text/html": gridHtml({
      caption: `Set(${value.size})`,
      columns: ["value"],
      size: entries.length,
      row: (i) => [entries[i]],
    }),
  };
}

/** Numbers by the thousand are summed up: size, range and mean, then the first ones. */
function typed(value: ArrayLike<number>): Data {
  const name = (value as object).constructor.name;
  const head = Array.from({ length: Math.min(20, value.length) }, (_, i) => value[i]!);
  let low = Infinity;
  let high = -Infinity;
  let sum = 0;
  let missing = 0;
  const numeric = typeof value[0] !== "bigint";
  if (numeric)
    for (let i = 0; i < value.length; i++) {
      const x = value[i]!;
      if (Number.isNaN(x)) missing++;
      else {
        if (x < low) low = x;
        if (x > high) high = x;
        sum += x;
      }
    }
  const count = value.length - missing;
  const facts =
    numeric && count
      ? `min ${shortNumber(low)}, max ${shortNumber(high)}, mean ${shortNumber(sum / count)}${missing ? `, ${missing} NaN` : ""}`
      : "";
  const caption = `${name}(${value.length})${facts ? `: ${facts}` : ""}`;
  return {
    "text/plain": `${asText(value)}${facts ? `\n${facts}` : ""}`,
    "text/html": `<div>${escapeHtml(caption)}</div><code>${escapeHtml(head.map((x) => cellText(x)).join(", "))}${value.length > head.length ? ", …" : ""}</code>`,
  };
}

function error(value: Error): Data {
  return {
    "text/plain": asText(value),
    "text/html": `<details><summary><b>${escapeHtml(value.name)}</b>: ${escapeHtml(value.message)}</summary><pre>${escapeHtml(value.stack ?? "")}</pre></details>`,
  };
}

/** Not awaited, as a cell's last value is not either: its state, and what to do. */
function promise(value: Promise<unknown>): Data {
  const text = asText(value);
  const how = text.includes("<pending>") ? "<div>Not settled yet: <code>await</code> it to see its value.</div>" : "";
  return { "text/plain": text, "text/html": `<code>${escapeHtml(text)}</code>${how}` };
}
