import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Dealer, Subscriber } from "zeromq";
import { Client, kernelFlags, kernelMain } from "./client.js";

let client: Client;
before(async () => void (client = await (await Client.start()).ready()));
after(() => client.stop());

const types = (messages: { header: { msg_type: string } }[]) => messages.map((m) => m.header.msg_type);

test("kernel_info says protocol 5.5, TypeScript, debugger", async () => {
  const { content } = await client.request("shell", "kernel_info_request", {});
  assert.equal(content.protocol_version, "5.5");
  assert.equal(content.language_info.name, "typescript");
  assert.match(content.language_info.version, /^\d+\.\d+\.\d+$/);
  assert.deepEqual(content.supported_features, ["debugger", "kernel subshells"]);
  assert.equal(content.language_info.file_extension, ".ts");
  assert.equal(content.debugger, true);
});

test("whoever subscribes to iopub is welcomed, as protocol 5.5 has it", async () => {
  const first = await client.until((m) => m.header.msg_type === "iopub_welcome");
  assert.deepEqual([first.content, first.parent], [{ subscription: "" }, {}]);
  const another = new Subscriber({ linger: 0 });
  another.subscribe("stream");
  another.connect(`tcp://127.0.0.1:${client.connection.iopub_port}`);
  const [topic, , , header, parent, , content] = (await another.receive()).map(String);
  assert.equal(topic, "stream");
  assert.equal(JSON.parse(header!).msg_type, "iopub_welcome");
  assert.deepEqual([parent, JSON.parse(content!)], ["{}", { subscription: "stream" }]);
  await client.execute("console.log('to both')");
  assert.equal(JSON.parse(String((await another.receive()).at(-1))).text, "to both\n");
  another.close();
});

test("a client that connects again under its identity gets the answers", async () => {
  const socket = () => {
    const s = new Dealer({ routingId: "one-client", linger: 0 });
    s.connect(`tcp://127.0.0.1:${client.connection.shell_port}`);
    return s;
  };
  const ask = async (s: Dealer) => {
    const header = { msg_id: randomUUID(), session: "s", username: "u", date: "", msg_type: "kernel_info_request" };
    const parts = [header, {}, {}, {}].map((p) => Buffer.from(JSON.stringify(p)));
    await s.send(["<IDS|MSG>", client.sign(parts), ...parts]);
    s.receiveTimeout = 5000;
    return JSON.parse(String((await s.receive())[5])).status;
  };
  const lost = socket();
  assert.equal(await ask(lost), "ok");
  const again = socket(); // while the first connection still stands, as after a broken network
  assert.equal(await ask(again), "ok");
  lost.close();
  again.close();
});

test("a cell's messages come in order, between busy and idle", async () => {
  const { messages, reply } = await client.execute("console.log('a'); display(1); console.log('b'); 2");
  assert.deepEqual(types(messages), [
    "status",
    "execute_input",
    "stream",
    "display_data",
    "stream",
    "execute_result",
    "status",
  ]);
  assert.equal(reply.status, "ok");
});

test("a silent cell counts nothing and shows nothing", async () => {
  const before = (await client.execute("0")).reply.execution_count;
  const { messages, reply } = await client.execute("console.log('quiet'); 5", { silent: true });
  assert.deepEqual(types(messages), ["status", "status"]);
  assert.equal(reply.status, "ok");
  assert.equal((await client.execute("0")).reply.execution_count, before + 1);
});

test("store_history false does not count", async () => {
  const before = (await client.execute("0")).reply.execution_count;
  await client.execute("1", { store_history: false });
  assert.equal((await client.execute("0")).reply.execution_count, before + 1);
});

test("user expressions are evaluated after the cell", async () => {
  const { reply } = await client.execute("let u = 20", { user_expressions: { ok: "u + 1", bad: "u.x.y" } });
  assert.equal(reply.user_expressions.ok.data["text/plain"], "21");
  assert.equal(reply.user_expressions.bad.status, "error");
  assert.equal(reply.user_expressions.bad.ename, "TypeError");
});

