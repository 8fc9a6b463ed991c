/** A kernel of one's own and the client's end of Jupyter's protocol to it, for headless runs. */
import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes, randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { Dealer, Subscriber } from "zeromq";
import { createWire, type Message, type Wire } from "../kernel/protocol/wire.js";
import { kernelCommand } from "../kernel/kernelspec.js";
import { freePorts } from "./free-ports.js";

export interface KernelClient {
  /** Sends a request; `onOutput` sees each iopub message of it. Resolves with the reply's content after idle. */
  request(
    type: string,
    content: object,
    onOutput?: (message: Message) => void,
    channel?: "shell" | "control",
  ): Promise<Record<string, any>>;
  /** Sends a message that has no reply; resolves after idle. */
  tell(type: string, content: object, onOutput?: (message: Message) => void): Promise<void>;
  interrupt(): Promise<void>;
  stop(): Promise<void>;
  /** Sees iopub messages that belong to no open request (background output). */
  onStray(listener: (message: Message) => void): void;
}

interface Open {
  reply?: Record<string, any>;
  idle: boolean;
  needsReply: boolean;
  onOutput: ((message: Message) => void) | undefined;
  resolve(content: Record<string, any>): void;
  reject(error: Error): void;
}

const channelNames = ["shell", "control", "stdin", "iopub", "hb"] as const;

interface StartOptions {
  env?: NodeJS.ProcessEnv;
  memory?: number;
}

/** Starts a kernel whose working folder is `folder` and waits until it answers. */
export async function startKernel(folder: string, options: StartOptions = {}): Promise<KernelClient> {
  // A port that was free may be taken, by another run beside this one, before the kernel opens it.
  for (let attempt = 1; ; attempt++)
    try {
      return await startOnce(folder, options);
    } catch (error) {
      if (attempt === 5 || !/port \d+ of .* cannot be opened/.test((error as Error).message)) throw error;
    }
}

