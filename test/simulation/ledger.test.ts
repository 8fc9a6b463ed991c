/** The ledger: torn tails, damaged lines, other studies, other processes, merging. */
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, existsSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { FileIndex } from "#src/simulation/node/file-index.js";
import { fileStore, memoryStore, openLedger, type LedgerEntry } from "#src/simulation/node/index.js";
import { inspectLedger, mergeLedger } from "#src/simulation/ledger/maintain.js";
import { IndexTable } from "#src/simulation/ledger/index-table.js";

let folder: string;
before(async () => void (folder = await mkdtemp(join(tmpdir(), "ledger-"))));
after(() => rm(folder, { recursive: true }));

const study = { name: "test", version: "1" };
const key = (i: number) => i.toString(16).padStart(8, "0").repeat(4);
const entry = (i: number, more: Partial<LedgerEntry> = {}): LedgerEntry => ({
  key: key(i),
  item: "vote",
  person: String(i),
  draw: 0,
  attempt: 0,
  order: [1, 0],
  seed: 7,
  reply: { logprobs: [-0.1, -2.5] },
  value: i % 2,
  tokens: [100, 1],
  costUSD: 0.001,
  elicitation: "logprobs",
  model: "m",
  fingerprint: "f",
  template: "plain@1:abc",
  time: "2026-01-01T00:00:00.000Z",
  ...more,
});

let files = 0;
async function written(n: number): Promise<string> {
  const path = join(folder, `${++files}.jsonl`);
  const ledger = await openLedger(fileStore(path), study);
  for (let i = 1; i <= n; i++) ledger.add(entry(i));
  await ledger.close();
  return path;
}

test("what was added is found again, in this process and the next", async () => {
  const path = await written(500);
  const ledger = await openLedger(fileStore(path), study);
  assert.equal(ledger.size, 500);
  assert.deepEqual(ledger.get(key(123)), entry(123));
  assert.equal(ledger.get(key(501)), undefined);
  await ledger.close();
});

test("text of any script survives", async () => {
  const path = join(folder, "script.jsonl");
  const content = 'ja, „vielleicht“ — 也许\n"so" \\ 🙂';
  const ledger = await openLedger(fileStore(path), study);
  ledger.add(entry(1));
  ledger.add(entry(2, { reply: { content } }));
  ledger.add(entry(3));
  assert.equal(ledger.get(key(2))!.reply.content, content);
  await ledger.close();
  const again = await openLedger(fileStore(path), study);
  assert.equal(again.get(key(2))!.reply.content, content);
  assert.deepEqual(again.get(key(3)), entry(3));
  await again.close();
});

test("a line torn by a crash is dropped at any byte, and the ones before stay", async () => {
  const path = await written(3);
  const whole = readFileSync(path);
  const last = whole.lastIndexOf(10, whole.length - 2) + 1;
  for (let cut = last; cut < whole.length; cut += 17) {
    writeFileSync(path, whole.subarray(0, cut));
    const ledger = await openLedger(fileStore(path), study);
    assert.equal(ledger.size, 2);
    assert.equal(ledger.corrupt.length, 0);
    ledger.add(entry(3));
    await ledger.close();
    assert.deepEqual(readFileSync(path), whole);
  }
});

test("a damaged line in the middle is reported by its number and its answer asked again", async () => {
  const path = await written(5);
  const lines = readFileSync(path, "utf8").split("\n");
  lines[3] = lines[3]!.replace('"value":1', '"value":0');
  lines[4] = lines[4]!.slice(0, 40);
  writeFileSync(path, lines.join("\n"));
  const ledger = await openLedger(fileStore(path), study);
  assert.deepEqual(ledger.corrupt, [4, 5], "a changed value does not pass its checksum");
  assert.equal(ledger.get(key(3)), undefined);
  assert.deepEqual(ledger.get(key(5)), entry(5));
  await ledger.close();
  const { problems, answers } = await inspectLedger(fileStore(path, { readOnly: true }));
  assert.deepEqual(
    problems.map((p) => p.line),
    [4, 5],
  );
  assert.equal(answers, 3);
});

test("a line damaged while the ledger is open counts too", async () => {
  const path = await written(3);
  const ledger = await openLedger(fileStore(path), study);
  writeFileSync(path, readFileSync(path, "utf8").replace('"person":"2"', '"person":"9"'));
  assert.equal(ledger.get(key(2)), undefined);
  assert.deepEqual(ledger.get(key(3)), entry(3));
  assert.deepEqual(ledger.corrupt, [3]);
  await ledger.close();
});