test("an error aborts the cells that were sent with it", async () => {
  const send = (code: string) =>
    client.send("shell", "execute_request", { code, silent: false, store_history: true, stop_on_error: true });
  // It fails after a moment: sockets need not deliver three messages at once, and what arrives after the error is a new request.
  const failing = "await new Promise((resolve) => setTimeout(resolve, 300)); throw new Error('stop')";
  const ids = [failing, "var never = 1", "never"].map(send);
  const done = await Promise.all(ids.map((id) => client.collect(id)));
  assert.deepEqual(
    done.map((d) => d.reply.status),
    ["error", "aborted", "aborted"],
  );
  assert.match((await client.execute("never")).error!.evalue, /not defined/);
});

test("stop_on_error false goes on", async () => {
  const send = (code: string) =>
    client.send("shell", "execute_request", { code, silent: false, store_history: true, stop_on_error: false });
  const ids = ["throw new Error('go on')", "'still'"].map(send);
  const done = await Promise.all(ids.map((id) => client.collect(id)));
  assert.deepEqual(
    done.map((d) => d.reply.status),
    ["error", "ok"],
  );
});

test("output of a timer belongs to the cell that set it", async () => {
  const first = client.send("shell", "execute_request", {
    code: "setTimeout(() => console.log('from the first'), 150)",
    silent: false,
  });
  await client.collect(first);
  await client.execute("await new Promise((r) => setTimeout(r, 300)); console.log('from the second')");
  const late = client.received.find((m) => m.content.text === "from the first\n")!;
  assert.equal(late.parent.msg_id, first);
});

test("output of an async function belongs to the cell that called it", async () => {
  const first = client.send("shell", "execute_request", {
    code: "(async () => { for (let i = 0; i < 3; i++) { await new Promise((r) => setTimeout(r, 60)); console.log('loop ' + i) } })(); 0",
    silent: false,
  });
  await client.collect(first);
  const second = await client.execute("await new Promise((r) => setTimeout(r, 400)); console.log('mine')");
  assert.equal(second.stdout, "mine\n");
  const loop = client.received.filter((m) => String(m.content.text).startsWith("loop"));
  assert.ok(loop.length >= 2 && loop.every((m) => m.parent.msg_id === first));
});

test("20,000 lines: all of them, in order, before idle", async () => {
  const { stdout, messages } = await client.execute("for (let i = 0; i < 20000; i++) console.log(i)", {
    timeout: 60_000,
  });
  assert.equal(stdout, Array.from({ length: 20000 }, (_, i) => `${i}\n`).join(""));
  assert.equal(messages.at(-1)!.content.execution_state, "idle");
  assert.ok(messages.length < 200, `${messages.length} messages, which Jupyter's rate limit would drop`);
});

test("console: formats, groups, tables, errors", async () => {
  const { stdout, stderr } = await client.execute(
    "console.log('%s is %d', 'x', 2, { a: 1 }); console.group('G'); console.info('in\\nside'); console.groupEnd(); console.table([{ a: 1 }]); console.warn('w'); console.error(new Error('shown'))",
  );
  assert.equal(stdout.split("\n").slice(0, 4).join("|"), "x is 2 { a: 1 }|G|  in|  side");
  assert.match(stdout, /│ \(index\) │ a │/);
  assert.match(stderr, /^w\nError: shown\n {4}at Cell \[\d+\]:1:/);
});

test(
  "child processes that inherit the kernel's output write to the cell's",
  { skip: process.platform === "win32" },
  async () => {
    const { stdout, stderr, result, error } = await client.execute(`
    import { execSync, execFileSync, fork, spawn, spawnSync } from "node:child_process";
    import { writeFileSync } from "node:fs";
    import { once } from "node:events";
    const script = (name: string) => ["-c", \`echo \${name}; echo \${name} wrong >&2\`];
    const all = [
      execSync("echo one; echo one wrong >&2", { stdio: "inherit" }),
      execFileSync("sh", script("two"), { stdio: ["ignore", 1, process.stderr] }),
      spawnSync("sh", script("three"), { stdio: "inherit" }).stdout,
      execFileSync("sh", script("four"), { stdio: ["ignore", "pipe", "inherit"], encoding: "utf8" }),
    ];
    const running = spawn("sh", script("five"), { stdio: "inherit" });
    await once(running, "close");
    writeFileSync("forked.cjs", "console.log('six')");
    await once(fork("./forked.cjs"), "close");
    [...all, running.stdout]`);
    assert.equal(error, undefined);
    assert.equal(stdout, "one\ntwo\nthree\nfive\nsix\n");
    assert.equal(stderr, "one wrong\ntwo wrong\nthree wrong\nfour wrong\nfive wrong\n");
    assert.equal(result, "[ null, null, null, 'four\\n', null ]");
    const failed = await client.execute('execSync("echo before; exit 3", { stdio: "inherit" })');
    assert.deepEqual([failed.stdout, failed.error!.ename], ["before\n", "Error"]);
  },
);

