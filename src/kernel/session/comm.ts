/** The session's comms: the CommHost that user code finds, and the delivery of what the front end sends. */
import { randomUUID } from "node:crypto";
import {
  commHook,
  type Comm,
  type CommHost,
  type CommMessage,
  type CommOptions,
  type CommParent,
  type HandlerOptions,
} from "../comm.js";
import type { CommDelivery } from "../messages.js";
import { current, newContext, runIn } from "./context.js";
import { describeError, plain } from "./errors.js";
import { write } from "./output.js";
import { post } from "./port.js";

type Handler<A extends unknown[]> = { call: (...args: A) => void; whileBusy: boolean };

class OpenComm implements Comm {
  closed = false;
  readonly messageHandlers = new Set<Handler<[CommMessage]>>();
  readonly closeHandlers = new Set<(message: CommMessage) => void>();
  constructor(
    readonly id: string,
    readonly target: string,
  ) {}

  send(data: Record<string, unknown>, options: CommOptions = {}): void {
    if (this.closed) return; // The view is gone; whoever still sends to it need not know.
    publish("comm_msg", { comm_id: this.id, data }, options);
  }
  close(data: Record<string, unknown> = {}, options: CommOptions = {}): void {
    if (this.closed) return;
    this.closed = true;
    comms.delete(this.id);
    publish("comm_close", { comm_id: this.id, data }, options);
  }
  onMessage(handler: (message: CommMessage) => void, options: HandlerOptions = {}): () => void {
    const entry = { call: handler, whileBusy: options.whileBusy ?? false };
    this.messageHandlers.add(entry);
    return () => void this.messageHandlers.delete(entry);
  }
  onClose(handler: (message: CommMessage) => void): () => void {
    this.closeHandlers.add(handler);
    return () => void this.closeHandlers.delete(handler);
  }
}

const comms = new Map<string, OpenComm>();
const targets = new Map<string, Handler<[Comm, CommMessage]>>();

function publish(kind: string, content: Record<string, unknown>, options: CommOptions): void {
  post({
    type: "publish",
    kind,
    parent: options.parent ?? current().parent,
    content,
    ...(options.metadata ? { metadata: options.metadata } : {}),
    ...(options.buffers ? { buffers: options.buffers } : {}),
  });
}

function reportError(error: unknown): void {
  write("stderr", `${plain(describeError(error))}\n`);
}

export const commHost: CommHost = {
  registerTarget(name, handler, options = {}) {
    targets.set(name, { call: handler, whileBusy: options.whileBusy ?? false });
  },
  open(target, data = {}, options = {}) {
    const comm = new OpenComm(options.id ?? randomUUID().replaceAll("-", ""), target);
    comms.set(comm.id, comm);
    publish("comm_open", { comm_id: comm.id, target_name: target, data }, options);
    return comm;
  },
  currentParent: (): CommParent => current().parent,
  withParent(parent, body) {
    return runIn(newContext(parent), body);
  },
  reportError,
  beforeIdle: (handler) => void idleHandlers.add(handler),
  interactive: () => current().allowStdin,
};

const idleHandlers = new Set<() => void>();
/** Lets widgets send what they hold back; called when a cell's code and displays are done. */
export function beforeIdle(): void {
  for (const handler of idleHandlers) guarded(handler);
}

export function installComms(): void {
  Object.defineProperty(globalThis, commHook, { value: commHost, enumerable: false, configurable: true });
}

/** Whether a message may be handled in the middle of a cell: only by handlers that all said so. */
export function mayInterrupt(message: CommDelivery): boolean {
  if (message.kind === "comm_open") return targets.get(message.content.target_name ?? "")?.whileBusy ?? false;
  if (message.kind === "comm_close") return false;
  const handlers = comms.get(message.content.comm_id)?.messageHandlers;
  return !!handlers?.size && [...handlers].every((h) => h.whileBusy);
}

/** Hands a message from the front end to its handlers; what they throw is shown under the message's parent. */
export function deliver(message: CommDelivery): void {
  const { comm_id: id, data = {}, target_name: target = "" } = message.content;
  const received: CommMessage = { data, metadata: message.metadata, buffers: message.buffers };
  runIn(newContext(message.parent), () => {
    try {
      if (message.kind === "comm_open") {
        const comm = new OpenComm(id, target);
        const handler = targets.get(target);
        if (!handler) return publish("comm_close", { comm_id: id, data: {} }, {}); // as the protocol asks
        comms.set(id, comm);
        return handler.call(comm, received);
      }
      const comm = comms.get(id);
      if (!comm) return;
      if (message.kind === "comm_msg") {
        for (const h of comm.messageHandlers) guarded(() => h.call(received));
        return;
      }
      comm.closed = true;
      comms.delete(id);
      for (const h of comm.closeHandlers) guarded(() => h(received));
    } catch (error) {
      reportError(error);
    }
  });
}

function guarded(body: () => unknown): void {
  try {
    const result = body();
    if (result instanceof Promise) result.catch(reportError);
  } catch (error) {
    reportError(error);
  }
}
