/** Strings that are being typed: where one stands open, and the files its text may mean. */
import { readdirSync } from "node:fs";
import { resolve } from "node:path";

/** What stands open at the end of a text: a comment, or a string with what it holds so far. */
export type Open = { kind: "comment" } | { kind: "string"; text: string; start: number };

const beforeRegExp = /(?:^|[(,=:[!&|?{};+\-*%<>~^\n]|\b(?:return|typeof|case|in|of|delete|void|throw|new|await))\s*$/;

/** Reads code up to the cursor; a template's `${…}` counts as code. */
export function openAt(before: string): Open | undefined {
  const templates: number[] = []; // depth of braces at which each template goes on
  let depth = 0;
  for (let i = 0; i < before.length; i++) {
    const c = before[i]!;
    const next = before[i + 1];
    if (c === "/" && (next === "/" || next === "*")) {
      const end = before.indexOf(next === "/" ? "\n" : "*/", i + 2);
      if (end < 0) return { kind: "comment" };
      i = end + (next === "/" ? 0 : 1);
    } else if (c === "/" && beforeRegExp.test(before.slice(Math.max(0, i - 12), i))) {
      const end = /^\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\//.exec(before.slice(i));
      if (end) i += end[0].length - 1;
    } else if (c === '"' || c === "'") {
      const start = i + 1;
      for (i++; i < before.length && before[i] !== c && before[i] !== "\n"; i++) if (before[i] === "\\") i++;
      if (i >= before.length) return { kind: "string", text: before.slice(start), start };
    } else if (c === "{") depth++;
    else if (c === "`" || (c === "}" && templates.at(-1) === depth && templates.pop() !== undefined)) {
      const start = i + 1;
      for (i++; i < before.length && before[i] !== "`"; i++) {
        if (before[i] === "\\") i++;
        else if (before[i] === "$" && before[i + 1] === "{") {
          templates.push(depth);
          i++;
          break;
        }
      }
      if (i >= before.length && before.at(-2) + before.at(-1)! !== "${")
        return { kind: "string", text: before.slice(start), start };
    } else if (c === "}") depth--;
  }
  return undefined;
}

/** Names in the folder that a path leads to so far, folders with a slash behind; hidden ones when the name begins so. */
export function filesFor(text: string, folder: string): string[] {
  const partial = text.slice(text.lastIndexOf("/") + 1);
  const base = text.slice(0, text.length - partial.length);
  try {
    return readdirSync(resolve(folder, base || "."), { withFileTypes: true })
      .filter((e) => e.name.startsWith(partial) && (partial.startsWith(".") || !e.name.startsWith(".")))
      .slice(0, 300)
      .map((e) => (e.isDirectory() ? `${e.name}/` : e.name))
      .sort();
  } catch {
    return []; // no such folder
  }
}
