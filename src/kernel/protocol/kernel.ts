/** The protocol's side of a kernel: reads requests, queues cells, publishes what the session does. Runs in a worker. */
import { log } from "./log.js";
import { Session } from "node:inspector";
import { readFileSync } from "node:fs";
import type { MessagePort } from "node:worker_threads";
import { type Done, type ParentId, type ToProtocol, type ToSession } from "../messages.js";
import { openChannels, type ChannelName, type Channels, type ConnectionInfo } from "./channels.js";
import { createCells, type Cells } from "./cells.js";
import { createComms } from "./comms.js";
import { createHistory } from "./history.js";
import { createInterrupts } from "./interrupts.js";
import { kernelInfo } from "./info.js";
import { createStdin } from "./stdin.js";
import { createStreamBuffer } from "./output.js";
import { createWire, text, type Header, type Message } from "./wire.js";
import { crashNote, type CrashNote } from "./crash.js";
import { createLanguage } from "../language/service.js";
import { createDebugger } from "../debugger/debugger.js";

export interface Kernel {
  readonly channels: Channels;
  /** The thread's own number for a request, and back. */
  parentOf(id: ParentId): Partial<Header> | undefined;
  register(message: Message): ParentId;
  /** The most recent request that stands for the work in progress, for the busy state. */
  publishStatus(state: "busy" | "idle" | "starting", parent: Partial<Header> | undefined): void;
  readonly inspector: Session;
  toSession(message: ToSession, transfer?: ArrayBuffer[]): void;
}

