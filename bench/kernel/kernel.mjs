// The kernel beside Deno, tslab and ipykernel: start, warm cells, output, interrupts, answers while busy, memory.
//   npm run bench kernel            all; ipykernel where python3 (or PYTHON) has it
// Peers are installed from npm by this folder's own package.json. Times are medians of alternating rounds, so that a
// busy machine slows all alike; the load is printed.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { loadavg, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, "..", "..");
const { Client, kernelFlags, kernelMain } = await import(join(root, "build", "test", "kernel", "client.js"));
const { mutate } = await import(join(root, "build", "test", "kernel", "mutate.js"));
const quick = process.argv.includes("--quick");
const rounds = quick ? 3 : 9;

if (!existsSync(join(here, "node_modules", "deno"))) {
  console.log("Installing the peers (once) …");
  spawnSync("npm", ["install", "--no-audit", "--no-fund", "--loglevel=error"], {
    cwd: here,
    stdio: "inherit",
    shell: process.platform === "win32",
  });
}
const python = [process.env.PYTHON, join(root, ".venv", "bin", "python"), "python3"].find(
  (p) => p && spawnSync(p, ["-c", "import ipykernel"]).status === 0,
);
const deno = spawnSync(
  process.execPath,
  ["-p", `require.resolve("deno/package.json", { paths: [${JSON.stringify(here)}] })`],
  { encoding: "utf8" },
).stdout.trim();
const denoBinary = existsSync(join(dirname(deno), "deno"))
  ? join(dirname(deno), "deno")
  : join(
      dirname(dirname(deno)),
      "@deno",
      `${process.platform}-${process.arch}${process.platform === "linux" ? "-glibc" : ""}`,
      "deno",
    );

/** How each kernel is started, and the same cells in its language. */
const kernels = {
  proband: { command: [process.execPath, ...kernelFlags, kernelMain, "{connection_file}"] },
  deno: existsSync(denoBinary) && { command: [denoBinary, "jupyter", "--kernel", "--conn", "{connection_file}"] },
  tslab: existsSync(join(here, "node_modules", "tslab")) && {
    command: [
      process.execPath,
      join(here, "node_modules", "tslab", "bin", "tslab"),
      "kernel",
      "--config-path",
      "{connection_file}",
    ],
  },
  ipykernel: python && {
    command: [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
    print: (n) => `for i in range(${n}): print(i)`,
    declare: (i) => `v${i} = ${i}\ndef f${i}(x): return x + v${i}`,
    megabytes: "from IPython.display import display, HTML\ndisplay(HTML('x' * 5_000_000))",
    trivial: "1+1",
  },
};
for (const name of Object.keys(kernels)) if (!kernels[name]) delete kernels[name];
const cells = {
  print: (n) => `for (let i = 0; i < ${n}; i++) console.log(i)`,
  declare: (i) => `let v${i}: number = ${i}; function f${i}(x: number) { return x + v${i} }`,
  trivial: "1+1",
};
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const start = (name, extra = {}) => Client.start({ command: kernels[name].command, ...extra });
/** A started kernel; a peer whose sockets trip over their own start (tslab: "Socket is blocked by a bind") gets three tries. */
async function opened(name, tries = name === "proband" ? 1 : 3) {
  const client = await start(name);
  try {
    return await client.ready();
  } catch (error) {
    await client.stop();
    if (tries === 1) throw error;
    console.log(`${name} did not start (${String(error.message).split("\n")[0]}); once more`);
    return opened(name, tries - 1);
  }
}
const code = (name, key) => kernels[name][key] ?? cells[key];
const results = { load: loadavg()[0], node: process.versions.node, peers: Object.keys(kernels) };
/** Prints and keeps a measurement: its target is a bound for the ratio to a peer where one is named, else for `own`. */
const say = (title, values, unit, peer, limit, own = values.proband) => {
  const shown = Object.entries(values)
    .map(([k, v]) => `${k} ${v === undefined ? "–" : typeof v === "number" ? v.toFixed(v < 10 ? 2 : 0) : v}`)
    .join(" · ");
  const reference = peer ? values[peer] : undefined;
  const measured = reference ? own / reference : own;
  const met = limit === undefined || (peer && !reference) ? undefined : measured <= limit;
  const ratio = reference ? `  ratio to ${peer} ${measured.toFixed(2)}` : "";
  const target =
    limit === undefined
      ? ""
      : ` (target ≤ ${limit}${reference ? "" : ` ${unit}`}: ${met === undefined ? "no peer" : met ? "met" : "NOT met"})`;
  console.log(`${title.padEnd(46)} ${shown} ${unit}${ratio}${target}`);
  results[title] = {
    ...values,
    unit,
    ...(reference ? { ratio: measured } : {}),
    ...(limit === undefined ? {} : { target: limit, met }),
  };
};
const rss = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? NaN) / 1024;
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));
console.log(
  `load ${loadavg()[0].toFixed(1)}, Node ${process.versions.node}, ${rounds} rounds; peers: ${Object.keys(kernels).slice(1).join(", ")}`,
);

