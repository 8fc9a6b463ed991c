import assert from "node:assert/strict";
import { test } from "node:test";
import { createSession } from "#src/notebook/page/session.js";

const session = () => createSession({ load: (s) => import(s) });

/** Runs cells in order and returns the last one's value. */
async function value(...cells: string[]): Promise<unknown> {
  const s = session();
  let run;
  for (const cell of cells) run = await s.run(cell);
  return run?.value;
}

test("closures see what later cells assign", async () => {
  assert.equal(await value("let c = 0; function inc() { c++ }", "c = 10; inc(); c"), 11);
});

test("a name may be declared again, with another kind", async () => {
  assert.equal(await value("const a = 1", "let a = 2", "function a() { return 3 }", "a()"), 3);
});

test("a constant cannot be assigned, and stays what it was", async () => {
  const s = session();
  await s.run("const k = 1");
  await assert.rejects(s.run("k = 2"), /Assignment to constant variable/);
  assert.equal((await s.run("k")).value, 1);
});

test("functions hoist within the cell and recursion follows a redefinition", async () => {
  assert.equal(await value("const x = f(3); function f(n: number): number { return n ? n * f(n - 1) : 1 }", "x"), 6);
  assert.equal(
    await value(
      "function g(n) { return n ? g(n - 1) : 'old' }; const keep = g",
      "function g() { return 'new' }",
      "keep(2)",
    ),
    "new",
  );
});

test("names of functions and classes are kept", async () => {
  assert.deepEqual(
    await value(
      "const f = () => 1; async function* h() {} class A<T> { constructor(public x: T) {} }",
      "[f.name, h.name, A.name, new A(4).x]",
    ),
    ["f", "h", "A", 4],
  );
});

test("destructuring, defaults, rest, top-level await, static and dynamic import", async () => {
  assert.deepEqual(
    await value("const { a, b: [c = 5, ...r], ...o } = { a: 1, b: [undefined, 2, 3], z: 9 }", "[a, c, r, o]"),
    [1, 5, [2, 3], { z: 9 }],
  );
  assert.equal(await value("const t = await new Promise<number>((r) => setTimeout(() => r(5), 1)); t"), 5);
  assert.equal(
    await value(
      "import { join as j } from 'node:path'; import * as p from 'node:path'",
      "j('a', 'b') === p.join('a', 'b') && (await import('node:path')).sep",
    ),
    "/",
  );
});

test("var in a block and in a loop belongs to the cell", async () => {
  assert.deepEqual(
    await value("if (true) { var v = 1 } for (var i = 0; i < 3; i++) { let inner = i }", "[v, i, typeof inner]"),
    [1, 3, "undefined"],
  );
});

test("strict: an undeclared name is an error and so is an assignment to one", async () => {
  await assert.rejects(value("nothing"), /nothing is not defined/);
  await assert.rejects(value("nothing = 1"), /nothing is not defined/);
});

test("enums, satisfies, type-only syntax", async () => {
  assert.equal(
    await value(
      "enum E { A, B = 5 } interface I { x: number } type T = I; const i = { x: 1 } satisfies T;",
      "E.B + i.x",
    ),
    6,
  );
});

test("an error's stack names the cell and its own line", async () => {
  const error = await session()
    .run("const a: number = 1;\n\nthrow new Error('here')", "cell-4.ts")
    .then(
      () => undefined,
      (e: Error) => e,
    );
  assert.match(error!.stack!, /cell-4\.ts:3:/);
});

test("a syntax error names cell, line and column", async () => {
  await assert.rejects(session().run("let a = 1;\nlet b = ;", "cell-2.ts"), /cell-2\.ts:2:9/);
});

test("the last expression is the result, a declaration has none", async () => {
  const s = session();
  assert.deepEqual(await s.run("1 + 1"), { hasResult: true, value: 2 });
  assert.deepEqual(await s.run("const z = 3"), { hasResult: false, value: undefined });
});