export async function runKernel(connectionFile: string, session: MessagePort, answers: MessagePort): Promise<void> {
  const info = JSON.parse(readFileSync(connectionFile, "utf8")) as ConnectionInfo;
  const wire = createWire(info.key, info.signature_scheme);
  const channels = await openChannels(info, wire);
  const inspector = new Session();
  inspector.connectToMainThread();

  const parents = new Map<ParentId, Partial<Header>>();
  let lastParent = 0;
  const kernel: Kernel = {
    channels,
    inspector,
    // A timer may speak for a cell of long ago, but not for one of thousands of requests ago.
    parentOf: (id) => parents.get(id) ?? parents.get(lastParent),
    register(message) {
      parents.set(++lastParent, message.header);
      if (parents.size > 4000)
        for (const id of parents.keys()) {
          parents.delete(id);
          if (parents.size <= 3000) break;
        }
      return lastParent;
    },
    publishStatus(state, parent) {
      streams.flush();
      channels.publish("status", { execution_state: state }, parent);
    },
    toSession: (message, transfer) => session.postMessage(message, transfer),
  };
  const streams = createStreamBuffer((type, content, parent) => channels.publish(type, content, parent));
  const note: CrashNote = crashNote(connectionFile);
  const history = createHistory();
  const comms = createComms(kernel);
  const stdin = createStdin(kernel, answers);
  const interrupts = createInterrupts(kernel, stdin, {
    begin() {
      cells.hold();
      comms.hold();
    },
    settle() {
      comms.release();
      cells.settle();
    },
  });
  const language = createLanguage(inspector);
  const debug = createDebugger(kernel);
  const cells: Cells = createCells({ kernel, history, stdin, note, language, debug });

  session.on("message", (message: ToProtocol) => {
    if (message.type === "stream") {
      // More may be held back: a cell that goes on computing is asked for it.
      if (message.more && cells.runningHeader()) comms.nudge(25);
      return streams.add(kernel.parentOf(message.parent), message.name, message.text);
    }
    streams.flush();
    if (message.type === "publish") {
      if (message.kind.startsWith("comm_")) comms.outgoing(message);
      channels.publish(message.kind, message.content, kernel.parentOf(message.parent), {
        metadata: message.metadata,
        buffers: message.buffers,
      });
    } else if (message.type === "done") cells.done(message as Done);
    else if (message.type === "input") stdin.ask(message);
    else if (message.type === "interrupting") interrupts.acknowledged(message.round);
  });

  type Reply = Record<string, unknown> | undefined | Promise<Record<string, unknown> | undefined>;
  const common: Record<string, (message: Message) => Reply> = {
    kernel_info_request: () => kernelInfo(),
    comm_info_request: (m) => ({ status: "ok", comms: comms.list(m.content.target_name) }),
    history_request: (m) => history.reply(m.content),
    is_complete_request: (m) => language.isComplete(text(m.content.code)),
    complete_request: (m) => language.complete(text(m.content.code), Number(m.content.cursor_pos ?? 0)),
    inspect_request: (m) =>
      language.inspect(text(m.content.code), Number(m.content.cursor_pos ?? 0), Number(m.content.detail_level ?? 0)),
    connect_request: () => ({
      status: "ok",
      shell_port: info.shell_port,
      iopub_port: info.iopub_port,
      stdin_port: info.stdin_port,
      hb_port: info.hb_port,
      control_port: info.control_port,
    }),
  };
  const end = () => {
    history.close();
    note.clear();
    language.close();
    channels.close();
    // The process ends from here, since the session's thread may never yield again.
    setTimeout(() => process.kill(process.pid, "SIGKILL"), 30);
  };
  const shutdown = (m: Message): Reply => {
    const reply = { status: "ok", restart: Boolean(m.content.restart) };
    channels.publish("shutdown_reply", reply, m.header);
    setTimeout(end, 30);
    return reply;
  };
  endWithParent(end);
  const control: Record<string, (message: Message) => Reply> = {
    ...common,
    shutdown_request: shutdown,
    interrupt_request: async (m) => {
      cells.abortQueued(m);
      debug.release();
      await interrupts.interrupt();
      return { status: "ok" };
    },
    debug_request: (m) => debug.request(m.content, m.header),
    create_subshell_request: () => cells.createSubshell(),
    delete_subshell_request: (m) => cells.deleteSubshell(text(m.content.subshell_id)),
    list_subshell_request: () => ({ status: "ok", subshell_id: cells.subshells() }),
  };
  const shell: Record<string, (message: Message) => Reply> = { ...common, shutdown_request: shutdown };

  async function serve(
    channel: ChannelName,
    message: Message,
    handler: ((m: Message) => Reply) | undefined,
  ): Promise<void> {
    const type = message.header.msg_type;
    kernel.publishStatus("busy", message.header);
    let reply: Record<string, unknown> | undefined;
    try {
      reply = handler
        ? await handler(message)
        : type.endsWith("_request")
          ? { status: "error", ename: "UnknownRequest", evalue: `${type} is not known to this kernel`, traceback: [] }
          : undefined;
    } catch (error) {
      const e = error as Error;
      reply = { status: "error", ename: e.name, evalue: e.message, traceback: [String(e.stack)] };
    }
    if (reply && type.endsWith("_request")) channels.send(channel, type.replace(/_request$/, "_reply"), reply, message);
    kernel.publishStatus("idle", message.header);
    // Front ends take the last status for the kernel's: while a cell runs, that is busy.
    const cell = cells.runningHeader();
    if (cell) kernel.publishStatus("busy", cell);
  }

  channels.listen(
    {
      shell(message) {
        const type = message.header.msg_type;
        if (type === "execute_request") return cells.enqueue(message);
        if (type === "comm_open" || type === "comm_msg" || type === "comm_close") {
          kernel.publishStatus("busy", message.header);
          comms.incoming(message);
          kernel.publishStatus("idle", message.header);
          const cell = cells.runningHeader();
          if (cell) kernel.publishStatus("busy", cell);
          return;
        }
        void serve("shell", message, shell[type]);
      },
      control: (message) => void serve("control", message, control[message.header.msg_type]),
      stdin: (message) => {
        if (message.header.msg_type === "input_reply") stdin.answer(text(message.content.value));
      },
    },
    (channel, why) => log(`a message on ${channel} was refused: ${why}`),
  );
  interrupts.onSignal(() => {
    cells.abortQueued();
    debug.release();
  });
  kernel.publishStatus("starting", undefined);
}

/** A Jupyter that was killed sends no shutdown: its kernels notice that they have another parent, and end. */
function endWithParent(end: () => void): void {
  const parent = Number(process.env.JPY_PARENT_PID);
  if (process.platform === "win32" || process.ppid !== parent) return;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    end();
  }, 1000);
  timer.unref();
}
