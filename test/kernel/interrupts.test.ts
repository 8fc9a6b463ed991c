// Bounds here are generous, since tests share the machine; bench/kernel measures against the 50 ms promised.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client } from "./client.js";

let client: Client;
before(async () => {
  client = await (await Client.start()).ready();
  writeFileSync(join(client.folder, "spin.ts"), "export function spin(): void { let i = 0; for (;;) i++; }");
  await client.execute("let kept = 'state'; import { spin } from './spin.ts'");
});
after(() => client.stop());

const busy: Record<string, string> = {
  "a loop": "while (true) {}",
  "a pending await": "await new Promise(() => {})",
  "a loop behind an await": "await null; while (true) {}",
  "a loop in an imported module": "spin()",
  "a blocked Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
  "a loop that catches everything": "while (true) { try { while (true) {} } catch {} }",
  "a loop in a timer": "await new Promise(() => setTimeout(() => { while (true) {} }, 10))",
  "a loop in an immediate": "await new Promise(() => setImmediate(() => { while (true) {} }))",
  "a loop that awaits": "while (true) await null",
  "a loop that prints": "while (true) console.log('.')",
  "a prompt": "prompt('?')",
};

for (const [name, code] of Object.entries(busy))
  test(`interrupt: ${name}`, async () => {
    const cell = client.execute(code, { timeout: 15_000 });
    await new Promise((r) => setTimeout(r, 250));
    assert.ok(await client.heartbeat());
    const reply = client.request("control", "interrupt_request", {});
    const { error } = await cell;
    assert.equal(error!.ename, "Interrupted");
    assert.equal((await reply).content.status, "ok");
    assert.equal((await client.execute("kept")).result, "'state'");
  });

test("SIGINT interrupts too", { skip: process.platform === "win32" }, async () => {
  const cell = client.execute("await null; while (true) {}");
  await new Promise((r) => setTimeout(r, 250));
  client.process.kill("SIGINT");
  assert.equal((await cell).error!.ename, "Interrupted");
  assert.equal((await client.execute("kept")).result, "'state'");
});

test("queued cells are aborted by an interrupt", async () => {
  const send = (code: string) => client.send("shell", "execute_request", { code, silent: false, stop_on_error: true });
  const ids = ["while (true) {}", "kept = 'changed'"].map(send);
  await new Promise((r) => setTimeout(r, 250));
  client.send("control", "interrupt_request", {});
  const done = await Promise.all(ids.map((id) => client.collect(id)));
  assert.deepEqual(
    done.map((d) => d.reply.status),
    ["error", "aborted"],
  );
  assert.equal((await client.execute("kept")).result, "'state'");
});

test("a loop left in the background by an interrupt ends at its next print or timer", async () => {
  const cell = client.execute(
    "let turns = 0; while (true) { turns++; console.log(turns); await new Promise((r) => setTimeout(r, 20)); }",
  );
  await new Promise((r) => setTimeout(r, 250));
  client.send("control", "interrupt_request", {});
  await cell;
  await new Promise((r) => setTimeout(r, 100)); // one more turn begins and ends at its print
  const before = (await client.execute("turns")).result;
  await new Promise((r) => setTimeout(r, 200));
  assert.equal((await client.execute("turns")).result, before);
});

test("an interrupt with nothing running does no harm", async () => {
  await client.request("control", "interrupt_request", {});
  assert.equal((await client.execute("1 + 1")).result, "2");
});

test("while a cell computes: control, completion, comms and heartbeat answer", async () => {
  await client.execute(`
    const subject = { alpha: 1, beta: 2 };
    globalThis[Symbol.for("proband.comm")].registerTarget("busy", (comm) => comm.onMessage((m) => comm.send({ back: m.data }), { whileBusy: true }), { whileBusy: true });`);
  client.send("shell", "comm_open", { comm_id: "b", target_name: "busy", data: {} });
  await client.request("shell", "complete_request", { code: "subject.", cursor_pos: 8 }, 30_000); // starts the language server
  const cell = client.execute("while (true) {}", { timeout: 15_000 });
  await new Promise((r) => setTimeout(r, 250));
  assert.equal((await client.request("control", "kernel_info_request", {}, 2000)).content.status, "ok");
  const completion = await client.request("shell", "complete_request", { code: "subject.al", cursor_pos: 10 }, 2000);
  assert.deepEqual(completion.content.matches, ["alpha"]);
  const id = client.send("shell", "comm_msg", { comm_id: "b", data: { n: 1 } });
  const back = await client.until((m) => m.header.msg_type === "comm_msg" && m.parent.msg_id === id, 2000);
  assert.deepEqual(back.content.data, { back: { n: 1 } });
  assert.ok(await client.heartbeat());
  client.send("control", "interrupt_request", {});
  assert.equal((await cell).error!.ename, "Interrupted");
});
