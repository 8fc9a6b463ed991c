/** Comms in a page's worker: the same hook as the kernel's, over messages to the page instead of Jupyter's. */
import type { Comm, CommBuffer, CommHost, CommMessage, CommOptions } from "../../kernel/comm.js";
import { commHook } from "../../kernel/comm.js";
import type { FromWorkerComm, ToWorkerComm } from "./protocol.js";

export interface PageComms {
  host: CommHost;
  /** Hands a message from the page to its handlers. */
  deliver(message: ToWorkerComm): void;
  /** Lets widgets send what they hold back, at the end of a cell. */
  beforeIdle(): void;
}

export interface PageCommsOptions {
  post(message: FromWorkerComm): void;
  /** Number of the cell that code runs on behalf of. */
  cell: { current: number };
  reportError(error: unknown): void;
}

/** Makes the host and puts it where widgets look for it. */
export function installComms({ post, cell, reportError }: PageCommsOptions): PageComms {
  const comms = new Map<string, PageComm>();
  const targets = new Map<string, (comm: Comm, message: CommMessage) => void>();
  const idle = new Set<() => void>();
  let cause: string | undefined;

  const publish = (
    kind: FromWorkerComm["kind"],
    id: string,
    target: string,
    data: Record<string, unknown>,
    options: CommOptions,
  ) =>
    post({
      kind,
      id,
      target,
      data,
      metadata: options.metadata ?? {},
      buffers: (options.buffers ?? []).map(copied),
      ...(cause === undefined ? {} : { cause }),
    });
  const guarded = (body: () => unknown) => {
    try {
      const result = body();
      if (result instanceof Promise) result.catch(reportError);
    } catch (error) {
      reportError(error);
    }
  };

  class PageComm implements Comm {
    closed = false;
    readonly messageHandlers = new Set<(message: CommMessage) => void>();
    readonly closeHandlers = new Set<(message: CommMessage) => void>();
    constructor(
      readonly id: string,
      readonly target: string,
    ) {}
    send(data: Record<string, unknown>, options: CommOptions = {}): void {
      if (!this.closed) publish("msg", this.id, this.target, data, options);
    }
    close(data: Record<string, unknown> = {}, options: CommOptions = {}): void {
      if (this.closed) return;
      this.closed = true;
      comms.delete(this.id);
      publish("close", this.id, this.target, data, options);
    }
    onMessage(handler: (message: CommMessage) => void): () => void {
      this.messageHandlers.add(handler);
      return () => void this.messageHandlers.delete(handler);
    }
    onClose(handler: (message: CommMessage) => void): () => void {
      this.closeHandlers.add(handler);
      return () => void this.closeHandlers.delete(handler);
    }
  }

  const host: CommHost = {
    registerTarget: (name, handler) => void targets.set(name, handler),
    open(target, data = {}, options = {}) {
      const comm = new PageComm(options.id ?? crypto.randomUUID().replaceAll("-", ""), target);
      comms.set(comm.id, comm);
      publish("open", comm.id, target, data, options);
      return comm;
    },
    currentParent: () => cell.current,
    // A page has no asynchronous contexts: what a handler prints after an await goes to the cell that runs then.
    withParent(parent, body) {
      const before = cell.current;
      cell.current = parent;
      try {
        return body();
      } finally {
        cell.current = before;
      }
    },
    reportError,
    beforeIdle: (handler) => void idle.add(handler),
    interactive: () => true,
  };
  Object.defineProperty(globalThis, commHook, { value: host, enumerable: false, configurable: true });

  return {
    host,
    beforeIdle: () => idle.forEach(guarded),
    deliver(message) {
      const received: CommMessage = { data: message.data, metadata: message.metadata, buffers: message.buffers };
      cause = message.message;
      try {
        if (message.kind === "open") {
          const comm = new PageComm(message.id, message.target);
          const handler = targets.get(message.target);
          if (!handler) return publish("close", message.id, message.target, {}, {});
          comms.set(message.id, comm);
          return guarded(() => handler(comm, received));
        }
        const comm = comms.get(message.id);
        if (!comm) return;
        if (message.kind === "msg") return comm.messageHandlers.forEach((handler) => guarded(() => handler(received)));
        comm.closed = true;
        comms.delete(message.id);
        comm.closeHandlers.forEach((handler) => guarded(() => handler(received)));
      } finally {
        // The page holds further changes of this model back until it hears this, so that a drag never piles up.
        post({
          kind: "handled",
          id: message.id,
          target: "",
          data: {},
          metadata: {},
          buffers: [],
          cause: message.message,
        });
        cause = undefined;
      }
    },
  };
}

/** A buffer of its own: a view may lie in a large memory, all of which a message would copy. */
function copied(buffer: CommBuffer): Uint8Array<ArrayBuffer> {
  const view = ArrayBuffer.isView(buffer)
    ? new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength)
    : new Uint8Array(buffer);
  return view.slice();
}
