// What must not end a kernel. After each, the kernel answers and the next cell runs.
import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { Client } from "./client.js";
import { mutate } from "./mutate.js";

let client: Client;
before(async () => void (client = await (await Client.start()).ready()));
after(() => client.stop());
afterEach(async () => {
  assert.equal(client.exited, undefined, client.stderr);
  // A cell sent behind others that fail is aborted with them, as it should be: ask again.
  let last = await client.execute("6 * 7", { timeout: 60_000 });
  for (let i = 0; i < 20 && last.reply.status === "aborted"; i++)
    last = await client.execute("6 * 7", { timeout: 60_000 });
  assert.equal(last.result, "42");
});

const header = (type: string) => ({
  msg_id: crypto.randomUUID(),
  session: "s",
  username: "u",
  date: new Date().toISOString(),
  msg_type: type,
  version: "5.5",
});
const frames = (parts: (object | string)[], signature?: string) => {
  const bytes = parts.map((p) => Buffer.from(typeof p === "string" ? p : JSON.stringify(p)));
  return ["<IDS|MSG>", signature ?? client.sign(bytes), ...bytes];
};

test("a wrong signature is refused, and nothing of it runs", async () => {
  const code = "globalThis.forged = true";
  client.sendFrames("shell", frames([header("execute_request"), {}, {}, { code }], "0".repeat(64)));
  client.sendFrames("shell", frames([header("execute_request"), {}, {}, { code }], ""));
  client.sendFrames("control", frames([header("shutdown_request"), {}, {}, { restart: false }], "f".repeat(64)));
  assert.equal((await client.execute("typeof forged")).result, "'undefined'");
});

test("a message sent a second time is refused", async () => {
  await client.execute("let runs = 0");
  const message = frames([header("execute_request"), {}, {}, { code: "runs++", silent: true }]);
  client.sendFrames("shell", message);
  client.sendFrames("shell", message);
  assert.equal((await client.execute("runs")).result, "1");
});

test("missing and extra frames, and JSON that is none", async () => {
  client.sendFrames("shell", []);
  client.sendFrames("shell", [""]);
  client.sendFrames("shell", ["<IDS|MSG>"]);
  client.sendFrames("shell", ["<IDS|MSG>", "", "{}"]);
  client.sendFrames("control", ["no delimiter", "at all"]);
  client.sendFrames("shell", frames(["{", {}, {}, {}]));
  client.sendFrames("shell", frames(["null", "[]", "3", '"x"']));
  client.sendFrames("shell", frames([{}, {}, {}, {}]));
  client.sendFrames("shell", frames([{ ...header("execute_request"), msg_type: 5 }, {}, {}, {}]));
  client.sendFrames("stdin", frames([header("input_reply"), {}, {}, { value: "nobody asked" }]));
});

test("contents of other types than expected", async () => {
  for (const type of [
    "execute_request",
    "complete_request",
    "inspect_request",
    "history_request",
    "is_complete_request",
    "comm_info_request",
    "comm_open",
    "comm_msg",
    "comm_close",
    "debug_request",
    "delete_subshell_request",
  ])
    for (const content of [
      {},
      { code: 5, cursor_pos: "x" },
      { code: null, cursor_pos: -5, user_expressions: 3 },
      { comm_id: {}, data: 7, target_name: [] },
      { command: 1, arguments: "x", hist_access_type: {}, n: "many", pattern: 4 },
    ])
      client.sendFrames(type.startsWith("de") ? "control" : "shell", frames([header(type), {}, {}, content]));
  await client.request("control", "kernel_info_request", {});
});

test("an unknown request gets an error reply", async () => {
  const { content } = await client.request("shell", "no_such_request", {});
  assert.equal(content.status, "error");
  assert.match(content.evalue, /no_such_request/);
});

test("mutated messages (2,000 here; 20,000 in bench/kernel)", async () => {
  for (const message of mutate(2000, 1, client)) client.sendFrames(message.channel, message.frames);
  await client.request("control", "kernel_info_request", {}, 60_000);
  // A mutation may have left a cell that waits, or a queue; both end by an interrupt.
  await client.request("control", "interrupt_request", {}, 60_000);
});

test("10,000 queued cells", { timeout: 120_000 }, async () => {
  await client.execute("let total = 0");
  for (let i = 0; i < 10_000; i++) client.send("shell", "execute_request", { code: "total++", silent: true });
  assert.equal((await client.execute("total", { timeout: 100_000 })).result, "10000");
});

test("a cell of 20 MB (200 MB in bench/kernel)", async () => {
  const { result } = await client.execute(`"${"x".repeat(20e6)}".length`, { timeout: 60_000 });
  assert.equal(result, "20000000");
});

test("output after idle and unhandled rejections are shown under their cell", async () => {
  const id = client.send("shell", "execute_request", {
    code: "setTimeout(() => { console.log('after idle'); throw new Error('in a timer') }, 100); Promise.reject(new Error('nobody awaits')); 0",
    silent: false,
  });
  await client.collect(id);
  await client.until((m) => m.parent.msg_id === id && /Error: in a timer/.test(String(m.content.text)), 60_000);
  const texts = client.received
    .filter((m) => m.parent.msg_id === id && m.header.msg_type === "stream")
    .map((m) => m.content.text)
    .join("");
  assert.match(texts, /^after idle$/m);
  assert.match(texts, /Error: nobody awaits/);
});

