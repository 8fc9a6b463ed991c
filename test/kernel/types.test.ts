// Types by TypeScript's own language server. It starts behind the first cell, so the first answer may take a second.
import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "./client.js";

let client: Client;
before(async () => {
  client = await (await Client.start()).ready();
  writeFileSync(
    join(client.folder, "helper.ts"),
    "/** Says a number. */\nexport const helper = (x: number): string => String(x);\n",
  );
  await client.execute(
    "/** Twice. */\nfunction twice(n: number): number { return 2 * n }\nlet count = 1; const fixed = 2;\ninterface Person { name: string; age: number }\nconst people: Person[] = [{ name: 'A', age: 3 }];\nconst loose: any = { alpha: 1, nested: { beta: [1, 2] } }; let 数 = 4;",
  );
  await client.execute('import { helper } from "./helper.ts"');
});
after(() => client.stop());

/** Type errors that were shown for a cell, while it ran or within two seconds after. */
async function typeErrors(code: string): Promise<string> {
  const id = client.send("shell", "execute_request", { code, silent: false });
  await client.collect(id);
  const shown = await client
    .until((m) => m.parent.msg_id === id && m.header.msg_type === "display_data", 15_000)
    .catch(() => undefined);
  return shown ? shown.content.data["text/plain"] : "";
}

test("a type error is shown beside its cell, with line, column and source", async () => {
  const text = await typeErrors("// a comment\nconst bad: number = twice(2).toFixed()");
  assert.match(text, /TS2322.*Type 'string' is not assignable to type 'number'/);
  assert.match(text, /Cell \[\d+\]:2:7/);
  assert.match(text, /const bad: number/);
});

test("earlier cells are known, also what they import from local files", async () => {
  assert.match(await typeErrors("helper('x')"), /TS2345/);
  assert.match(await typeErrors("people[0].nme"), /TS2551.*Did you mean 'name'/);
  assert.match(await typeErrors("() => { fixed = 3 }"), /TS2588.*constant/);
});

test("what a cell's own error says is not said again, what it does not say is", async () => {
  const unknown = await typeErrors("nowhere + 1;\nconst worse: number = 'x';");
  assert.doesNotMatch(unknown, /nowhere/);
  assert.match(unknown, /TS2322/);
  const id = client.send("shell", "execute_request", { code: "functoin f() {}", silent: false });
  assert.equal((await client.collect(id)).error!.ename, "SyntaxError");
  await typeErrors("const checked: number = 'after it'"); // what came before has been looked at
  assert.ok(!client.received.some((m) => m.parent.msg_id === id && m.header.msg_type === "display_data"));
});