// Start → first result: from spawning the process to the execute_reply of 1+1, sent as soon as sockets connect.
{
  const times = Object.fromEntries(Object.keys(kernels).map((k) => [k, []]));
  for (let r = 0; r < rounds; r++)
    for (const name of Object.keys(kernels)) {
      if (name === "tslab" && r >= 3) continue; // slow and steady
      const t = performance.now();
      const client = await start(name);
      const request = {
        code: code(name, "trivial"),
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      };
      const reply = await client.request("shell", "execute_request", request, 20_000).catch((error) => {
        if (name === "proband") throw error;
        console.log(`${name} did not answer at its start (${String(error.message).split("\n")[0]})`);
      });
      if (reply?.content.status === "ok") times[name].push(performance.now() - t);
      await client.stop();
    }
  say(
    "start → first result",
    Object.fromEntries(Object.entries(times).map(([k, v]) => [k, median(v)])),
    "ms",
    "deno",
    1,
  );
}

// Warm trivial cell, request to idle and reply; kernels alternate in blocks.
{
  const open = Object.fromEntries(
    await Promise.all(Object.keys(kernels).map(async (k) => [k, await opened(k)])),
  );
  const times = Object.fromEntries(Object.keys(kernels).map((k) => [k, []]));
  for (const k of Object.keys(open)) for (let i = 0; i < 30; i++) await open[k].execute(code(k, "trivial"));
  await sleep(3000); // the type service of ours starts behind the first cells
  for (let block = 0; block < rounds; block++)
    for (const k of Object.keys(open))
      for (let i = 0; i < (k === "tslab" ? 5 : 40); i++) {
        open[k].received.length = 0;
        const t = performance.now();
        await open[k].execute(code(k, "trivial"));
        times[k].push(performance.now() - t);
      }
  say("warm trivial cell", Object.fromEntries(Object.entries(times).map(([k, v]) => [k, median(v)])), "ms", "deno", 1);

  const growth = {};
  for (const k of Object.keys(open)) {
    if (k === "tslab") continue;
    const list = [];
    for (let i = 0; i < 220; i++) {
      open[k].received.length = 0;
      const t = performance.now();
      await open[k].execute(code(k, "declare")(i));
      list.push(performance.now() - t);
    }
    growth[k] = median(list.slice(-10)) / median(list.slice(0, 10));
  }
  say("declarations: cells 211–220 ÷ cells 1–10", growth, "×", undefined, 1.5);
  for (const c of Object.values(open)) await c.stop();
}

// 20,000 printed lines to idle, and how many had arrived by then.
{
  const values = {};
  const arrived = {};
  for (const k of Object.keys(kernels)) {
    if (k === "tslab") continue;
    const client = await opened(k);
    await client.execute(code(k, "print")(100));
    const list = [];
    for (let r = 0; r < 3; r++) {
      client.received.length = 0;
      const t = performance.now();
      const { stdout } = await client.execute(code(k, "print")(20000), { timeout: 60_000 });
      list.push(performance.now() - t);
      arrived[k] = stdout.split("\n").length - 1;
    }
    values[k] = median(list);
    await client.stop();
  }
  say("20,000 lines printed", values, "ms", "ipykernel", 1);
  say("… lines before idle", arrived, "lines");
  say("… lines of ours missing before idle", { proband: 20000 - arrived.proband }, "lines", undefined, 0);
}