const values: Record<string, string> = {
  "a throwing getter": "({ get x() { throw new Error('no') }, y: 1 })",
  "a throwing toString": "({ toString() { throw new Error('no') }, [Symbol.toPrimitive]() { throw new Error('no') } })",
  "a throwing inspect": "({ [Symbol.for('nodejs.util.inspect.custom')]() { throw new Error('no') } })",
  "a throwing display": "({ [Symbol.for('Jupyter.display')]() { throw new Error('no') } })",
  "a display that returns nonsense": "({ [Symbol.for('Jupyter.display')]() { return 5 } })",
  "a proxy that throws at everything": "new Proxy({}, new Proxy({}, { get() { throw new Error('trap') } }))",
  "records whose getters throw": "[{ get a() { throw new Error('no') } }, { a: 1 }]",
  "a circular object 10,000 deep":
    "let deep: any = {}; const first = deep; for (let i = 0; i < 10_000; i++) deep = deep.next = { i, first }; first",
  "an object 100,000 deep without a cycle":
    "let nest: any = {}; for (let i = 0; i < 100_000; i++) nest = { nest }; nest",
  "an array of ten million": "new Array(10_000_000).fill(0)",
  "a string of ten million": "'x'.repeat(10_000_000)",
  "an object without a prototype": "Object.create(null, { a: { value: 1, enumerable: true } })",
  "a revoked proxy": "(() => { const { proxy, revoke } = Proxy.revocable({}, {}); revoke(); return proxy })()",
  "a bigint and a symbol": "[10n ** 30n, Symbol('s')]",
};
for (const [name, code] of Object.entries(values))
  test(`shown without harm: ${name}`, async () => {
    const { data, reply } = await client.execute(code, { timeout: 30_000 });
    assert.equal(reply.status, "ok", JSON.stringify(reply));
    assert.ok(typeof data?.["text/plain"] === "string" && data["text/plain"].length < 200_000);
  });

test("whatever is thrown is shown", async () => {
  for (const thrown of [
    "null",
    "undefined",
    "Symbol('s')",
    "10n",
    "new Proxy({}, { get() { throw 1 } })",
    "Object.assign(new Error('x'), { get stack() { throw 1 } })",
    "{ get message() { throw 1 } }",
  ]) {
    const { reply } = await client.execute(`throw ${thrown}`);
    assert.equal(reply.status, "error", thrown);
  }
});

test("markup in data is escaped in HTML", async () => {
  const { data } = await client.execute("[{ '<b>k</b>': '<script>alert(1)</script>' }]");
  assert.ok(!/<script|<b>/.test(data!["text/html"]));
});

test("a cell that redefines console, process or globals", async () => {
  await client.execute(
    "const console = null; let process = 1; var JSON = null; const globalThis = 5; class Promise {}; let Error = 2",
  );
  const { stdout, result } = await client.execute("Object.keys({ a: 1 }).length");
  assert.equal(result, "1");
  assert.equal(stdout, "");
  const other = await client.execute("import { strict } from 'node:assert'; strict.equal(1, 2)");
  assert.equal(other.error!.ename, "AssertionError");
  await client.execute("let Error = undefined; await Promise; setTimeout(() => {}, 1); 0");
});

test("process.exit, abort and kill of oneself in a cell", async () => {
  const other = await (await Client.start()).ready();
  await other.execute("let kept = 1");
  const exit = await other.execute("process.exit(3)");
  assert.match(exit.error!.evalue, /process\.exit\(3\).*keeps running/s);
  assert.equal((await other.execute("kept")).result, "1");
  assert.match((await other.execute("process.reallyExit(4)")).error!.evalue, /keeps running/);
  const exiting = other.execute("await 0; process.exit()");
  assert.match((await exiting).error!.evalue, /keeps running/);
  await other.stop();
});

test("running out of memory ends in a message, and the restarted kernel says so", { timeout: 120_000 }, async () => {
  const node = process.execPath;
  const { kernelFlags, kernelMain } = await import("./client.js");
  const command = [node, "--max-old-space-size=64", ...kernelFlags, kernelMain, "{connection_file}"];
  const first = await (await Client.start({ command })).ready();
  first.send("shell", "execute_request", {
    code: "const hoard = []; while (true) hoard.push(new Array(1000).fill({}))",
    silent: false,
  });
  await new Promise<void>((resolve) =>
    first.exited !== undefined ? resolve() : first.process.once("exit", () => resolve()),
  );
  assert.match(first.stderr, /heap/i);
  // Jupyter starts it again with the same connection file.
  const second = await (await Client.start({ connection: first.connection, folder: first.folder })).ready();
  const { stderr, result } = await second.execute("1");
  assert.equal(result, "1");
  assert.match(stderr, /restarted.*cell \[1\].*memory/s);
  assert.equal((await second.execute("2")).stderr, "");
  await second.stop();
  await first.stop();
});
