/** The session's end of the line to the protocol thread. */
import type { MessagePort, Worker } from "node:worker_threads";
import type { ToProtocol } from "../messages.js";

let line: Pick<Worker | MessagePort, "postMessage"> | undefined;
export function connect(to: Pick<Worker | MessagePort, "postMessage">): void {
  line = to;
}

export function post(message: ToProtocol): void {
  line?.postMessage(message);
}
