import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { murmur2 } from "#src/kernel/debugger/murmur2.js";
import { Client, type Received } from "./client.js";

let client: Client;
let seq = 0;
before(async () => void (client = await (await Client.start()).ready()));
after(() => client.stop());

const debug = async (command: string, args: object = {}) => {
  const { content } = await client.request("control", "debug_request", {
    type: "request",
    seq: ++seq,
    command,
    arguments: args,
  });
  assert.equal(content.success, true, `${command}: ${content.message}`);
  return content.body;
};
const stopped = (from: number) =>
  client.until(
    (m: Received) =>
      m.header.msg_type === "debug_event" && m.content.event === "stopped" && client.received.indexOf(m) >= from,
    10_000,
    "a stop",
  );

test("MurmurHash2 as in Appleby's reference implementation", () => {
  // Printed by the C reference, MurmurHash2(key, len, seed), https://github.com/aappleby/smhasher, compiled with gcc.
  assert.deepEqual(
    ["", "a", "abc", "hello, world"].map((t) => murmur2(t, 0)),
    [0, 2456313694, 324500635, 1263312256],
  );
  const jupyter = 0xc70f6907;
  assert.deepEqual(
    ["", "a", "const x = 1;\nx"].map((t) => murmur2(t, jupyter)),
    [3990065800, 2167009006, 552911769],
  );
});

const code = `const factor: number = 3;

interface Person {
  age: number;
}
function scale(p: Person): number {
  const scaled = p.age * factor;
  return scaled;
}
const people: Person[] = [{ age: 4 }, { age: 5 }];
people.map(scale)`;

test("breakpoints, stack, scopes, variables, steps, evaluation in a TypeScript cell", async () => {
  await debug("initialize", {
    clientID: "test",
    adapterID: "",
    linesStartAt1: true,
    columnsStartAt1: true,
    pathFormat: "path",
  });
  await client.until((m) => m.header.msg_type === "debug_event" && m.content.event === "initialized");
  await debug("attach");
  const { sourcePath } = await debug("dumpCell", { code });
  const info = await debug("debugInfo");
  assert.equal(info.isStarted, true);
  assert.equal(sourcePath, `${info.tmpFilePrefix}${murmur2(code, info.hashSeed)}${info.tmpFileSuffix}`);
  const { breakpoints } = await debug("setBreakpoints", { source: { path: sourcePath }, breakpoints: [{ line: 7 }] });
  assert.deepEqual([breakpoints[0].verified, breakpoints[0].line], [true, 7]);
  await debug("configurationDone");

  let from = client.received.length;
  const cell = client.execute(code);
  const stop = await stopped(from);
  assert.equal(stop.content.body.reason, "breakpoint");
  assert.equal((await debug("debugInfo")).stoppedThreads[0], 1);
  const { stackFrames } = await debug("stackTrace", { threadId: 1 });
  assert.deepEqual([stackFrames[0].name, stackFrames[0].line, stackFrames[0].source.path], ["scale", 7, sourcePath]);
  assert.deepEqual(stackFrames.at(-1).line, 11);
  const { scopes } = await debug("scopes", { frameId: stackFrames[0].id });
  assert.equal(scopes[0].name, "Locals");
  const locals = (await debug("variables", { variablesReference: scopes[0].variablesReference })).variables;
  const p = locals.find((v: { name: string }) => v.name === "p");
  assert.equal(p.value, "{age: 4}");
  assert.deepEqual((await debug("variables", { variablesReference: p.variablesReference })).variables[0].value, "4");
  assert.equal((await debug("evaluate", { expression: "p.age * factor", frameId: stackFrames[0].id })).result, "12");

  from = client.received.length;
  await debug("next", { threadId: 1 });
  await stopped(from);
  const after = await debug("stackTrace", { threadId: 1 });
  assert.equal(after.stackFrames[0].line, 8);

  // The protocol answers while the session stands still.
  assert.equal((await client.request("control", "kernel_info_request", {}, 2000)).content.status, "ok");

  from = client.received.length;
  await debug("continue", { threadId: 1 });
  await stopped(from); // the second person
  await debug("setBreakpoints", { source: { path: sourcePath }, breakpoints: [] });
  await debug("continue", { threadId: 1 });
  assert.equal((await cell).result, "[ 12, 15 ]");
});

