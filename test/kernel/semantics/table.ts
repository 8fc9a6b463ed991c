/**
 * What cells mean: read it from top to bottom to learn the rules. The cells of a row run in order in one session.
 * `result` is the text/plain of the value shown (absent: nothing is shown), `error` part of the message of the error.
 * The same table is run by the Node kernel and by the runtime of executable appendices (rows with `node` only by the
 * first: they need files, Node's modules or its compiler).
 */
export interface Cell {
  code: string;
  result?: string;
  stdout?: string;
  /** Text that the error's name and message, joined by ": ", must contain. */
  error?: string;
}

export interface Row {
  rule: string;
  cells: Cell[];
  /** Needs Node (files, modules, blocking). */
  node?: boolean;
  /** Files in the notebook's folder. */
  files?: Record<string, string>;
}

export const table: Row[] = [
  // Values
  { rule: "the value of the last expression is shown", cells: [{ code: "1 + 1", result: "2" }] },
  { rule: "a semicolon or a comment behind it changes nothing", cells: [{ code: "1 + 1; // two", result: "2" }] },
  { rule: "undefined is not shown", cells: [{ code: "undefined" }, { code: "console.log('x')", stdout: "x\n" }] },
  { rule: "null is shown", cells: [{ code: "null", result: "null" }] },
  { rule: "a declaration has no value", cells: [{ code: "const a = 5" }] },
  { rule: "an assignment has one", cells: [{ code: "let a; a = 5", result: "5" }] },
  {
    rule: "an object literal is an object, not a block",
    cells: [{ code: "{ a: 1, b: [2] }", result: "{ a: 1, b: [ 2 ] }" }],
  },
  { rule: "a block is a block", cells: [{ code: "{ let x = 1; }" }] },
  {
    rule: "a loop or a condition has no value",
    cells: [{ code: "if (true) { 5 }" }, { code: "for (let i = 0; i < 3; i++) i" }],
  },
  { rule: "a string alone is a value, not a directive", cells: [{ code: '"use strict"', result: "'use strict'" }] },
  // Variables
  { rule: "variables live on in later cells", cells: [{ code: "const a = 2" }, { code: "a * 2", result: "4" }] },
  {
    rule: "functions see the present value of variables, also after a later cell changed them",
    cells: [{ code: "let c = 0; function inc() { c++ }" }, { code: "c = 10; inc(); c", result: "11" }],
  },
  {
    rule: "functions see a redeclared variable too",
    cells: [
      { code: "let rate = 1; const price = () => 10 * rate" },
      { code: "let rate = 3" },
      { code: "price()", result: "30" },
    ],
  },
  ...(["let x = 2", "const x = 2", "var x = 2", "function x() {}", "class x {}", "enum x { A }"] as const).flatMap(
    (first) =>
      ["let x = 'new'", "const x = 'new'", "var x = 'new'"].map((second): Row => ({
        rule: `${first}, then ${second}`,
        cells: [{ code: first }, { code: `${second}; x`, result: "'new'" }],
      })),
  ),
  {
    rule: "a variable may become a function or a class",
    cells: [
      { code: "let f = 1" },
      { code: "function f() { return 'function' }\nf()", result: "'function'" },
      { code: "class f { who = 'class' }\nnew f().who", result: "'class'" },
    ],
  },
  {
    rule: "a cell may be run twice",
    cells: [
      { code: "const k = 1; class K {}; k", result: "1" },
      { code: "const k = 1; class K {}; k", result: "1" },
    ],
  },
  {
    rule: "a constant cannot be assigned to",
    cells: [{ code: "const k = 1" }, { code: "k = 2", error: "constant" }, { code: "k", result: "1" }],
  },
  {
    rule: "… nor in a function",
    cells: [{ code: "const k = 1; function f() { k++ }" }, { code: "f()", error: "constant" }],
  },
  {
    rule: "… but an inner variable of that name can",
    cells: [{ code: "const k = 1" }, { code: "(() => { let k = 1; k = 5; return k })()", result: "5" }],
  },
  {
    rule: "var in a loop belongs to the notebook",
    cells: [
      { code: "for (var i = 0; i < 3; i++);" },
      { code: "i", result: "3" },
      { code: "let i = 'again'; i", result: "'again'" },
    ],
  },
  {
    rule: "let in a loop belongs to the loop",
    cells: [{ code: "for (let j = 0; j < 3; j++);" }, { code: "j", error: "j is not defined" }],
  },
  {
    rule: "functions are there before their line",
    cells: [{ code: "const n = twice(4)\nfunction twice(x: number) { return 2 * x }\nn", result: "8" }],
  },
  {
    rule: "destructuring declares every name",
    cells: [
      { code: "const { a, b: [c, ...d], ...e } = { a: 1, b: [2, 3], f: 4 }" },
      { code: "[a, c, d, e]", result: "[ 1, 2, [ 3 ], { f: 4 } ]" },
    ],
  },
  {
    rule: "a name that was never declared is an error",
    cells: [{ code: "nothing", error: "ReferenceError: nothing is not defined" }],
  },
  {
    rule: "assigning to an undeclared name is an error",
    cells: [{ code: "undeclared = 1", error: "undeclared is not defined" }],
  },
  {
    rule: "a cell that fails leaves earlier values alone",
    cells: [
      { code: "let a = 1" },
      { code: "a = 2; throw new Error('no'); a = 3", error: "Error: no" },
      { code: "a", result: "2" },
    ],
  },
  {
    rule: "a declaration whose value failed can be made again",
    cells: [
      { code: "const d = (() => { throw new Error('first') })()", error: "first" },
      { code: "const d = 2; d", result: "2" },
    ],
  },
  {
    rule: "a cell may name its variables like Node's globals: modules keep theirs",
    cells: [
      { code: "const URL = 'mine', Error = 1; class Event {}; function fetch() { return URL }; enum Blob { A }" },
      { code: "[URL, Error, fetch(), Blob.A, typeof new Event()]", result: "[ 'mine', 1, 'mine', 0, 'object' ]" },
      {
        code: "const o = { URL, f: (URL: string) => URL, g() { return URL } }; [o.URL, o.f('x'), o.g()]",
        result: "[ 'mine', 'x', 'mine' ]",
      },
      { code: "typeof globalThis.URL + ', ' + typeof globalThis.Error", result: "'function, function'" },
      { code: "const { URL: other, Error: [] = [] } = { URL: 2 } as any; other", result: "2" },
    ],
  },
  // Asynchronous code
  { rule: "await works at the top", cells: [{ code: "const a = await Promise.resolve(5)\na", result: "5" }] },
  {
    rule: "for await works at the top",
    cells: [{ code: "let s = 0; for await (const x of [Promise.resolve(1), 2]) s += x; s", result: "3" }],
  },
  {
    rule: "a rejected await is the cell's error",
    cells: [{ code: "await Promise.reject(new TypeError('late'))", error: "TypeError: late" }],
  },
  { rule: "a promise is shown as one, not awaited", cells: [{ code: "Promise.resolve(1)", result: "Promise { 1 }" }] },
  // TypeScript
  {
    rule: "types are left out",
    cells: [
      {
        code: "interface A { b: number }\ntype C = A | null\nconst x: C = { b: 1 } as A\nx!.b satisfies number",
        result: "1",
      },
    ],
  },
  {
    rule: "enums",
    cells: [
      { code: "enum Arm { Control, Treated = 'yes' }" },
      { code: "[Arm.Control, Arm[0], Arm.Treated]", result: "[ 0, 'Control', 'yes' ]" },
    ],
  },
  {
    rule: "namespaces",
    node: true,
    cells: [
      { code: "namespace N { export const x = 3; export namespace M { export const y = 4 } }" },
      { code: "N.x + N.M.y", result: "7" },
    ],
  },
  {
    rule: "parameter properties, private fields, accessors",
    cells: [
      { code: "class P { #s = 2; constructor(private readonly x: number) {} get v() { return this.x * this.#s } }" },
      { code: "new P(4).v", result: "8" },
    ],
  },
  {
    rule: "generics and overloads",
    cells: [
      {
        code: "function f(x: string): string;\nfunction f(x: number): number;\nfunction f<T>(x: T): T { return x }\nf<number>(2 as number)",
        result: "2",
      },
    ],
  },
  {
    rule: "decorators (as TypeScript's experimentalDecorators)",
    node: true,
    cells: [
      {
        code: "const seen: string[] = [];\nconst note = (t: any, k?: string) => { seen.push(k ?? t.name) };\n@note class D { @note m() {} }\nseen",
        result: "[ 'm', 'D' ]",
      },
    ],
  },
  {
    rule: "export is tolerated",
    cells: [
      { code: "export const a = 1;\nexport function g() { return a }\nexport default g();", result: "1" },
      { code: "a + g()", result: "2" },
    ],
  },
  {
    rule: "using: disposed of when the cell ends, last first",
    node: true,
    cells: [
      { code: "const r = (n: string) => ({ n, [Symbol.dispose]() { console.log('close ' + n) } })" },
      { code: "using a = r('a'), b = r('b');\nconsole.log('work')", stdout: "work\nclose b\nclose a\n" },
    ],
  },
  {
    rule: "using in a function",
    node: true,
    cells: [
      {
        code: "function f() { using a = { [Symbol.dispose]() { console.log('closed') } }; return 1 }\nf()",
        result: "1",
        stdout: "closed\n",
      },
    ],
  },
  {
    rule: "await using",
    node: true,
    cells: [
      {
        code: "await using a = { async [Symbol.asyncDispose]() { await null; console.log('closed') } };\n1",
        result: "1",
        stdout: "closed\n",
      },
    ],
  },
  // Errors
  {
    rule: "a syntax error stops the cell before any of it runs",
    cells: [{ code: "console.log('never')\nlet a = ;", error: "SyntaxError" }],
  },
  {
    rule: "whatever is thrown is shown",
    cells: [
      { code: "throw 'just text'", error: "just text" },
      { code: "throw { code: 5 }", error: "code: 5" },
    ],
  },
  {
    rule: "a variable named like a global keeps its name in errors",
    cells: [{ code: "let URL: any = 3; URL.parse()", error: "TypeError: URL.parse is not a function" }],
  },
  {
    rule: "a script's first line may be pasted with it",
    cells: [{ code: "#!/usr/bin/env node\n1 + 1", result: "2" }],
  },
  { rule: "return does not belong in a cell", cells: [{ code: "return 1", error: "SyntaxError" }] },
  // Imports
  {
    rule: "imports from Node",
    node: true,
    cells: [
      { code: 'import { basename } from "node:path"; import * as path from "path"; import os from "node:os";' },
      { code: "[basename('/a/b'), path.extname('x.ts'), typeof os.cpus]", result: "[ 'b', '.ts', 'function' ]" },
    ],
  },
  {
    rule: "imports run first, wherever they stand",
    node: true,
    cells: [{ code: "const x = sep\nimport { sep } from 'node:path'\nx.length", result: "1" }],
  },
  {
    rule: "imported names are live",
    node: true,
    files: { "counter.ts": "export let n: number = 0;\nexport const up = () => { n++ };\n" },
    cells: [{ code: 'import { n, up } from "./counter.ts"' }, { code: "up(); up(); n", result: "2" }],
  },
  {
    rule: "an import may take a global's name, for cells only",
    node: true,
    cells: [
      { code: 'import { setTimeout } from "node:timers/promises"' },
      { code: 'await setTimeout(1, "slept")', result: "'slept'" },
      { code: "globalThis.setTimeout === setTimeout", result: "false" },
    ],
  },
  {
    rule: "imported names can be declared again, and imported again",
    node: true,
    cells: [
      { code: 'import { sep } from "node:path"' },
      { code: "let sep = 1; sep", result: "1" },
      { code: 'import { sep } from "node:path"; sep.length', result: "1" },
    ],
  },
  {
    rule: "imported names cannot be assigned to",
    node: true,
    cells: [{ code: 'import { sep } from "node:path"; sep = "x"', error: "import" }],
  },
  {
    rule: "type imports load nothing",
    cells: [
      {
        code: 'import type { Nothing } from "./does-not-exist.js"; import { type Neither } from "./nor-this.js"; 1',
        result: "1",
      },
    ],
  },
  {
    rule: "import() works",
    node: true,
    cells: [{ code: '(await import("node:path")).basename("/a/b")', result: "'b'" }],
  },
  {
    rule: "import() in a function, called from a later cell",
    node: true,
    cells: [{ code: 'const load = () => import("node:path")' }, { code: "(await load()).sep.length", result: "1" }],
  },
  { rule: "require works", node: true, cells: [{ code: 'require("node:path").sep.length', result: "1" }] },
  {
    rule: "JSON is imported as it is now",
    node: true,
    files: { "d.json": '{"a": [1, 2]}' },
    cells: [
      { code: 'import d from "./d.json"; d.a', result: "[ 1, 2 ]" },
      { code: 'import d2 from "./d.json" with { type: "json" }; d2.a.length', result: "2" },
    ],
  },
  {
    rule: "CommonJS by name",
    node: true,
    files: { "c.cjs": "const all = { hidden: 7 }; module.exports = all; exports.seen = 1;" },
    cells: [{ code: 'import { hidden } from "./c.cjs"; hidden', result: "7" }],
  },
  {
    rule: "local TypeScript without its ending, and as .js",
    node: true,
    files: {
      "lib/a.ts": 'import { b } from "./b.js"; export const a: number = b + 1;',
      "lib/b.ts": "export const b: number = 1; export enum E { X }",
    },
    cells: [{ code: 'import { a } from "./lib/a"; a', result: "2" }],
  },
  {
    rule: "packages from the notebook's node_modules, its import conditions",
    node: true,
    files: {
      "node_modules/two/package.json": '{"name":"two","exports":{"import":"./m.mjs","require":"./c.cjs"}}',
      "node_modules/two/m.mjs": "export const kind = 'module'",
      "node_modules/two/c.cjs": "exports.kind = 'commonjs'",
    },
    cells: [
      { code: 'import { kind } from "two"; kind', result: "'module'" },
      { code: 'require("two").kind', result: "'commonjs'" },
    ],
  },
  {
    rule: "a missing package says what to do",
    node: true,
    cells: [{ code: 'import x from "no-such-package-here"', error: "npm install no-such-package-here" }],
  },
  {
    rule: "so does a module that Node does not have",
    node: true,
    cells: [{ code: 'import x from "node:nothing"', error: 'Cannot find module "node:nothing"' }],
  },
  {
    rule: "a missing export says what there is",
    node: true,
    cells: [{ code: 'import { nope } from "node:path"; nope', error: 'no export "nope"' }],
  },
  {
    rule: "import.meta",
    node: true,
    cells: [
      { code: "import.meta.url.endsWith('/notebook.ts') && import.meta.dirname === process.cwd()", result: "true" },
    ],
  },
];
