/** The five sockets, and the loops that read them. */
import { Reply, Router, XPublisher } from "zeromq";
import { WireError, type Header, type Message, type Wire } from "./wire.js";

export interface ConnectionInfo {
  transport: string;
  ip: string;
  shell_port: number;
  control_port: number;
  stdin_port: number;
  iopub_port: number;
  hb_port: number;
  key: string;
  signature_scheme?: string;
  kernel_name?: string;
}

export type ChannelName = "shell" | "control" | "stdin";

export interface Channels {
  /** Publishes on iopub; sent before it returns, so that a busy thread cannot hold it back. */
  publish(
    type: string,
    content: object,
    parent: Partial<Header> | undefined,
    options?: { metadata?: object; buffers?: readonly (ArrayBuffer | ArrayBufferView)[] },
  ): void;
  send(channel: ChannelName, type: string, content: object, to: Message, options?: { metadata?: object }): void;
  listen(
    handlers: Record<ChannelName, (message: Message) => void>,
    refused: (channel: ChannelName, why: string) => void,
  ): void;
  close(): void;
}

export async function openChannels(info: ConnectionInfo, wire: Wire): Promise<Channels> {
  // No high-water marks: zeromq.js refuses the 513th unawaited send of a tick otherwise, and the message is lost.
  // A client that connects again under its identity takes the place of its lost connection.
  const options = { sendTimeout: 0, sendHighWaterMark: 0, receiveHighWaterMark: 0, linger: 1000, handover: true };
  const shell = new Router({ ...options, maxMessageSize: -1 });
  const control = new Router(options);
  const stdin = new Router(options);
  const iopub = new XPublisher({ sendTimeout: 0, sendHighWaterMark: 0, linger: 1000, verbosity: "allSubs" });
  const heartbeat = new Reply({ linger: 0 });
  const sockets = { shell, control, stdin, iopub, hb: heartbeat };
  const address = (port: number) =>
    info.transport === "ipc" ? `ipc://${info.ip}-${port}` : `${info.transport}://${info.ip}:${port}`;
  // All are waited for: a bind that ends after its thread has, ends the process by a fault in zeromq.js.
  const bound = await Promise.allSettled(
    Object.entries(sockets).map(([name, socket]) =>
      socket.bind(address(info[`${name}_port` as "shell_port"])).catch((error: Error) => {
        throw new Error(
          `the ${name} port ${info[`${name}_port` as "shell_port"]} of ${info.ip} cannot be opened: ${error.message}`,
        );
      }),
    ),
  );
  const failed = bound.find((b) => b.status === "rejected");
  if (failed) {
    for (const socket of Object.values(sockets)) socket.close();
    throw failed.reason;
  }
  const routers = { shell, control, stdin };
  let closed = false;
  const sent = (promise: Promise<void>) => void promise.catch(() => undefined); // the peer is gone
  void (async () => {
    for await (const frames of heartbeat) sent(heartbeat.send(frames));
  })().catch(() => undefined);
  // Who subscribes is told so (protocol 5.5): a client then knows that it misses nothing.
  void (async () => {
    for await (const [event] of iopub) {
      if (event?.[0] !== 1) continue; // the end of a subscription
      const subscription = event.subarray(1).toString();
      const topic = subscription ? [subscription] : ["iopub_welcome"];
      sent(iopub.send(wire.frames("iopub_welcome", { subscription }, undefined, { identities: topic }) as never));
    }
  })().catch(() => undefined);
  return {
    publish(type, content, parent, extra = {}) {
      if (closed) return;
      sent(iopub.send(wire.frames(type, content, parent, { ...extra, identities: [type] }) as never));
    },
    send(channel, type, content, to, extra = {}) {
      if (closed) return; // an answer that took until after the shutdown
      sent(
        routers[channel].send(wire.frames(type, content, to.header, { ...extra, identities: to.identities }) as never),
      );
    },
    listen(handlers, refused) {
      for (const [name, socket] of Object.entries(routers) as [ChannelName, Router][])
        void (async () => {
          for await (const frames of socket) {
            try {
              handlers[name](wire.parse(frames as Uint8Array[]));
            } catch (error) {
              refused(name, error instanceof WireError ? error.message : String((error as Error).stack ?? error));
            }
          }
        })().catch(() => undefined);
    },
    close() {
      closed = true;
      for (const socket of Object.values(sockets)) socket.close();
    },
  };
}