test("packages that Proband is made with can be imported in a folder without packages, with their types", async () => {
  const { error, data } = await client.execute(
    'import * as Plot from "@observablehq/plot"; Plot.dot([[1, 2]]).plot({ width: 100 })',
    { timeout: 60_000 },
  );
  assert.equal(error, undefined);
  assert.match(data!["image/svg+xml"] ?? data!["text/html"], /<svg|<circle/);
  const hover = await client.request("shell", "inspect_request", { code: "Plot.dot", cursor_pos: 8 }, 60_000);
  assert.match(hover.content.data["text/plain"], /dot\(data/);
});

test("what is right is not called wrong", async () => {
  const fine =
    "count = 5; count++; people.push({ name: 'B', age: 4 }); const later = await Promise.resolve(people.map((p) => p.age)); twice(later[0])";
  const id = client.send("shell", "execute_request", { code: fine, silent: false });
  await client.collect(id);
  await new Promise((r) => setTimeout(r, 1500));
  assert.deepEqual(
    client.received.filter((m) => m.parent.msg_id === id && m.header.msg_type === "display_data"),
    [],
  );
});

test("typecheck: error refuses the cell before it runs, off says nothing", async () => {
  const refused = await client.execute("// typecheck: error\ncount = 'no'", { timeout: 30_000 });
  assert.match(refused.error!.evalue, /TS2322/);
  assert.equal((await client.execute("count > 0", { timeout: 30_000 })).result, "true");
  const off = await client.execute("// typecheck: off\nconst x: number = 's'; x");
  assert.equal(off.result, "'s'");
  await client.execute("// typecheck: warn\n0");
});

const complete = async (code: string, at = [...code].length) =>
  (await client.request("shell", "complete_request", { code, cursor_pos: at }, 30_000)).content;

test("completion: members, names of the cell, imports, paths, running values", async () => {
  assert.deepEqual((await complete("people[0].")).matches, ["name", "age"]);
  assert.ok((await complete("const inner = 1; inn")).matches.includes("inner"));
  assert.deepEqual((await complete("twi")).matches, ["twice"]);
  assert.deepEqual((await complete("loose.nested.")).matches, ["beta"], "of type any: the running value is asked");
  assert.deepEqual((await complete('import {} from "./hel')).matches, ["helper"]);
  assert.ok((await complete('import { he } from "./helper.ts"', 11)).matches.includes("helper"));
});

test("completion: the session's names first, no globals that only a browser has, names after a spread", async () => {
  await client.execute("class Animal { speak(volume: number) {} }; const cat = new Animal()");
  assert.equal((await complete("")).matches[0], "Animal");
  assert.deepEqual((await complete("Anim")).matches, ["Animal"]);
  assert.deepEqual((await complete("x = { ...ca")).matches.slice(0, 1), ["cat"]);
  const { matches } = await complete("H");
  assert.ok(matches.includes("Headers") && !matches.some((m: string) => m.startsWith("HTML")), matches.join());
});

test("completion in strings: literals, files, keys of running values; none in comments", async () => {
  mkdirSync(join(client.folder, "data"), { recursive: true });
  writeFileSync(join(client.folder, "data", "people.csv"), "");
  assert.deepEqual((await complete('const side: "left" | "right" = "')).matches, ["left", "right"]);
  const path = await complete('readFileSync("./data/pe');
  assert.deepEqual([path.matches, path.cursor_start], [["people.csv"], 21]);
  assert.deepEqual((await complete("open('dat")).matches, ["data/"]);
  assert.deepEqual((await complete('loose["nes')).matches, ["nested"]);
  assert.deepEqual((await complete("`${peo")).matches, ["people"]);
  assert.deepEqual((await complete("`text peo")).matches, []);
  assert.deepEqual(
    (await complete('/"/.test(peo')).matches,
    ["people"],
    "a quote in a regular expression opens nothing",
  );
  assert.deepEqual((await complete("1 // peo")).matches, []);
});

test("completion counts characters as the protocol does, in code points", async () => {
  const { cursor_start: start, cursor_end: end, matches } = await complete('"😀😀"; peo');
  assert.deepEqual([start, end, matches], [6, 9, ["people"]]);
});

const inspect = async (code: string, at = code.length) =>
  (await client.request("shell", "inspect_request", { code, cursor_pos: at, detail_level: 0 }, 30_000)).content;

test("hover: signature, documentation, present value", async () => {
  const call = await inspect("twice(");
  assert.match(call.data["text/plain"], /twice\(n: number\): number/);
  assert.match(call.data["text/plain"], /Twice\./);
  assert.match((await inspect("helper(1)", 3)).data["text/plain"], /Says a number/);
  assert.match((await inspect("fixed")).data["text/markdown"], /const fixed[\s\S]*Value: `2`/);
  assert.match((await inspect("Math.max(1, ")).data["text/plain"], /larger/);
  assert.match((await inspect("Person")).data["text/plain"], /^interface Person/);
  assert.equal((await inspect("neverDeclared")).found, false);
});

test("asking has no effect on values", async () => {
  await client.execute("let touched = 0; const trap = { get inner() { touched++; return { a: 1 } } }");
  await complete("trap.inner.");
  await inspect("trap.inner");
  assert.equal((await client.execute("touched")).result, "0");
});
