/** The session's end of the line to the protocol thread. */
import type { MessagePort, Worker } from "node:worker_threads";
import type { ToProtocol } from "../messages.js";

let line: Pick<Worker | MessagePort, "postMessage"> | undefined;
let before: () => void = () => {};

export function connect(to: Pick<Worker | MessagePort, "postMessage">, beforeOthers: () => void): void {
  line = to;
  before = beforeOthers;
}

export function post(message: ToProtocol): void {
  // Output that is held back comes before whatever was sent after it.
  if (message.type !== "stream") before();
  const handed = message.type === "publish" && message.content instanceof Uint8Array ? [message.content.buffer] : [];
  line?.postMessage(message, handed);
}
