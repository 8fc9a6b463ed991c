/** A small Jupyter client over ZeroMQ, for the tests: starts a kernel, sends requests, collects what comes back. */
import { spawn, type ChildProcess } from "node:child_process";
import { createHmac, randomUUID } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { Dealer, Request, Subscriber } from "zeromq";
import { freePorts } from "#src/notebook/free-ports.js";

export interface Received {
  channel: "iopub" | "shell" | "control" | "stdin";
  header: { msg_id: string; msg_type: string; [key: string]: unknown };
  parent: { msg_id?: string };
  metadata: Record<string, any>;
  content: Record<string, any>;
  buffers: Uint8Array[];
  at: number;
}

export interface Executed {
  reply: Record<string, any>;
  /** iopub messages of the cell in order, idle included. */
  messages: Received[];
  /** Standard output and error, joined. */
  stdout: string;
  stderr: string;
  /** text/plain of the execute_result. */
  result: string | undefined;
  data: Record<string, any> | undefined;
  error: { ename: string; evalue: string; traceback: string[] } | undefined;
}

const root = fileURLToPath(new URL("../../../", import.meta.url));
export const kernelMain = join(root, "dist", "bundle", "kernel", "main.cjs");
export const kernelFlags = ["--no-force-async-hooks-checks", "--experimental-import-meta-resolve", "--no-warnings"];

export class Client {
  readonly received: Received[] = [];
  readonly session = randomUUID();
  stderr = "";
  exited: number | null | undefined;
  private waiting: { test: (m: Received) => boolean; resolve: (m: Received) => void; timer: NodeJS.Timeout }[] = [];
  answer: ((prompt: string, password: boolean) => string | undefined) | undefined;
  private constructor(
    readonly process: ChildProcess,
    readonly connection: Record<string, any>,
    readonly connectionFile: string,
    readonly folder: string,
    readonly sockets: { shell: Dealer; control: Dealer; stdin: Dealer; iopub: Subscriber; hb: Request },
  ) {}

