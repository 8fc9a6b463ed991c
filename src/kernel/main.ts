/**
 * A kernel's process: `node main.js <connection file>`. The main thread runs user code and nothing else; a worker holds
 * the sockets and speaks the protocol, so that it can answer and interrupt whatever the code does.
 */
import { isMainThread, MessageChannel, Worker, workerData, type MessagePort } from "node:worker_threads";
import { fileURLToPath } from "node:url";

interface Line {
  connectionFile: string;
  session: MessagePort;
  answers: MessagePort;
}

if (isMainThread) {
  const connectionFile = process.argv[2];
  if (!connectionFile) {
    console.error(
      "usage: node main.js <connection file>\nJupyter starts this; to make it known to Jupyter: proband install",
    );
    process.exit(2);
  }
  const session = new MessageChannel();
  const answers = new MessageChannel();
  const worker = new Worker(fileURLToPath(import.meta.url), {
    workerData: { connectionFile, session: session.port2, answers: answers.port2 } satisfies Line,
    transferList: [session.port2, answers.port2],
    execArgv: [],
    // Messages are short-lived: a small nursery keeps the process small and costs nothing measurable.
    resourceLimits: { maxYoungGenerationSizeMb: 3 },
    stderr: false,
  });
  const last = process.stderr;
  const exit = process.exit.bind(process);
  worker.on("error", (error) => {
    last.write(`proband: the kernel's protocol thread failed: ${error.stack ?? error}\n`);
    exit(1);
  });
  const { start } = await import("./session/start.js");
  start(session.port1, answers.port1);
} else {
  const { connectionFile, session, answers } = workerData as Line;
  // A fault of the kernel's own must not take the session with it.
  process.on("uncaughtException", (error) => log(`a fault in the protocol thread: ${error?.stack ?? error}`));
  process.on("unhandledRejection", (error) =>
    log(`a fault in the protocol thread: ${(error as Error)?.stack ?? error}`),
  );
  const { log } = await import("./protocol/log.js");
  const { runKernel } = await import("./protocol/kernel.js");
  await runKernel(connectionFile, session, answers);
}