test("conditional breakpoints, and a line without code moves to the next with some", async () => {
  const { sourcePath } = await debug("dumpCell", { code });
  const { breakpoints } = await debug("setBreakpoints", {
    source: { path: sourcePath },
    breakpoints: [{ line: 7, condition: "p.age === 5" }, { line: 3 }],
  });
  assert.ok(breakpoints[1].line > 3);
  await debug("setBreakpoints", { source: { path: sourcePath }, breakpoints: [{ line: 7, condition: "p.age === 5" }] });
  const from = client.received.length;
  const cell = client.execute(code);
  await stopped(from);
  const { stackFrames } = await debug("stackTrace", { threadId: 1 });
  assert.equal((await debug("evaluate", { expression: "p.age", frameId: stackFrames[0].id })).result, "5");
  const copy = { srcVariableName: "p", srcFrameId: stackFrames[0].id, dstVariableName: "copied" };
  const { value, type } = await debug("copyToGlobals", copy);
  assert.deepEqual([value, type], ["{age: 5}", "Object"]);
  await debug("continue", { threadId: 1 });
  assert.equal((await cell).reply.status, "ok");
  assert.equal((await client.execute("copied.age")).result, "5");
  await debug("setBreakpoints", { source: { path: sourcePath }, breakpoints: [] });
});

test("a local TypeScript file: a breakpoint before it is loaded, its own lines, stepping into it", async () => {
  // What is compiled away stands above the code, so that V8's lines are others.
  const source =
    "interface Person {\n  age: number;\n}\n\ntype Years = number;\n\nexport function older(p: Person): Years {\n  const next: number = p.age + 1;\n  return next;\n}\n";
  const path = join(client.folder, "older.ts");
  writeFileSync(path, source);
  const { breakpoints } = await debug("setBreakpoints", { source: { path }, breakpoints: [{ line: 5 }] });
  assert.deepEqual([breakpoints[0].verified, breakpoints[0].line], [true, 7], "the next line with code");
  await debug("setBreakpoints", { source: { path }, breakpoints: [{ line: 8 }] });
  let from = client.received.length;
  const cell = client.execute('import { older } from "./older";\nolder({ age: 41 })');
  await stopped(from);
  const { stackFrames } = await debug("stackTrace", { threadId: 1 });
  const [top, below] = stackFrames;
  assert.deepEqual([top.name, top.line, top.source.path], ["older", 8, path]);
  assert.equal(below.line, 2);
  assert.equal((await debug("source", { source: { path } })).content, source);
  from = client.received.length;
  await debug("next", { threadId: 1 });
  await stopped(from);
  assert.equal((await debug("stackTrace", { threadId: 1 })).stackFrames[0].line, 9);
  await debug("setBreakpoints", { source: { path }, breakpoints: [] });
  await debug("continue", { threadId: 1 });
  assert.equal((await cell).result, "42");
});

test("an interrupt ends a cell that stands at a breakpoint", async () => {
  const { sourcePath } = await debug("dumpCell", { code });
  await debug("setBreakpoints", { source: { path: sourcePath }, breakpoints: [{ line: 7 }] });
  const from = client.received.length;
  const cell = client.execute(code);
  await stopped(from);
  await debug("setBreakpoints", { source: { path: sourcePath }, breakpoints: [] });
  await client.request("control", "interrupt_request", {});
  assert.ok(["error", "ok"].includes((await cell).reply.status));
  assert.equal((await client.execute("1 + 1")).result, "2");
});

test("variables of the notebook without a stop, and their rich form", async () => {
  await client.execute("const table = [{ a: 1 }, { a: 2 }]; let word = 'x'");
  const { variables } = await debug("inspectVariables");
  const word = variables.find((v: { name: string }) => v.name === "word");
  assert.deepEqual([word.value, word.type], ['"x"', "string"]);
  const rich = await debug("richInspectVariables", { variableName: "table" });
  assert.match(rich.data["text/html"], /<table/);
});

test("an unknown command is answered", async () => {
  const { content } = await client.request("control", "debug_request", {
    type: "request",
    seq: ++seq,
    command: "fly",
    arguments: {},
  });
  assert.equal(content.success, false);
});

test("disconnect lets everything run on", async () => {
  await debug("disconnect", { restart: false, terminateDebuggee: false });
  assert.equal((await client.execute(code)).result, "[ 12, 15 ]");
});