  static async start(
    options: {
      cwd?: string;
      env?: Record<string, string>;
      command?: string[];
      connection?: Record<string, any>;
      folder?: string;
    } = {},
  ): Promise<Client> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "proband-kernel-"));
    const names = ["shell", "control", "stdin", "iopub", "hb"] as const;
    const ports = await freePorts(5);
    const connection: Record<string, any> = options.connection ?? {
      transport: "tcp",
      ip: "127.0.0.1",
      key: randomUUID(),
      signature_scheme: "hmac-sha256",
      kernel_name: "proband",
      ...Object.fromEntries(names.map((n, i) => [`${n}_port`, ports[i]])),
    };
    const file = join(folder, "connection.json");
    writeFileSync(file, JSON.stringify(connection));
    const command = (options.command ?? [process.execPath, ...kernelFlags, kernelMain, "{connection_file}"]).map((a) =>
      a.replace("{connection_file}", file),
    );
    const child = spawn(command[0]!, command.slice(1), {
      cwd: options.cwd ?? folder,
      env: { ...process.env, PROBAND_HISTORY: join(folder, "history.jsonl"), ...options.env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    const identity = randomUUID();
    // ZeroMQ's own 100 ms between attempts to connect would be most of what a start takes.
    const soon = { reconnectInterval: 5 };
    const unlimited = { ...soon, receiveHighWaterMark: 0, sendHighWaterMark: 0, sendTimeout: 0, linger: 0 };
    const sockets = {
      shell: new Dealer({ ...unlimited, routingId: identity }),
      control: new Dealer({ ...unlimited, routingId: identity }),
      stdin: new Dealer({ ...unlimited, routingId: identity }),
      iopub: new Subscriber({ ...soon, receiveHighWaterMark: 0, linger: 0 }),
      hb: new Request({ ...soon, linger: 0, receiveTimeout: 2000 }),
    };
    const client = new Client(child, connection, file, folder, sockets);
    child.stderr!.on("data", (d) => (client.stderr += d));
    child.on("exit", (code) => (client.exited = code));
    sockets.iopub.subscribe();
    for (const n of names) sockets[n].connect(`tcp://127.0.0.1:${connection[`${n}_port`]}`);
    for (const channel of ["shell", "control", "stdin", "iopub"] as const) void client.read(channel);
    return client;
  }

  private async read(channel: "shell" | "control" | "stdin" | "iopub"): Promise<void> {
    for await (const frames of this.sockets[channel] as AsyncIterable<Buffer[]>) {
      const at = frames.findIndex((f) => f.toString() === "<IDS|MSG>");
      const expected = this.sign(frames.slice(at + 2, at + 6));
      if (frames[at + 1]!.toString() !== expected) throw new Error("the kernel signed wrongly");
      const [header, parent, metadata, content] = frames.slice(at + 2, at + 6).map((f) => JSON.parse(f.toString()));
      const message: Received = {
        channel,
        header,
        parent,
        metadata,
        content,
        buffers: frames.slice(at + 6),
        at: performance.now(),
      };
      if (message.header.msg_type === "input_request") {
        const value = this.answer?.(content.prompt, content.password);
        if (value !== undefined) this.send("stdin", "input_reply", { value });
      }
      this.received.push(message);
      this.waiting = this.waiting.filter((w) => !(w.test(message) && (w.resolve(message), true)));
    }
  }

  sign(parts: readonly (Buffer | string)[]): string {
    const h = createHmac("sha256", this.connection.key);
    for (const p of parts) h.update(p);
    return h.digest("hex");
  }

  send(
    channel: "shell" | "control" | "stdin",
    type: string,
    content: object,
    extra: { header?: object; buffers?: Uint8Array[]; metadata?: object } = {},
  ): string {
    const id = randomUUID();
    const header = {
      msg_id: id,
      session: this.session,
      username: "test",
      date: new Date().toISOString(),
      msg_type: type,
      version: "5.5",
      ...extra.header,
    };
    const parts = [header, {}, extra.metadata ?? {}, content].map((p) => Buffer.from(JSON.stringify(p)));
    this.sendFrames(channel, ["<IDS|MSG>", this.sign(parts), ...parts, ...(extra.buffers ?? [])]);
    return id;
  }

  sendFrames(channel: "shell" | "control" | "stdin", frames: (string | Uint8Array)[]): void {
    void this.sockets[channel].send(frames as never);
  }

  /** The first message, already received or to come, that passes the test. */
  async until(test: (m: Received) => boolean, timeout = 20_000, what = "a message"): Promise<Received> {
    const found = this.received.find(test);
    if (found) return found;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`waited ${timeout} ms for ${what}\n${this.stderr}`)), timeout);
      this.waiting.push({ test, resolve: (m) => (clearTimeout(timer), resolve(m)), timer });
    });
  }

  async ready(): Promise<this> {
    // iopub is known to be connected when a status arrives for a request of ours.
    for (let i = 0; i < 200; i++) {
      const id = this.send("shell", "kernel_info_request", {});
      const ok = await Promise.race([
        this.until(
          (m) => m.channel === "iopub" && m.parent.msg_id === id && m.content.execution_state === "idle",
          60_000,
        ).then(
          () => true,
          () => false,
        ),
        new Promise<false>((r) => setTimeout(() => r(false), 250)),
      ]);
      if (ok) return this;
    }
    throw new Error(`the kernel did not answer\n${this.stderr}`);
  }

  async request(
    channel: "shell" | "control",
    type: string,
    content: object,
    timeout = 20_000,
    extra: object = {},
  ): Promise<Received> {
    const id = this.send(channel, type, content, extra);
    return this.until((m) => m.channel === channel && m.parent.msg_id === id, timeout, `the reply to ${type}`);
  }

  async execute(
    code: string,
    options: Record<string, unknown> & { timeout?: number; header?: object } = {},
  ): Promise<Executed> {
    const { timeout = 20_000, header, ...content } = options;
    const id = this.send(
      "shell",
      "execute_request",
      {
        code,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: true,
        stop_on_error: true,
        ...content,
      },
      { header },
    );
    return this.collect(id, timeout, code);
  }

  async collect(id: string, timeout = 20_000, what = ""): Promise<Executed> {
    const reply = await this.until(
      (m) => m.channel === "shell" && m.parent.msg_id === id,
      timeout,
      `the reply to: ${what.slice(0, 80)}`,
    );
    await this.until(
      (m) => m.channel === "iopub" && m.parent.msg_id === id && m.content.execution_state === "idle",
      timeout,
      "idle",
    );
    const messages = this.received.filter((m) => m.channel === "iopub" && m.parent.msg_id === id);
    const stream = (name: string) =>
      messages
        .filter((m) => m.header.msg_type === "stream" && m.content.name === name)
        .map((m) => m.content.text)
        .join("");
    const result = messages.find((m) => m.header.msg_type === "execute_result")?.content.data;
    const error = messages.find((m) => m.header.msg_type === "error")?.content as Executed["error"];
    return {
      reply: reply.content,
      messages,
      stdout: stream("stdout"),
      stderr: stream("stderr"),
      result: result?.["text/plain"],
      data: result,
      error,
    };
  }

  async heartbeat(): Promise<boolean> {
    await this.sockets.hb.send("ping");
    const [back] = await this.sockets.hb.receive();
    return back!.toString() === "ping";
  }

  async stop(): Promise<void> {
    if (this.exited === undefined) {
      this.send("control", "shutdown_request", { restart: false });
      await Promise.race([new Promise((r) => this.process.once("exit", r)), new Promise((r) => setTimeout(r, 1500))]);
      if (this.exited === undefined) this.process.kill("SIGKILL");
    }
    for (const w of this.waiting) clearTimeout(w.timer);
    for (const s of Object.values(this.sockets)) s.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
