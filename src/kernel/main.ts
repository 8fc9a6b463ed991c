/**
 * A kernel's process: `node main.js <connection file>`. The main thread runs user code and nothing else; a worker holds
 * the sockets and speaks the protocol, so that it can answer and interrupt whatever the code does.
 *
 * Bundled, this file and the worker's are CommonJS (main.cjs), which starts sooner; everything else is found beside it.
 */
import { dirname, extname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { MessageChannel, Worker } from "node:worker_threads";

const [, own = "", connectionFile] = process.argv;
if (!connectionFile) {
  console.error(
    "usage: node main.js <connection file>\nJupyter starts this; to make it known to Jupyter: proband install",
  );
  process.exit(2);
}
const session = new MessageChannel();
const answers = new MessageChannel();
const worker = new Worker(join(dirname(own), "protocol", `thread${extname(own)}`), {
  workerData: { connectionFile, session: session.port2, answers: answers.port2 },
  transferList: [session.port2, answers.port2],
  execArgv: ["--expose-internals"], // to watch SIGINT; see protocol/interrupts.ts
  // Messages are short-lived: a small nursery keeps the process small and costs nothing measurable.
  resourceLimits: { maxYoungGenerationSizeMb: 3 },
  stderr: false,
});
const last = process.stderr;
// Not process.exit, which cells may not use either and which would run their "exit" listeners.
const exit = (process as unknown as { reallyExit(code: number): never }).reallyExit.bind(process);
const fail = (what: string) => (error: Error) => {
  last.write(`proband: ${what}: ${error.stack ?? error}\n`);
  exit(1);
};
worker.on("error", fail("the kernel's protocol thread failed"));
worker.on("message", fail("the kernel could not be started"));
const start = import(pathToFileURL(join(dirname(own), "session", "start.js")).href) as Promise<
  typeof import("./session/start.js")
>;
start.then((s) => s.start(session.port1, answers.port1)).catch(fail("the session could not be started"));
