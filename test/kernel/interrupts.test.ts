// Bounds here are generous, since tests share the machine; bench/kernel measures against the 50 ms promised.
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { busy } from "./busy.js";
import { Client, kernelFlags, kernelMain, type Executed } from "./client.js";

let client: Client;
before(async () => {
  client = await (await Client.start()).ready();
  writeFileSync(join(client.folder, "spin.ts"), "export function spin(): void { let i = 0; for (;;) i++; }");
  await client.execute("let kept = 'state'; import { spin } from './spin.ts'");
});
after(() => client.stop());

/** Starts a cell and waits until it has begun: shell and control are different sockets, and an interrupt may overtake. */
async function begin(code: string): Promise<{ ended: Promise<Executed> }> {
  client.received.length = 0;
  const ended = client.execute(code, { timeout: 60_000 });
  await client.until((m) => m.header.msg_type === "execute_input", 60_000);
  return { ended };
}

for (const [name, code] of Object.entries(busy))
  test(`interrupt: ${name}`, async () => {
    const cell = await begin(code);
    await new Promise((r) => setTimeout(r, 100));
    assert.ok(await client.heartbeat());
    const reply = client.request("control", "interrupt_request", {}, 60_000);
    const { error } = await cell.ended;
    assert.equal(error!.ename, "Interrupted");
    assert.equal((await reply).content.status, "ok");
    assert.equal((await client.execute("kept")).result, "'state'");
  });

// A termination that arrives when the session has just stopped computing must not hit the kernel's own work: a cell would
// never be answered. bench/kernel/interrupts.mjs does this hundreds of times, under load.
test("an interrupt at any moment ends the cell, and the next one runs", async () => {
  const kinds = ["a loop", "a pending await", "a loop in a timer", "a loop in an immediate", "a loop that prints"];
  for (const name of kinds)
    for (const delay of [0, 1, 3, 8, 13]) {
      const cell = await begin(busy[name]!);
      await new Promise((r) => setTimeout(r, delay));
      client.send("control", "interrupt_request", {});
      assert.equal((await cell.ended).error?.ename, "Interrupted", `${name} after ${delay} ms`);
      assert.equal((await client.execute("kept", { timeout: 60_000 })).result, "'state'", `${name} after ${delay} ms`);
    }
});

test("a cell sent before the interrupt that arrives behind it is aborted", async () => {
  const date = new Date(Date.now() - 50).toISOString();
  await client.request("control", "interrupt_request", {}, 20_000, {});
  const { reply } = await client.execute("kept = 'changed'", { header: { date } });
  assert.equal(reply.status, "aborted");
  assert.equal((await client.execute("kept")).result, "'state'");
});

test("a child process that a cell waits for is ended", { skip: process.platform !== "linux" }, async () => {
  const cell = await begin(`(await import("node:child_process")).execSync("sleep 300")`);
  await new Promise((r) => setTimeout(r, 300));
  client.send("control", "interrupt_request", {});
  assert.ok((await cell.ended).error);
  assert.equal((await client.execute("kept")).result, "'state'");
});

test("SIGINT interrupts too", { skip: process.platform === "win32" }, async () => {
  const cell = await begin("await null; while (true) {}");
  await new Promise((r) => setTimeout(r, 100));
  client.process.kill("SIGINT");
  assert.equal((await cell.ended).error!.ename, "Interrupted");
  assert.equal((await client.execute("kept")).result, "'state'");
});

test("queued cells are aborted by an interrupt", async () => {
  const send = (code: string) => client.send("shell", "execute_request", { code, silent: false, stop_on_error: true });
  client.received.length = 0;
  const ids = ["while (true) {}", "kept = 'changed'"].map(send);
  await client.until((m) => m.header.msg_type === "execute_input", 60_000);
  await new Promise((r) => setTimeout(r, 100));
  client.send("control", "interrupt_request", {});
  const done = await Promise.all(ids.map((id) => client.collect(id)));
  assert.deepEqual(
    done.map((d) => d.reply.status),
    ["error", "aborted"],
  );
  assert.equal((await client.execute("kept")).result, "'state'");
});

test("a loop left in the background by an interrupt ends at its next print or timer", async () => {
  const { ended } = await begin(
    "let turns = 0; while (true) { turns++; console.log(turns); await new Promise((r) => setTimeout(r, 20)); }",
  );
  await new Promise((r) => setTimeout(r, 250));
  client.send("control", "interrupt_request", {});
  await ended;
  await new Promise((r) => setTimeout(r, 100)); // one more turn begins and ends at its print
  const before = (await client.execute("turns")).result;
  await new Promise((r) => setTimeout(r, 200));
  assert.equal((await client.execute("turns")).result, before);
});

test("what an interrupted cell waited for may be collected as garbage", async () => {
  const command = [process.execPath, "--expose-gc", ...kernelFlags, kernelMain, "{connection_file}"];
  const other = await (await Client.start({ command })).ready();
  await other.execute("let kept = 'state'");
  for (let i = 0; i < 3; i++) {
    const cell = other.execute("await new Promise(() => setTimeout(gc, 10))");
    await new Promise((r) => setTimeout(r, 60));
    other.send("control", "interrupt_request", {});
    assert.equal((await cell).error!.ename, "Interrupted");
    await other.execute("for (let i = 0; i < 4; i++) { gc(); await new Promise((r) => setTimeout(r, 5)) }");
  }
  assert.equal((await other.execute("kept")).result, "'state'");
  await other.stop();
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
  const { ended } = await begin("while (true) {}");
  assert.equal((await client.request("control", "kernel_info_request", {}, 20_000)).content.status, "ok");
  const completion = await client.request("shell", "complete_request", { code: "subject.al", cursor_pos: 10 }, 20_000);
  assert.deepEqual(completion.content.matches, ["alpha"]);
  const id = client.send("shell", "comm_msg", { comm_id: "b", data: { n: 1 } });
  const back = await client.until((m) => m.header.msg_type === "comm_msg" && m.parent.msg_id === id, 20_000);
  assert.deepEqual(back.content.data, { back: { n: 1 } });
  assert.ok(await client.heartbeat());
  client.send("control", "interrupt_request", {});
  assert.equal((await ended).error!.ename, "Interrupted");
});