test("a line printed before a long computation is there before it ends", async () => {
  const id = client.send("shell", "execute_request", {
    code: "console.log('begun'); const until = Date.now() + 1500; while (Date.now() < until); 'end'",
    silent: false,
  });
  const line = await client.until((m) => m.content.text === "begun\n");
  const { reply } = await client.collect(id);
  const end = client.received.find((m) => m.parent.msg_id === id && m.header.msg_type === "execute_result")!;
  assert.equal(reply.status, "ok");
  assert.ok(end.at - line.at > 1000, `${end.at - line.at} ms before the end`);
});

test("display, update by id, clear_output", async () => {
  const { messages } = await client.execute(
    "const id = display('one', { id: 'd1' }); display('two', { id, update: true }); import { clear } from 'proband/kernel'; clear({ wait: true })",
  );
  const [shown, updated] = messages.filter((m) => /display_data/.test(m.header.msg_type));
  assert.equal(shown!.content.transient.display_id, "d1");
  assert.equal(updated!.header.msg_type, "update_display_data");
  assert.equal(updated!.content.data["text/plain"], "'two'");
  assert.deepEqual(messages.find((m) => m.header.msg_type === "clear_output")!.content, { wait: true });
});

test("a display that is a promise is awaited before idle", async () => {
  const code = `({ async [Symbol.for("Jupyter.display")]() { await new Promise((r) => setTimeout(r, 50)); return { "text/html": "<i>late</i>" } } })`;
  assert.equal((await client.execute(code)).data!["text/html"], "<i>late</i>");
  const { messages } = await client.execute(`display(${code}); 0`);
  assert.ok(types(messages).includes("display_data"));
});

test("is_complete", async () => {
  const status = async (code: string) => (await client.request("shell", "is_complete_request", { code })).content;
  assert.equal((await status("1 + 1")).status, "complete");
  assert.deepEqual(await status("function f() {"), { status: "incomplete", indent: "  " });
  assert.equal((await status("let = = 3")).status, "invalid");
});

test("history asked for after it was written holds each cell once", async () => {
  const other = await (await Client.start()).ready();
  await other.execute("'only once'");
  const file = join(other.folder, "history.jsonl");
  while (!existsSync(file)) await new Promise((r) => setTimeout(r, 100)); // it is written after a second
  const { content } = await other.request("shell", "history_request", { hist_access_type: "tail", n: 5 });
  assert.deepEqual(
    content.history.map((h: unknown[]) => h[2]),
    ["'only once'"],
  );
  await other.stop();
});

test("history: tail, range, search, unique, persisted", async () => {
  await client.execute("'find me 1'");
  await client.execute("'find me 2'");
  await client.execute("'find me 2'");
  const ask = async (content: object) =>
    (await client.request("shell", "history_request", { output: false, raw: true, ...content })).content.history;
  const tail = await ask({ hist_access_type: "tail", n: 2 });
  assert.deepEqual(
    tail.map((h: unknown[]) => h[2]),
    ["'find me 2'", "'find me 2'"],
  );
  const [session, line] = tail[0];
  assert.equal((await ask({ hist_access_type: "range", session, start: line, stop: line + 1 })).length, 1);
  assert.equal((await ask({ hist_access_type: "search", pattern: "'find me ?'" })).length, 3);
  assert.equal((await ask({ hist_access_type: "search", pattern: "*find me*", unique: true })).length, 2);
  await new Promise((r) => setTimeout(r, 1300));
  assert.match(readFileSync(join(client.folder, "history.jsonl"), "utf8"), /find me 2/);
});

