/** proband serve: the embedded engine on a port of this machine, as OpenAI's API. */
import { randomBytes } from "node:crypto";
import type { Command } from "commander";

interface Options {
  port: string;
  model: string[];
  home?: string;
  host: string;
  backend?: string;
  threads?: string;
  memory?: string;
}

export function register(program: Command): void {
  program
    .command("serve")
    .description("offer the embedded engine as an OpenAI-shaped server on loopback")
    .option("--port <number>", "port (0 takes a free one)", "8765")
    .option("--host <address>", "loopback address to listen at", "127.0.0.1")
    .option("--model <folder...>", "model folders to serve beside proband-base", [])
    .option("--backend <name>", "native (processor), webgpu (graphics card) or wasm (default: the fastest that works)")
    .option("--threads <number>", "threads of a matrix product (default: measured once for each shape of model)")
    .option("--memory <amount>", "memory that one run may use beside a model, such as 800MB (default: up to 512MB)")
    .option("--home <folder>", "where files, jobs and adapters are kept (default .proband)")
    .addHelpText(
      "after",
      "\nThe key is taken from PROBAND_API_KEY, or made and printed. Clients: base URL http://HOST:PORT/v1, the key as API key.",
    )
    .action(async (options: Options) => {
      const { serve } = await import("../engine/openai/node/serve.js");
      const { createHandler, describeDevice } = await import("../engine/openai/index.js");
      const { parseBackend, parseBytes, parseThreads } = await import("../engine/node/settings.js");
      const { folderState } = await import("../engine/openai/node/state.js");
      const { closeModels, folderModels, nodePlatform } = await import("../provider/node/index.js");
      const port = Number(options.port);
      if (!Number.isInteger(port) || port < 0 || port > 65535)
        throw new Error(`--port takes a number from 0 to 65535, found ${options.port}`);
      const models = folderModels(["proband-base", ...options.model], {
        ...(options.backend !== undefined && { backend: parseBackend(options.backend, "--backend") }),
        ...(options.threads !== undefined && { threads: parseThreads(options.threads, "--threads") }),
        ...(options.memory !== undefined && { memoryBudget: parseBytes(options.memory, "--memory") }),
      });
      for (const folder of options.model)
        if (!(await models.find(folder)))
          throw new Error(`--model ${folder}: there is no model folder (config.json) there`);
      const fromEnvironment = process.env["PROBAND_API_KEY"];
      const token = fromEnvironment ?? randomBytes(24).toString("base64url");
      const home = options.home ?? nodePlatform.defaultHome();
      const handler = createHandler({ models, state: folderState(home), token });
      // What cannot be opened is said now, and not at the first question.
      const devices: string[] = [];
      for (const { id } of await models.list()) {
        const { device } = await models.open(id);
        if (device) devices.push(`${id} runs ${describeDevice(device)}`);
      }
      const server = await serve(handler, { port, host: options.host });
      console.log(`Proband serves ${(await models.list()).map((m) => m.id).join(", ")} at ${server.url}`);
      for (const line of devices) console.log(line);
      console.log(fromEnvironment ? "Key: as in PROBAND_API_KEY" : `Key: ${token}`);
      console.log("Stop with Ctrl-C; running jobs go on at the next start.");
      await new Promise<void>((resolve) => {
        process.once("SIGINT", resolve);
        process.once("SIGTERM", resolve);
      });
      await server.close();
      await handler.close();
      await closeModels();
    });
}
