/** TypeScript's own language server (`tsc --lsp --stdio`, TypeScript 7) as a child process; LSP 3.17 over its pipes. */
import { spawn, type ChildProcessWithoutNullStreams } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { packageRoot } from "../package-root.js";

export interface LanguageServer {
  /** Opens a document, or replaces its text. */
  set(path: string, text: string): void;
  close(path: string): void;
  /** The result of a request, or nothing when it failed, took longer than `timeout` ms, or the server is gone. */
  request<T>(method: string, params: object, timeout?: number): Promise<T | undefined>;
  stop(): void;
  readonly alive: boolean;
}

export const uriOf = (path: string): string => pathToFileURL(path).href;

/** The native compiler's program, found as typescript's own launcher finds it. */
async function compiler(): Promise<string> {
  const require = createRequire(join(packageRoot(), "package.json"));
  const folder = dirname(require.resolve("typescript/package.json"));
  const { default: getExePath } = (await import(pathToFileURL(join(folder, "lib", "getExePath.js")).href)) as {
    default: () => string;
  };
  return getExePath();
}

export async function startLanguageServer(folder: string): Promise<LanguageServer> {
  const child = spawn(await compiler(), ["--lsp", "--stdio"], {
    cwd: folder,
    stdio: ["pipe", "pipe", "ignore"],
  }) as unknown as ChildProcessWithoutNullStreams;
  child.unref();
  let alive = true;
  let next = 0;
  const waiting = new Map<number, (result: unknown) => void>();
  const gone = () => {
    alive = false;
    for (const resolve of waiting.values()) resolve(undefined);
    waiting.clear();
  };
  child.on("exit", gone);
  child.on("error", gone);
  child.stdin.on("error", gone);
  const send = (message: object) => {
    if (!alive) return;
    const body = JSON.stringify({ jsonrpc: "2.0", ...message });
    child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
  };
  child.stdout.on(
    "data",
    framed((message) => {
      if (message.method !== undefined && message.id !== undefined) {
        // The server asks for settings and registrations; null means its defaults.
        const items = message.params?.items as unknown[] | undefined;
        send({ id: message.id, result: items ? items.map(() => null) : null });
      } else if (message.id !== undefined) {
        const resolve = waiting.get(message.id);
        waiting.delete(message.id);
        resolve?.(message.error ? undefined : message.result);
      }
    }),
  );
  const request = <T>(method: string, params: object, timeout = 10_000): Promise<T | undefined> =>
    new Promise((resolve) => {
      if (!alive) return resolve(undefined);
      const id = ++next;
      const timer = setTimeout(() => {
        waiting.delete(id);
        send({ method: "$/cancelRequest", params: { id } });
        resolve(undefined);
      }, timeout);
      waiting.set(id, (result) => {
        clearTimeout(timer);
        resolve(result as T);
      });
      send({ id, method, params });
    });
  const versions = new Map<string, number>();
  await request("initialize", {
    processId: process.pid,
    rootUri: uriOf(folder),
    capabilities: {
      textDocument: {
        completion: { completionItem: { documentationFormat: ["markdown"], snippetSupport: false } },
        hover: { contentFormat: ["markdown"] },
        signatureHelp: { signatureInformation: { documentationFormat: ["markdown"] } },
        diagnostic: {},
      },
    },
  });
  send({ method: "initialized", params: {} });
  return {
    get alive() {
      return alive;
    },
    set(path, text) {
      const uri = uriOf(path);
      const version = (versions.get(uri) ?? 0) + 1;
      versions.set(uri, version);
      if (version === 1)
        send({
          method: "textDocument/didOpen",
          params: { textDocument: { uri, languageId: path.endsWith(".json") ? "json" : "typescript", version, text } },
        });
      else
        send({
          method: "textDocument/didChange",
          params: { textDocument: { uri, version }, contentChanges: [{ text }] },
        });
    },
    close(path) {
      const uri = uriOf(path);
      if (versions.delete(uri)) send({ method: "textDocument/didClose", params: { textDocument: { uri } } });
    },
    request,
    stop() {
      alive = false;
      child.kill("SIGKILL");
    },
  };
}

/** Splits a stream into LSP's framed JSON messages. */
function framed(handle: (message: any) => void): (data: Buffer) => void {
  let held: Buffer[] = [];
  let size = 0;
  let wanted = 0;
  return (data) => {
    held.push(data);
    size += data.length;
    if (size < wanted) return;
    let all = Buffer.concat(held);
    wanted = 0;
    for (;;) {
      const head = all.indexOf("\r\n\r\n");
      if (head < 0) break;
      const length = Number(/Content-Length: (\d+)/i.exec(all.subarray(0, head).toString("latin1"))?.[1] ?? 0);
      if (all.length < head + 4 + length) {
        wanted = head + 4 + length;
        break;
      }
      const body = all.subarray(head + 4, head + 4 + length).toString("utf8");
      all = all.subarray(head + 4 + length);
      try {
        handle(JSON.parse(body));
      } catch {
        // not a message: skip it
      }
    }
    held = [all];
    size = all.length;
  };
}
