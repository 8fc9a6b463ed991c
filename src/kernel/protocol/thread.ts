/** The protocol's thread. */
import { parentPort, workerData, type MessagePort } from "node:worker_threads";
import { runKernel } from "./kernel.js";
import { log } from "./log.js";

// A fault of the kernel's own must not take the session with it.
const fault = (error: unknown) =>
  log(`a fault in the protocol thread: ${(error as Error | undefined)?.stack ?? error}`);
process.on("uncaughtException", fault);
process.on("unhandledRejection", fault);

const { connectionFile, session, answers } = workerData as {
  connectionFile: string;
  session: MessagePort;
  answers: MessagePort;
};
// Told, not thrown: a thread that ends while zeromq.js still works for it takes the process with it by a signal.
runKernel(connectionFile, session, answers).catch((error: Error) => parentPort!.postMessage(error));
