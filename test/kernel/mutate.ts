/** Messages with random faults, from a seed: bits of valid ones cut, swapped, repeated, retyped, badly signed. */
import type { Client } from "./client.js";

const types = [
  "execute_request",
  "complete_request",
  "inspect_request",
  "is_complete_request",
  "history_request",
  "comm_info_request",
  "comm_open",
  "comm_msg",
  "comm_close",
  "kernel_info_request",
  "connect_request",
  "debug_request",
  "create_subshell_request",
  "nonsense_request",
  "execute_reply",
  "status",
  "",
];
const codes = [
  "1 + 1",
  "let a = {",
  "throw 1",
  "",
  "await null",
  "x.y.z",
  "console.log('m')",
  "import 'nope'",
  "\u0000",
  "😀",
  "}{",
  "function f() { return f }",
];
const odd: unknown[] = [null, true, -1, 1e308, "", "x", [], {}, [[[]]], { toString: 1 }, "__proto__"];

function* randomNumbers(seed: number): Generator<number> {
  let a = seed >>> 0;
  for (;;) {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), a | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    yield ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
}

export interface Mutated {
  channel: "shell" | "control" | "stdin";
  frames: (string | Uint8Array)[];
}

export function* mutate(count: number, seed: number, client: Client): Generator<Mutated> {
  const source = randomNumbers(seed);
  const random = () => source.next().value as number;
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!;
  for (let i = 0; i < count; i++) {
    const header: Record<string, unknown> = {
      msg_id: `m${seed}-${i}`,
      session: "fuzz",
      username: "u",
      date: new Date().toISOString(),
      msg_type: pick(types),
      version: "5.5",
    };
    const content: Record<string, unknown> = {
      code: pick(codes),
      cursor_pos: Math.floor(random() * 20) - 5,
      silent: random() < 0.5,
      comm_id: `c${Math.floor(random() * 5)}`,
      target_name: "t",
      data: {},
      hist_access_type: pick(["tail", "range", "search", "x"]),
      n: 3,
      pattern: "*",
      command: pick(["initialize", "dumpCell", "x"]),
      seq: i,
      arguments: {},
    };
    for (const target of [header, content])
      if (random() < 0.5) {
        const key = pick(Object.keys(target));
        if (random() < 0.3) delete target[key];
        else target[key] = pick(odd);
      }
    let parts = [header, {}, {}, content].map((p) => Buffer.from(JSON.stringify(p)));
    if (random() < 0.3) {
      const p = pick(parts);
      for (let k = 0; k < 3 && p.length; k++) p[Math.floor(random() * p.length)] = Math.floor(random() * 256);
    }
    if (random() < 0.1) parts = parts.slice(0, Math.floor(random() * 4));
    if (random() < 0.1) parts.push(Buffer.from("extra"));
    const signature = random() < 0.8 ? client.sign(parts.slice(0, 4)) : pick(["", "abc", "0".repeat(64)]);
    const frames: (string | Uint8Array)[] = ["<IDS|MSG>", signature, ...parts];
    if (random() < 0.05) frames.splice(Math.floor(random() * frames.length), 1);
    // Shutting down is a valid request; everything else is fair.
    if (parts.some((p) => p.includes("shutdown"))) continue;
    yield { channel: pick(["shell", "shell", "control", "stdin"] as const), frames };
  }
}