test("comms: both ways, registered targets, info, metadata and buffers", async () => {
  await client.execute(`
    const host = globalThis[Symbol.for("proband.comm")];
    host.registerTarget("echo", (comm, opened) => {
      comm.send({ opened: opened.data });
      comm.onMessage((m) => comm.send({ back: m.data, bytes: m.buffers.map((b) => [...b]) }, { metadata: { m: 1 }, buffers: [new Uint8Array([9, 8])] }));
    });`);
  client.send("shell", "comm_open", { comm_id: "c1", target_name: "echo", data: { hello: 1 } });
  await client.until((m) => m.header.msg_type === "comm_msg" && m.content.data.opened?.hello === 1);
  const id = client.send(
    "shell",
    "comm_msg",
    { comm_id: "c1", data: { x: 2 } },
    { buffers: [new Uint8Array([1, 2, 3])] },
  );
  const back = await client.until((m) => m.header.msg_type === "comm_msg" && m.parent.msg_id === id);
  assert.deepEqual(back.content.data, { back: { x: 2 }, bytes: [[1, 2, 3]] });
  assert.deepEqual(back.metadata, { m: 1 });
  assert.deepEqual([...back.buffers[0]!], [9, 8]);
  assert.deepEqual((await client.request("shell", "comm_info_request", {})).content.comms, {
    c1: { target_name: "echo" },
  });
  client.send("shell", "comm_close", { comm_id: "c1", data: {} });
  client.send("shell", "comm_open", { comm_id: "c2", target_name: "unknown", data: {} });
  await client.until((m) => m.header.msg_type === "comm_close" && m.content.comm_id === "c2");
  const { messages } = await client.execute(
    `const own = host.open("front", { a: 1 }, { metadata: { version: "2.1.0" } }); own.send({ b: 2 }); own.close()`,
  );
  assert.deepEqual(
    types(messages).filter((t) => t.startsWith("comm")),
    ["comm_open", "comm_msg", "comm_close"],
  );
});

test("input: prompt, password, a front end that cannot ask", async () => {
  client.answer = (prompt, password) => `${prompt}|${password}`;
  assert.equal((await client.execute("prompt('Name?')")).result, "'Name? |false'");
  assert.equal((await client.execute("prompt('Key', { password: true })")).result, "'Key |true'");
  client.answer = () => "x".repeat(100_000) + "ü😀";
  assert.equal((await client.execute("prompt('Long').length")).result, "100003");
  assert.equal((await client.execute("prompt('?')", { allow_stdin: false })).error!.ename, "StdinNotImplementedError");
});

test("subshells run while the main shell waits", async () => {
  const { subshell_id: id } = (await client.request("control", "create_subshell_request", {})).content;
  assert.deepEqual((await client.request("control", "list_subshell_request", {})).content.subshell_id, [id]);
  const main = client.execute(
    "let waited = false; await new Promise((r) => setTimeout(r, 600)); waited = true; 'main'",
  );
  await new Promise((r) => setTimeout(r, 100));
  const sub = await client.execute("waited", { header: { subshell_id: id } });
  assert.equal(sub.result, "false");
  assert.equal((await main).result, "'main'");
  assert.equal((await client.request("control", "delete_subshell_request", { subshell_id: id })).content.status, "ok");
  assert.equal(
    (await client.request("control", "delete_subshell_request", { subshell_id: id })).content.status,
    "error",
  );
});

test("changed local files are loaded anew, unchanged ones keep their state", async () => {
  const { writeFileSync, utimesSync } = await import("node:fs");
  const file = join(client.folder, "changing.ts");
  const outer = join(client.folder, "outer.ts");
  writeFileSync(file, "export let n = 1; export const up = () => ++n;");
  writeFileSync(outer, 'export { n, up } from "./changing.ts";');
  assert.equal((await client.execute('import { n, up } from "./outer.ts"; up(); n')).result, "2");
  assert.equal((await client.execute('import { n, up } from "./outer.ts"; n')).result, "2");
  writeFileSync(file, "export let n = 50; export const up = () => ++n;");
  utimesSync(file, new Date(), new Date(Date.now() + 5000));
  assert.equal((await client.execute('import { n, up } from "./outer.ts"; n')).result, "50");
});

test("an import that fails is the one that is pointed at", async () => {
  const { error } = await client.execute('import { sep } from "node:path";\nimport { x } from "./missing";\nsep');
  assert.match(error!.traceback.join("\n"), /Cell \[\d+\]:2:1/);
});

test("an error in a local file names its own line", async () => {
  const { writeFileSync } = await import("node:fs");
  writeFileSync(
    join(client.folder, "failing.ts"),
    "interface A {\n  b: string;\n}\n\nexport function fail(a: A): never {\n  throw new Error(a.b);\n}\n",
  );
  const { error } = await client.execute('import { fail } from "./failing.ts";\nfail({ b: "deep" })');
  assert.match(error!.traceback.join("\n"), /failing\.ts:6:9/);
  assert.match(error!.traceback.join("\n"), /Cell \[\d+\]:2:1/);
});

