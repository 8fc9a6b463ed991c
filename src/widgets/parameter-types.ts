/**
 * Types of a function's parameters as its author wrote them. Compiled code has none, so they are read from the cells'
 * own source, where a parameter list with the same names stands.
 */

/** What is known of a parameter's type. */
export type ParameterType = { kind: "number" | "boolean" | "string" | "Date" } | { kind: "one of"; values: unknown[] };

/** The types of parameters of these names, from the newest of the sources (newest first) that has such a list. */
export function parameterTypes(
  names: readonly string[],
  sources: Iterable<string>,
): Readonly<Record<string, ParameterType>> {
  for (const source of sources)
    for (let at = source.indexOf("("); at >= 0; at = source.indexOf("(", at + 1)) {
      const end = closing(source, at);
      if (end < 0 || !/^\s*(?::[^={;]*)?(?:=>|\{)/.test(source.slice(end + 1, end + 200))) continue;
      const found = splitTopLevel(source.slice(at + 1, end)).map(
        (p) =>
          /^([A-Za-z_$][\w$]*)\s*\??\s*(?::\s*([\s\S]*?))?\s*(?:=(?!>)[\s\S]*)?$/.exec(p)?.slice(1) as
            [string, string?] | undefined,
      );
      if (found.length !== names.length || !found.every((f, i) => f?.[0] === names[i])) continue;
      const typed = found.flatMap((f): [string, ParameterType][] => {
        const type = f![1] === undefined ? undefined : read(f![1]);
        return type ? [[f![0], type]] : [];
      });
      return Object.fromEntries(typed);
    }
  return {};
}

function read(type: string): ParameterType | undefined {
  const parts = type
    .split("|")
    .map((p) => p.trim())
    .filter((p) => p && p !== "undefined" && p !== "null");
  if (parts.length === 1 && ["number", "boolean", "string", "Date"].includes(parts[0]!))
    return { kind: parts[0] as "number" };
  const values = parts.map((p) => {
    if (/^'[^'\\]*'$/.test(p)) return p.slice(1, -1);
    if (!/^(".*"|-?[\d.]+|true|false)$/s.test(p)) return undefined;
    try {
      return JSON.parse(p) as unknown;
    } catch {
      return undefined;
    }
  });
  return values.length && values.every((v) => v !== undefined) ? { kind: "one of", values } : undefined;
}

/** Where the bracket that opens at `start` closes; brackets in texts and comments are none. */
function closing(source: string, start: number): number {
  let depth = 0;
  for (let i = start; i < source.length; i++) {
    const skipped = skip(source, i);
    if (skipped > i) i = skipped - 1;
    else if ("([{".includes(source[i]!)) depth++;
    else if (")]}".includes(source[i]!) && --depth === 0) return i;
  }
  return -1;
}

/** The end of a text or comment that begins here, else the place itself. */
function skip(source: string, at: number): number {
  const here = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\]|\\.)*`|\/\/[^\n]*|\/\*[\s\S]*?\*\//y;
  here.lastIndex = at;
  return here.test(source) ? here.lastIndex : at;
}

/** Parts between the commas that are in no bracket, text or comment. */
export function splitTopLevel(list: string): string[] {
  const parts: string[] = [];
  let depth = 0;
  let part = "";
  for (let i = 0; i < list.length; i++) {
    const end = skip(list, i);
    if (end > i) {
      if (!/^\/[/*]/.test(list.slice(i, i + 2))) part += list.slice(i, end);
      i = end - 1;
      continue;
    }
    const ch = list[i]!;
    // Angle brackets hold type arguments, where they are no arrow's.
    if ("([{".includes(ch) || ch === "<") depth++;
    if (")]}".includes(ch) || (ch === ">" && list[i - 1] !== "=")) depth--;
    if (ch === "," && depth === 0) {
      parts.push(part);
      part = "";
    } else part += ch;
  }
  return [...parts, part].map((p) => p.trim()).filter(Boolean);
}
