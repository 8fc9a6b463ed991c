/** The protocol's thread. */
import { workerData, type MessagePort } from "node:worker_threads";
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
// Thrown anew outside the promise, so that the main thread hears of it.
runKernel(connectionFile, session, answers).catch((error: Error) => {
  process.removeListener("uncaughtException", fault);
  setImmediate(() => {
    throw error;
  });
});