test("what was sent before an error and arrives late is aborted, by the client's own clock", async () => {
  for (const skew of [0, 3_600_000, -3_600_000]) {
    const other = await (await Client.start()).ready();
    const dated = (ago = 0) => ({ header: { date: new Date(Date.now() + skew - ago).toISOString() } });
    await other.execute("let ran = 0", dated());
    const sent = dated();
    const failed = await other.execute("await new Promise((r) => setTimeout(r, 50)); throw new Error('x')", dated());
    assert.equal(failed.error?.evalue, "x");
    await new Promise((r) => setTimeout(r, 400));
    const late = await other.execute("ran = 1", sent);
    assert.deepEqual(late.reply, { status: "aborted" }, `clock wrong by ${skew} ms`);
    assert.equal((await other.execute("ran", dated())).result, "0", `clock wrong by ${skew} ms`);
    await other.stop();
  }
});

test("tslab's API under its own name", async () => {
  const { messages } = await client.execute(`
    import * as tslab from "tslab";
    tslab.display.html("<b>x</b>"); tslab.display.png(new Uint8Array([1, 2]));
    const d = tslab.newDisplay(); d.markdown("a"); d.markdown("b"); tslab.versions.tslab`);
  const shown = messages.filter((m) => /display_data/.test(m.header.msg_type));
  assert.deepEqual(
    shown.map((m) => Object.entries(m.content.data)[0]),
    [
      ["text/html", "<b>x</b>"],
      ["image/png", "AQI="],
      ["text/markdown", "a"],
      ["text/markdown", "b"],
    ],
  );
  assert.equal(shown[3]!.header.msg_type, "update_display_data");
  assert.equal(shown[2]!.content.transient.display_id, shown[3]!.content.transient.display_id);
});

test("tslab's JavaScript notebooks require it, and print its versions", async () => {
  const { stdout, messages } = await client.execute(`
    const tslabOfNode = require("tslab");
    console.log("Versions:", tslabOfNode.versions);
    tslabOfNode.display.html("<i>x</i>");`);
  assert.match(stdout, /^Versions: \{\n {2}tslab: '1\.0\.22',\n {2}typescript: '\d+\.\d+\.\d+',/);
  assert.ok(messages.some((m) => m.content.data?.["text/html"] === "<i>x</i>"));
});

test("a kernel ends when the Jupyter that started it was killed", { skip: process.platform === "win32" }, async () => {
  // Its parent is a Node that names itself as Jupyter does and is then killed.
  const folder = mkdtempSync(join(tmpdir(), "proband-parent-"));
  const script = `process.env.JPY_PARENT_PID = process.pid;
    require("node:child_process").spawn(process.argv[1], process.argv.slice(2), { stdio: "inherit" }); setInterval(() => {}, 1000)`;
  const orphan = await Client.start({
    folder,
    command: [process.execPath, "-e", script, process.execPath, ...kernelFlags, kernelMain, "{connection_file}"],
  });
  await orphan.ready();
  const pid = Number((await orphan.execute("process.pid")).result);
  orphan.process.kill("SIGKILL");
  const alive = () => {
    try {
      return process.kill(pid, 0);
    } catch {
      return false;
    }
  };
  const started = performance.now();
  while (alive() && performance.now() - started < 60_000) await new Promise((r) => setTimeout(r, 100));
  const ended = !alive();
  if (!ended) process.kill(pid, "SIGKILL");
  await orphan.stop();
  assert.ok(ended);
});

test("name? shows what is known, in the pager", async () => {
  const { reply } = await client.execute("Math.max?", { timeout: 30_000 });
  assert.equal(reply.payload[0].source, "page");
  assert.match(reply.payload[0].data["text/plain"], /larger/);
});

test("shutdown ends the process", async () => {
  const other = await (await Client.start()).ready();
  const reply = await other.request("control", "shutdown_request", { restart: true });
  assert.deepEqual(reply.content, { status: "ok", restart: true });
  await new Promise((r) => setTimeout(r, 500));
  assert.notEqual(other.exited, undefined);
  await other.stop();
});
