/** Starts the session's side of a kernel on this thread. */
import { receiveMessageOnPort, type MessagePort } from "node:worker_threads";
import type { CommDelivery, ToSession } from "../messages.js";
import { deliver, installComms, mayInterrupt } from "./comm.js";
import { contextOf, followAsync, reset, runIn } from "./context.js";
import { installHost } from "./host.js";
import { describeError, installStackTraces, plain } from "./errors.js";
import { installHelpers } from "./helpers.js";
import { cellRequire, meta } from "./imports.js";
import { connectInput, prompt } from "./input.js";
import { captureStreams, flushOutput, shortenConsole, write } from "./output.js";
import { connect, post } from "./port.js";
import { show } from "./show.js";
import { execute, interrupt, startSession, warmUp } from "./session.js";
import { whereAreWe } from "./where.js";

export function start(port: MessagePort, answers: MessagePort): void {
  connect(port, flushOutput);
  connectInput(answers);
  followAsync();
  captureStreams();
  shortenConsole();
  installStackTraces();
  installHelpers();
  installGlobals();
  installComms();
  installHost();
  startSession();
  guardProcess();

  // Messages that came in the middle of a cell and must wait until it yields.
  const waiting: ToSession[] = [];
  const handle = (message: ToSession): void => {
    if (message.type === "execute") execute(message);
    else if (message.type === "comm") deliver(message as CommDelivery);
    else if (message.type === "interrupt") {
      interrupt();
      post({ type: "interrupting", round: message.round });
    }
  };
  const drainWaiting = () => {
    for (let m = waiting.shift(); m; m = waiting.shift()) handle(m);
  };
  port.on("message", (message: ToSession) => {
    reset();
    drainWaiting();
    handle(message);
  });
  // Called through the inspector by the protocol thread while a cell does not yield.
  Object.defineProperty(globalThis, Symbol.for("proband.whileBusy"), {
    enumerable: false,
    value: () => {
      flushOutput();
      for (let m = receiveMessageOnPort(port); m; m = receiveMessageOnPort(port)) {
        const message = m.message as ToSession;
        if (
          message.type === "comm" &&
          !waiting.some((w) => w.type === "comm" && sameComm(w, message)) &&
          mayInterrupt(message)
        )
          deliver(message);
        else {
          waiting.push(message);
          if (waiting.length === 1) setImmediate(drainWaiting);
        }
      }
    },
  });
  Object.defineProperty(globalThis, Symbol.for("proband.where"), { enumerable: false, value: whereAreWe });
  post({ type: "ready" });
  warmUp();
}

const sameComm = (a: CommDelivery, b: CommDelivery) => a.content.comm_id === b.content.comm_id;

/** Names that cells expect: CommonJS's, the browser's prompt, and Node's modules by name as in Node's own REPL. */
function installGlobals(): void {
  const put = (name: string, value: unknown) =>
    Object.defineProperty(globalThis, name, { value, writable: true, configurable: true, enumerable: false });
  put("require", cellRequire);
  put("__dirname", meta.dirname);
  put("__filename", meta.filename);
  put("prompt", prompt);
  put("display", show);
}

/** A cell cannot end the process by asking, and an error nobody caught does not end it either. */
function guardProcess(): void {
  const exit = (code?: number | string | null): never => {
    throw Object.assign(
      new Error(
        `process.exit(${code ?? ""}) was called in a cell. The kernel keeps running and keeps your variables; ` +
          `to end it, use "Restart kernel" or "Shut down kernel".`,
      ),
      { name: "ProcessExit" },
    );
  };
  process.exit = exit as typeof process.exit;
  process.abort = () => exit("abort");
  (process as unknown as { reallyExit: typeof exit }).reallyExit = exit;
  const report = (title: string, error: unknown) => {
    if ((error as Error | undefined)?.name !== "Interrupted")
      write("stderr", `${title}\n${plain(describeError(error))}\n`);
  };
  process.on("uncaughtException", (error) => {
    report("Uncaught error outside a cell's own run:", error);
    reset();
  });
  process.on("unhandledRejection", (error, promise) => {
    const context = contextOf(promise);
    const say = () => report("Unhandled rejection: a promise failed and nothing awaited it.", error);
    if (context) runIn(context, say);
    else say();
  });
  process.on("warning", (w) => write("stderr", `${w.name}: ${w.message}\n`));
}