// 5,000 lines through nbclient, which drops what comes after idle.
if (python && spawnSync(python, ["-c", "import nbclient"]).status === 0) {
  const prefix = mkdtempSync(join(tmpdir(), "proband-bench-nbclient-"));
  spawnSync(process.execPath, [
    join(root, "dist", "cli", "main.js"),
    "install",
    "--no-labextension",
    "--prefix",
    prefix,
  ]);
  const script = `
import sys, time, nbformat
from nbclient import NotebookClient
nb = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(c) for c in sys.argv[2:]])
client = NotebookClient(nb, kernel_name=sys.argv[1], timeout=120)
with client.setup_kernel():
    client.execute_cell(nb.cells[0], 0)
    t = time.time(); client.execute_cell(nb.cells[1], 1)
    print(sum(o["text"].count("\\n") for o in nb.cells[1].outputs), (time.time() - t) * 1000)`;
  const run = (kernel, ...cells) =>
    spawnSync(python, ["-c", script, kernel, ...cells], {
      encoding: "utf8",
      env: { ...process.env, JUPYTER_PATH: join(prefix, "share", "jupyter"), PROBAND_HISTORY: "" },
    })
      .stdout.trim()
      .split(" ")
      .map(Number);
  const [lines, time] = run("proband", "1", cells.print(5000));
  const [, theirs] = run("python3", "1", kernels.ipykernel.print(5000));
  say("5,000 lines through nbclient", { proband: time, ipykernel: theirs }, "ms");
  say("… lines missing", { proband: 5000 - lines }, "lines", undefined, 0);
  rmSync(prefix, { recursive: true, force: true });
}

// 5 MB display.
{
  const values = {};
  for (const k of Object.keys(kernels)) {
    if (k !== "proband" && k !== "ipykernel") continue;
    const client = await opened(k);
    const show = kernels[k].megabytes ?? `import { display as d5 } from "tslab"; d5.html("x".repeat(5_000_000))`;
    await client.execute(show);
    const list = [];
    for (let r = 0; r < 5; r++) {
      client.received.length = 0;
      const t = performance.now();
      await client.execute(show);
      list.push(performance.now() - t);
    }
    values[k] = median(list);
    await client.stop();
  }
  say("5 MB display", values, "ms", undefined, 60);
}

// Interrupts and answers while busy.
{
  const folder = mkdtempSync(join(tmpdir(), "proband-bench-"));
  writeFileSync(join(folder, "spin.ts"), "export function spin(): void { let i = 0; for (;;) i++; }");
  const client = await (await start("proband", { cwd: folder })).ready();
  await client.execute("let kept = 1; import { spin } from './spin.ts'");
  const busy = {
    "while (true) {}": "while (true) {}",
    "pending await": "await new Promise(() => {})",
    "await null; while (true) {}": "await null; while (true) {}",
    "loop in an imported module": "spin()",
    "blocked Atomics.wait": "Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)",
  };
  for (const [name, source] of Object.entries(busy)) {
    const list = [];
    for (let r = 0; r < rounds; r++) {
      // Only a cell that has begun can be interrupted: shell and control are different sockets.
      client.received.length = 0;
      const cell = client.execute(source);
      await client.until((m) => m.header.msg_type === "execute_input");
      await sleep(150);
      const t = performance.now();
      client.send("control", "interrupt_request", {});
      await cell;
      list.push(performance.now() - t);
      if ((await client.execute("kept")).result !== "1") throw new Error("the interrupt lost the session's state");
    }
    say(`interrupt: ${name}`, { proband: median(list), worst: Math.max(...list) }, "ms", undefined, 50);
  }
  await client.execute(
    `const subject = { alpha: 1 }; globalThis[Symbol.for("proband.comm")].registerTarget("busy", (c) => c.onMessage((m) => c.send(m.data), { whileBusy: true }), { whileBusy: true })`,
  );
  client.send("shell", "comm_open", { comm_id: "b", target_name: "busy", data: {} });
  await client.request("shell", "complete_request", { code: "subject.", cursor_pos: 8 });
  await sleep(1500);
  const cell = client.execute("while (true) {}", { timeout: 60_000 });
  await sleep(200);
  const times = { control: [], completion: [], comm: [] };
  for (let r = 0; r < 20; r++) {
    let t = performance.now();
    await client.request("control", "kernel_info_request", {});
    times.control.push(performance.now() - t);
    t = performance.now();
    await client.request("shell", "complete_request", { code: "subject.al", cursor_pos: 10 });
    times.completion.push(performance.now() - t);
    t = performance.now();
    const id = client.send("shell", "comm_msg", { comm_id: "b", data: { r } });
    await client.until((m) => m.header.msg_type === "comm_msg" && m.parent.msg_id === id);
    times.comm.push(performance.now() - t);
  }
  client.send("control", "interrupt_request", {});
  await cell;
  for (const [k, v] of Object.entries(times))
    say(`while busy: ${k} reply`, { proband: median(v), worst: Math.max(...v) }, "ms", undefined, 30);
  await client.stop();
}

