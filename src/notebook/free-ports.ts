import { randomInt } from "node:crypto";
import { createServer, type Server } from "node:net";

/**
 * Ports of 127.0.0.1 that nobody listens on, for a process that is started next. They lie below those that systems hand
 * out by themselves (32768 and above on Linux, 49152 elsewhere), which a connection of any program beside this one may
 * take in between.
 */
export async function freePorts(count: number): Promise<number[]> {
  const held: Server[] = [];
  for (let tries = 0; held.length < count; tries++) {
    const server = await listen(tries < 1000 ? randomInt(20_000, 32_768) : 0).catch((error: NodeJS.ErrnoException) => {
      // EACCES: Windows reserves ranges.
      if (error.code === "EADDRINUSE" || error.code === "EACCES") return undefined;
      throw error;
    });
    if (server) held.push(server);
  }
  const ports = held.map((s) => (s.address() as { port: number }).port);
  await Promise.all(held.map((s) => new Promise((resolve) => s.close(resolve))));
  return ports;
}

const listen = (port: number): Promise<Server> =>
  new Promise((resolve, reject) => {
    const server = createServer().once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