test("a ledger of another study, another version, or no ledger is refused and left as it is", async () => {
  const path = await written(1);
  const before = readFileSync(path);
  await assert.rejects(
    openLedger(fileStore(path), { name: "other", version: "1" }),
    /answers of study test version 1, not of other/,
  );
  await assert.rejects(openLedger(fileStore(path), { name: "test", version: "2" }), /not of test version 2/);
  assert.deepEqual(readFileSync(path), before);
  const notes = join(folder, "notes.jsonl");
  writeFileSync(notes, "hello\n");
  await assert.rejects(openLedger(fileStore(notes), study), /not a Proband ledger/);
});

const storeModule = fileURLToPath(new URL("../../../dist/simulation/node/file-store.js", import.meta.url));

describe("two writers", () => {
  const hold = (path: string) => `
    import { fileStore } from ${JSON.stringify(storeModule)};
    const s = fileStore(${JSON.stringify(path)});
    s.append("x");
    console.log("held");
    setInterval(() => {}, 1000);`;

  test("a second process is told who writes; a lock left by a killed one is taken over", async () => {
    const path = await written(1);
    const holder = spawn(process.execPath, ["--input-type=module", "-e", hold(path)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    assert.throws(() => fileStore(path), new RegExp(`being written by process ${holder.pid}`));
    fileStore(path, { readOnly: true });
    holder.kill("SIGKILL");
    await new Promise((resolve) => holder.once("close", resolve));
    await fileStore(path).close();
    assert.ok(!existsSync(`${path}.lock`));
  });

  test("many processes at once take turns or are refused, and no line is mixed", async () => {
    const path = join(folder, "race.jsonl");
    writeFileSync(
      `${path}.lock`,
      JSON.stringify({ pid: 2 ** 22 + 1, host: (await import("node:os")).hostname(), since: "long ago" }),
    );
    const write = `
      import { fileStore } from ${JSON.stringify(storeModule)};
      try {
        const s = fileStore(${JSON.stringify(path)});
        for (let i = 0; i < 200; i++) s.append(process.pid + " " + "x".repeat(500));
        await s.close();
        console.log("wrote");
      } catch (error) { if (!/being written/.test(error.message)) throw error; console.log("refused"); }`;
    const runs = await Promise.all(
      Array.from(
        { length: 6 },
        () =>
          new Promise<string>((resolve, reject) => {
            const child = spawn(process.execPath, ["--input-type=module", "-e", write]);
            let out = "";
            child.stdout.on("data", (d) => (out += d));
            child.stderr.on("data", (d) => (out += d));
            child.on("close", (code) => (code ? reject(new Error(out)) : resolve(out.trim())));
          }),
      ),
    );
    const wrote = runs.filter((r) => r === "wrote").length;
    assert.ok(wrote >= 1);
    const lines = readFileSync(path, "utf8").trim().split("\n");
    assert.equal(lines.length, wrote * 200);
    // Each writer's lines stand together: nobody else wrote in between.
    assert.equal(lines.filter((l, i) => i && l.split(" ")[0] !== lines[i - 1]!.split(" ")[0]).length, wrote - 1);
  });
});

test(
  "a disk that fills is an error that says so, and what was recorded stays whole",
  { skip: process.platform === "win32" },
  () => {
    // A limit on the file's size stands for the end of the disk: writing fails in the same call, in the middle of a line.
    const path = join(folder, "full.jsonl");
    const script = `
    import { fileStore } from ${JSON.stringify(storeModule)};
    const s = fileStore(${JSON.stringify(path)});
    let n = 0;
    try { for (;; n++) s.append(n + "x".repeat(700)); }
    catch (error) { console.log(n + " " + error.message); }`;
    const limited = 'trap "" XFSZ; ulimit -f 16; exec "$0" --input-type=module -e "$1"';
    const out = execFileSync("bash", ["-c", limited, process.execPath, script], { encoding: "utf8" });
    const [, n] = /^(\d+) .*cannot be written.*make room and run again/.exec(out)!;
    const lines = readFileSync(path, "utf8").split("\n");
    assert.equal(lines.pop(), "", "no half line is left");
    assert.equal(lines.length, Number(n));
    assert.ok(lines.every((line) => line.length > 700));
  },
);

test("answers on their way when the disk fills are recorded in the room kept for them", () => {
  // Writing fails beyond 100 kB for as long as the reserve is there, as on a disk that it has filled.
  const path = join(folder, "reserved.jsonl");
  const script = `
    import fs, { existsSync, fstatSync } from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    const { writeSync } = fs;
    fs.writeSync = (fd, bytes, from, length) => {
      if (length < 10_000 && existsSync(${JSON.stringify(`${path}.reserve`)}) && fstatSync(fd).size + length > 100_000)
        throw Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" });
      return writeSync(fd, bytes, from, length);
    };
    syncBuiltinESMExports();
    const { fileStore } = await import(${JSON.stringify(storeModule)});
    const s = fileStore(${JSON.stringify(path)});
    let n = 0;
    try { for (;; n++) s.append(n + "x".repeat(700)); }
    catch (error) { console.log(n + " " + error.message); }
    for (let i = 1; i <= 5; i++) s.append(n + i + "x".repeat(700));
    await s.close();`;
  const out = execFileSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  const [, n] = /^(\d+) .*ENOSPC.*make room and run again/.exec(out)!;
  const lines = readFileSync(path, "utf8").trimEnd().split("\n");
  assert.deepEqual(
    lines.map((line) => Number(line.replace(/x+$/, ""))),
    Array.from({ length: Number(n) + 6 }, (_, i) => i),
  );
  assert.ok(!existsSync(`${path}.reserve`));
});

test("merging copies what is missing, once, and never another study's", async () => {
  const [a, b] = [await written(10), await written(15)];
  const target = fileStore(a);
  const first = await mergeLedger(target, fileStore(b, { readOnly: true }));
  const second = await mergeLedger(target, fileStore(b, { readOnly: true }));
  await target.close();
  assert.deepEqual([first.copied, first.known, second.copied], [5, 10, 0]);
  const ledger = await openLedger(fileStore(a), study);
  assert.deepEqual(ledger.get(key(15)), entry(15));
  await ledger.close();
  const other = memoryStore();
  await openLedger(other, { name: "other", version: "1" });
  const store = fileStore(a);
  await assert.rejects(mergeLedger(store, other), /study other/);
  await store.close();
});

test("proband ledger lists, verifies, exports and merges", async () => {
  const path = await written(4);
  const cli = fileURLToPath(new URL("../../../dist/cli/main.js", import.meta.url));
  const run = (...args: string[]) =>
    execFileSync(process.execPath, [cli, "ledger", ...args], { encoding: "utf8", stdio: "pipe" });
  assert.match(run("verify", path), /4 answers of test, all whole/);
  const csv = run("export", path).trim().split("\n");
  assert.equal(csv.length, 5);
  assert.match(csv[1]!, /^1,vote,0,0,1,,1 0,logprobs,m/);
  assert.match(run("merge", join(folder, "merged.jsonl"), path), /4 answers copied, 0 already there/);
  const listed = run("list", folder);
  assert.match(listed, /merged\.jsonl +test +4/);
  assert.match(listed, /notes\.jsonl: .*not a Proband ledger/);
  appendFileSync(path, "nonsense\n");
  assert.throws(() => run("verify", path), /line 6 is damaged/);
});

const hex = (i: number) => createHash("sha256").update(String(i)).digest("hex").slice(0, 32);

test("the index in memory finds each of 50,000 keys and no other", () => {
  const table = new IndexTable();
  for (let i = 0; i < 50_000; i++) table.set(hex(i), i * 100, i);
  for (let i = 0; i < 50_000; i += 7) assert.deepEqual(table.get(hex(i)), { offset: i * 100, length: i });
  assert.equal(table.get(hex(50_001)), undefined);
  assert.equal(table.size, 50_000);
});

describe("the index in a file", () => {
  test("finds what a Map finds, over many pages, also keys set twice and places beyond 4 GB", () => {
    const index = new FileIndex(join(folder, "index"), 1000);
    const known = new Map<string, { offset: number; length: number }>();
    for (let i = 0; i < 30_000; i++) {
      const place = { offset: 1 + i * 1e6, length: i % 3000 };
      const key = hex(i % 7 ? i : i >> 1);
      index.set(key, place.offset, place.length);
      known.set(key, place);
    }
    for (const [key, place] of known) assert.deepEqual(index.get(key), place);
    for (let i = 40_000; i < 41_000; i++) assert.equal(index.get(hex(i)), undefined);
    assert.equal(index.size, known.size);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.startsWith("index")),
      [],
      "the file has no name: a killed process leaves nothing",
    );
    index.close();
  });

  test("holds keys that all belong to one page", () => {
    const index = new FileIndex(join(folder, "uneven"), 100);
    const uneven = (i: number) => `${(i * 256).toString(16).padStart(8, "0")}00000000${"0".repeat(16)}`;
    for (let i = 0; i < 1000; i++) index.set(uneven(i), i + 1, 1);
    for (let i = 0; i < 1000; i++) assert.equal(index.get(uneven(i))!.offset, i + 1);
    index.close();
  });

  test("answers longer than its length field are read whole", async () => {
    const path = join(folder, "long.jsonl");
    const store = fileStore(path);
    const ledger = await openLedger({ ...store, index: () => new FileIndex(path, 2) }, study);
    const long = entry(1, { reply: { content: "ä".repeat(100_000) } });
    for (const e of [long, entry(2), entry(3)]) ledger.add(e);
    assert.deepEqual(ledger.get(key(1)), long);
    assert.deepEqual(ledger.get(key(3)), entry(3));
    await ledger.close();
  });
});