// Types: what a cell that is fine costs more with them (warn, the default) than without.
{
  const medians = {};
  for (const mode of ["off", "warn"]) {
    const client = await (await Client.start({ env: { PROBAND_TYPECHECK: mode } })).ready();
    for (let i = 0; i < 20; i++) await client.execute(`const w${i}: number[] = [${i}]; w${i}.map((x) => x + 1)`);
    await sleep(3000);
    const list = [];
    for (let i = 0; i < 100; i++) {
      const t = performance.now();
      await client.execute(`const z${i}: number[] = [${i}]; z${i}.map((x) => x + 1)`);
      list.push(performance.now() - t);
    }
    medians[mode] = median(list);
    await client.stop();
  }
  say(
    "a typed cell that is fine",
    { proband: medians.warn, "types off": medians.off, "more by": medians.warn - medians.off },
    "ms",
    undefined,
    5,
    medians.warn - medians.off,
  );
}

// Memory and abuse.
if (process.platform === "linux") {
  const client = await (await Client.start()).ready();
  const before = rss(client.process.pid);
  await client.execute("1+1");
  say(
    "RSS before first use of types",
    { proband: rss(client.process.pid), "before any cell": before },
    "MB",
    undefined,
    110,
  );
  for (let i = 0; i < 300; i++) await client.execute("1+1");
  const warm = rss(client.process.pid);
  for (let i = 0; i < 2000; i++) {
    client.received.length = 0;
    await client.execute("1+1");
  }
  say("RSS growth over 2,000 trivial cells", { proband: rss(client.process.pid) - warm }, "MB", undefined, 20);
  await client.stop();

  const fuzzed = await (await Client.start()).ready();
  const count = quick ? 4000 : 20_000;
  const feed = async (n, seed) => {
    let sent = 0;
    for (const m of mutate(n, seed, fuzzed)) {
      fuzzed.sendFrames(m.channel, m.frames);
      if (++sent % 200 === 0) {
        await fuzzed.request("control", "kernel_info_request", {}, 60_000);
        await fuzzed.request("control", "interrupt_request", {}, 60_000);
        fuzzed.received.length = 0;
      }
    }
  };
  const answers = async () => {
    for (let i = 0; i < 50; i++) if ((await fuzzed.execute("6 * 7", { timeout: 60_000 })).result === "42") return true;
    return false;
  };
  await feed(2000, 99);
  await answers();
  const settled = rss(fuzzed.process.pid);
  await feed(count, 7);
  const alive = await answers();
  const grown = rss(fuzzed.process.pid) - settled;
  await feed(count, 8);
  const again = rss(fuzzed.process.pid) - settled - grown;
  say(
    `${count.toLocaleString("en")} mutated messages: growth`,
    { proband: grown, "by as many more": again, alive: String(alive && (await answers())) },
    "MB",
    undefined,
    30,
    Math.max(again, alive ? 0 : Infinity),
  );
  await fuzzed.stop();

  if (!quick) {
    const big = await (await Client.start()).ready();
    const t = performance.now();
    const { result, error } = await big.execute(`"${"x".repeat(200e6)}".length`, { timeout: 300_000 });
    const control = await big.execute("6 * 7", { timeout: 60_000 });
    say(
      "a cell of 200 MB",
      { proband: performance.now() - t, answer: result ?? error?.evalue.slice(0, 80), "next cell": control.result },
      "ms",
    );
    await big.stop();
  }
}

mkdirSync(join(root, "build", "bench"), { recursive: true });
writeFileSync(join(root, "build", "bench", "kernel.json"), `${JSON.stringify(results, null, 2)}\n`);