async function startOnce(folder: string, options: StartOptions): Promise<KernelClient> {
  const runtime = mkdtempSync(join(tmpdir(), "proband-run-"));
  const ports = await freePorts(channelNames.length);
  const connection = {
    transport: "tcp",
    ip: "127.0.0.1",
    key: randomBytes(24).toString("hex"),
    signature_scheme: "hmac-sha256",
    kernel_name: "proband",
    ...Object.fromEntries(channelNames.map((n, i) => [`${n}_port`, ports[i]])),
  } as Record<string, any>;
  const file = join(runtime, "connection.json");
  writeFileSync(file, JSON.stringify(connection), { mode: 0o600 });
  const [node, ...args] = kernelCommand({ ...(options.memory ? { memory: options.memory } : {}) });
  const child = spawn(
    node!,
    args.map((a) => a.replace("{connection_file}", file)),
    {
      cwd: folder,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", "ignore", "pipe"],
    },
  );
  let said = "";
  /** What the process said at its end; V8's own report of full memory buries that in native frames. */
  const why = (text: string): string => {
    if (/heap out of memory|OOMErrorHandler|javascript OOM/.test(text))
      return ": it ran out of memory. Give it more, in megabytes, with --memory 8192";
    const last = lastWords(text.replace(/^Waiting for the debugger to disconnect\.\.\.$/gm, "").trim());
    return last ? `\n${last}` : "";
  };
  child.stderr!.on("data", (d: Buffer) => (said = (said + d).slice(-20_000)));
  const wire = createWire(connection.key);
  const open = new Map<string, Open>();
  const stray = new Set<(message: Message) => void>();
  const sockets = connect(connection);
  const settle = (id: string, o: Open) => {
    if (!o.idle || (o.needsReply && !o.reply)) return;
    open.delete(id);
    o.resolve(o.reply ?? {});
  };
  const failAll = (error: Error) => {
    for (const o of open.values()) o.reject(error);
    open.clear();
  };
  let ended: Error | undefined;
  child.on("exit", async (code, signal) => {
    // What it said last may still be in the pipe, which a process that a cell started can keep open.
    if (!child.stderr!.readableEnded)
      await Promise.race([once(child, "close"), setTimeout(500, undefined, { ref: false })]);
    ended = new Error(`the kernel's process ended (${signal ?? `exit code ${code}`})${why(said)}`);
    failAll(ended);
  });
  child.on("error", (error) => failAll((ended = new Error(`the kernel could not be started: ${error.message}`))));
  const read = async (socket: AsyncIterable<Uint8Array[]>, isOutput: boolean) => {
    for await (const frames of socket) {
      const message = wire.parse(frames);
      const id = message.parent.msg_id ?? "";
      const o = open.get(id);
      if (!o) {
        if (isOutput && message.header.msg_type !== "status") for (const s of stray) s(message);
        continue;
      }
      if (!isOutput) o.reply = message.content;
      else if (message.header.msg_type === "status") o.idle ||= message.content.execution_state === "idle";
      else o.onOutput?.(message);
      settle(id, o);
    }
  };
  for (const name of ["shell", "control", "iopub"] as const)
    read(sockets[name] as never, name === "iopub").catch(() => undefined);

  const send = (
    channel: "shell" | "control",
    type: string,
    content: object,
    needsReply: boolean,
    onOutput?: (m: Message) => void,
  ) =>
    new Promise<Record<string, any>>((resolve, reject) => {
      if (ended) return reject(ended);
      const { frames, id } = outgoing(wire, type, content);
      open.set(id, { idle: false, needsReply, onOutput, resolve, reject });
      sockets[channel].send(frames as never).catch(reject);
    });
  const client: KernelClient = {
    request: (type, content, onOutput, channel = "shell") => send(channel, type, content, true, onOutput),
    tell: async (type, content, onOutput) => void (await send("shell", type, content, false, onOutput)),
    interrupt: async () => void (await send("control", "interrupt_request", {}, true)),
    onStray: (listener) => void stray.add(listener),
    async stop() {
      await end(child, () => void send("control", "shutdown_request", { restart: false }, true).catch(() => undefined));
      for (const s of Object.values(sockets)) s.close();
      rmSync(runtime, { recursive: true, force: true });
    },
  };
  try {
    await greet(client, () => lastWords(said));
  } catch (error) {
    // Open sockets would keep this process alive for ever.
    await client.stop();
    throw error;
  }
  return client;
}

function connect(connection: Record<string, any>) {
  const unlimited = { receiveHighWaterMark: 0, sendHighWaterMark: 0, sendTimeout: 0, linger: 0 };
  const routingId = randomUUID();
  const sockets = {
    shell: new Dealer({ ...unlimited, routingId }),
    control: new Dealer({ ...unlimited, routingId }),
    iopub: new Subscriber({ receiveHighWaterMark: 0, linger: 0 }),
  };
  sockets.iopub.subscribe();
  for (const [name, socket] of Object.entries(sockets)) socket.connect(`tcp://127.0.0.1:${connection[`${name}_port`]}`);
  return sockets;
}

function outgoing(wire: Wire, type: string, content: object) {
  const frames = wire.frames(type, content, undefined);
  const header = JSON.parse(String(frames[2])) as { msg_id: string };
  return { frames, id: header.msg_id };
}

/** Asks until iopub is known to be connected: a status for our own request came back. */
async function greet(client: KernelClient, lastWords: () => string): Promise<void> {
  const until = Date.now() + 60_000;
  for (;;) {
    const answered = client.request("kernel_info_request", {}).then(
      () => true,
      (error: Error) => error,
    );
    const result = await Promise.race([answered, setTimeout(300, false as const)]);
    if (result === true) return;
    if (result instanceof Error) throw result;
    if (Date.now() > until) throw new Error(`the kernel did not answer within 60 seconds\n${lastWords()}`);
  }
}

async function end(child: ChildProcess, ask: () => void): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  ask();
  await Promise.race([gone, setTimeout(2000, undefined, { ref: false })]);
  child.kill("SIGKILL");
  await gone;
}

const lastWords = (text: string) => text.trim().split("\n").slice(-12).join("\n");
