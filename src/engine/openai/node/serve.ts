/** Puts a fetch handler on a port of this machine. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import type { Handler } from "../handler.js";
import { isLoopback } from "../loopback.js";

export interface Server {
  /** The base URL for clients, "/v1" included. */
  url: string;
  port: number;
  close(): Promise<void>;
}

export async function serve(handler: Handler, options: { port?: number; host?: string } = {}): Promise<Server> {
  const host = options.host ?? "127.0.0.1";
  if (!isLoopback(host))
    throw new Error(
      `${host} is not a loopback address; to be reached from other machines, put a proxy with TLS before it`,
    );
  const server = createServer((request, response) => {
    void answer(handler, request, response).catch((error: unknown) => {
      if (!response.headersSent) response.writeHead(500);
      response.end();
      // A client that went away is no failure of the server's.
      if (!response.destroyed && !request.destroyed) console.error(error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) =>
      reject(
        error.code === "EADDRINUSE" ? new Error(`port ${options.port} is in use; choose another with --port`) : error,
      ),
    );
    server.listen(options.port ?? 0, host, resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${port}/v1`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(handler: Handler, request: IncomingMessage, response: ServerResponse): Promise<void> {
  // A page in a browser must not reach the server under a name of its own (DNS rebinding).
  const name = new URL(`http://${request.headers.host ?? "unknown"}`).hostname;
  if (!isLoopback(name)) {
    response.writeHead(403, { "content-type": "application/json" });
    response.end(
      JSON.stringify({
        error: {
          message: "Only requests to a loopback address are answered.",
          type: "invalid_request_error",
          param: null,
          code: null,
        },
      }),
    );
    return;
  }
  const gone = new AbortController();
  response.on("close", () => {
    if (!response.writableFinished) gone.abort();
  });
  const headers = new Headers();
  for (const [key, value] of Object.entries(request.headers))
    if (value !== undefined) headers.set(key, Array.isArray(value) ? value.join(", ") : value);
  const hasBody = request.method !== "GET" && request.method !== "HEAD";
  const result = await handler.fetch(
    new Request(`http://${request.headers.host}${request.url}`, {
      method: request.method ?? "GET",
      headers,
      signal: gone.signal,
      ...(hasBody ? { body: Readable.toWeb(request) as ReadableStream, duplex: "half" } : {}),
    } as RequestInit),
  );
  response.writeHead(result.status, Object.fromEntries(result.headers));
  if (!result.body) {
    response.end();
    return;
  }
  for await (const chunk of result.body as unknown as AsyncIterable<Uint8Array>)
    if (!response.write(chunk)) await new Promise((resolve) => response.once("drain", resolve));
  response.end();
}
