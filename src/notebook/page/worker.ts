/// <reference lib="webworker" />
/**
 * The worker of an executable appendix: one session of cells, their outputs sent to the page as they come.
 * What cells may import is given by the bundle (`scripts/bundles.mjs`), so that this room knows nothing of studies.
 */
import { bundleOf, type Shown } from "../../kernel/display/bundle.js";
import { installHelpers } from "../../kernel/session/helpers.js";
import type { FromWorker, PageOutput, ToWorker } from "./protocol.js";
import { installComms } from "./comm-host.js";
import { createModules, type PageModules } from "./modules.js";
import { createSession, type Session } from "./session.js";
import { NotInThisPage } from "./lacking.js";
import { inspect, inspectSettled } from "./inspect.js";
import { unpackFiles } from "./pack.js";

export interface WorkerSetup {
  /** Modules by the name a cell imports them by. */
  modules: Record<string, () => Promise<Record<string, unknown>> | Record<string, unknown>>;
  /** Called once with the files embedded in the page. */
  onFiles?(files: Record<string, Uint8Array>): void;
  /** Markdown as HTML in which nothing runs. */
  markdown?(text: string): string;
  /** Registers a listener for progress of long work. */
  onProgress?(listener: (work: PageProgress) => void): void;
}

/** How far long work is, as a line of text and as counts. */
export interface PageProgress {
  id: string;
  text: string;
  ended: boolean;
  done: number;
  unit: string;
  /** How much of `done` was found in the record. */
  found: number;
}

const asText = (value: unknown) => (typeof value === "string" ? value : inspect(value));

interface ShowOptions {
  id?: string;
  update?: boolean;
}

/** Starts answering the page. */
export function startWorker(setup: WorkerSetup): void {
  const cell = { current: -1 };
  let session: Session | undefined;
  let displays = 0;
  const post = (message: FromWorker) => (globalThis as unknown as Worker).postMessage(message);
  const output = (value: PageOutput) => post({ type: "output", cell: cell.current, output: value });
  const stream =
    (name: "stdout" | "stderr") =>
    (...values: unknown[]) =>
      output({
        output_type: "stream",
        name,
        text: values.map(asText).join(" ") + "\n",
      });

  /** What a value shows, as in the kernel; a promise where its own display is one. */
  const shownBy = (value: unknown): Shown | Promise<Shown> =>
    value instanceof Promise
      ? inspectSettled(value).then((text) => ({ data: { "text/plain": text }, metadata: {} }))
      : bundleOf(value);
  /** The page shows HTML: Markdown is turned into it here. */
  const rendered = ({ data, metadata }: Shown): Shown =>
    typeof data["text/markdown"] === "string" && data["text/html"] === undefined && setup.markdown
      ? { data: { ...data, "text/html": setup.markdown(data["text/markdown"]) }, metadata }
      : { data, metadata };

  // Displays whose bundle is a promise: the cell waits for them.
  const pending = new Set<Promise<void>>();
  /** What was run, newest first. */
  const sources: string[] = [];
  const host = {
    show(value: unknown, { id = `page-${++displays}`, update = false }: ShowOptions = {}): string {
      const send = (shown: Shown) =>
        output({ output_type: "display_data", ...rendered(shown), display_id: id, update });
      const shown = shownBy(value);
      if (shown instanceof Promise) {
        const work = shown.then(send).finally(() => pending.delete(work));
        pending.add(work);
      } else send(shown);
      return id;
    },
    showBundle(data: Shown["data"], metadata: Shown["metadata"] = {}, options: ShowOptions = {}): string {
      const { id = `page-${++displays}`, update = false } = options;
      output({ output_type: "display_data", ...rendered({ data, metadata }), display_id: id, update });
      return id;
    },
    clearOutput: (wait: boolean) => output({ output_type: "clear", wait }),
    cellSources: () => sources,
    input: (): never => {
      throw new Error("this cell asks its reader for input, which a page does not do; run the notebook in JupyterLab");
    },
  };
  installHelpers();
  // By this name `proband/kernel` finds the kernel around it.
  (globalThis as Record<symbol, unknown>)[Symbol.for("proband.kernel")] = host;

  const load = async (specifier: string): Promise<Record<string, unknown>> => {
    const found = setup.modules[specifier];
    if (found) return found();
    const what =
      specifier.startsWith("node:") || /^(fs|path|child_process|os|net|http)(\/|$)/.test(specifier)
        ? `the Node API "${specifier}"`
        : `the module "${specifier}"`;
    const names = Object.keys(setup.modules).filter((name) => !name.startsWith("proband/"));
    const error = new NotInThisPage(what);
    error.message += ` A page has ${names.join(", ")} and what travels in it.`;
    throw error;
  };

  const reportError = (error: unknown) =>
    output({
      output_type: "stream",
      name: "stderr",
      text: `${error instanceof Error ? `${error.name}: ${error.message}` : asText(error)}\n`,
    });
  const comms = installComms({ post: (message) => post({ type: "comm", message }), cell, reportError });

  // Long work of the running cell that was found in the record, by its unit.
  const replayed = new Map<string, number>();
  const watch = ({ text, ended, done, unit, found }: PageProgress) => {
    post({ type: "progress", cell: cell.current, text, ended });
    if (ended && found > 0 && done > 0) replayed.set(unit, (replayed.get(unit) ?? 0) + found);
  };

  const run = async (index: number, number: number, source: string) => {
    sources.unshift(source);
    cell.current = index;
    replayed.clear();
    const started = performance.now();
    let failed = false;
    let lacks: string | undefined;
    try {
      const { hasResult, value } = await session!.run(source, `cell-${number}.ts`);
      if (hasResult && value !== undefined)
        output({ output_type: "execute_result", ...rendered(await shownBy(value)) });
    } catch (error) {
      failed = true;
      const e = error instanceof Error ? error : new Error(asText(error));
      if (e instanceof NotInThisPage) lacks = e.what;
      const traceback = [
        e instanceof NotInThisPage ? e.message : `${e.name}: ${e.message}`,
        ...traceOf(e, number, source),
      ];
      output({ output_type: "error", ename: e.name, evalue: e.message, traceback });
    }
    await Promise.all(pending).catch(() => undefined);
    comms.beforeIdle();
    const found = [...replayed].map(([unit, n]) => `${n.toLocaleString("en-US")} ${unit}`);
    post({
      type: "done",
      cell: index,
      milliseconds: performance.now() - started,
      failed,
      ...(lacks === undefined ? {} : { lacks }),
      ...(found.length ? { replayed: found } : {}),
    });
  };

  globalThis.addEventListener("message", (event) => {
    const message = (event as MessageEvent<ToWorker>).data;
    if (message.type === "start") {
      const files = unpackFiles(new Uint8Array(message.files));
      setup.onFiles?.(files);
      const page = {
        log: stream("stdout"),
        info: stream("stdout"),
        debug: stream("stdout"),
        table: stream("stdout"),
        warn: stream("stderr"),
        error: stream("stderr"),
      };
      session = createSession({
        load: createModules(embeddedModules(files), load),
        globals: { console: { ...console, ...page }, display: host.show, prompt: host.input, ...withoutNetwork },
        unavailable: ["process", "Buffer", "require", "__dirname", "__filename"],
      });
      setup.onProgress?.(watch);
      post({ type: "ready" });
    } else if (message.type === "run") void run(message.cell, message.number, message.source);
    else comms.deliver(message.message);
  });
}

/** The policy of the page refuses all requests; these say so in words. */
const withoutNetwork = Object.fromEntries(
  ["fetch", "XMLHttpRequest", "WebSocket", "EventSource"].map((name) => [
    name,
    function refuse(): never {
      throw new NotInThisPage(`the network (${name})`);
    },
  ]),
);

/**
 * The cells' own lines of a stack, as the kernel writes them. Columns are those of the compiled code, and the last line of
 * it is the page's own, so that neither is shown.
 */
function traceOf(error: Error, number: number, source: string): string[] {
  const lines: string[] = [];
  for (const line of (error.stack ?? "").split("\n")) {
    const found = /^\s*(?:at\s+)?(?:async\s+)?([^\s(@]*)[\s(@]+.*?cell-(\d+)\.ts:(\d+)/.exec(line);
    if (!found) continue;
    const [, name = "", cell, at] = found;
    if (Number(cell) === number && Number(at) > source.split("\n").length) continue;
    const own = name && !/^(eval|anonymous|Object|\$)/.test(name);
    lines.push(`    at ${own ? `${name} (` : ""}Cell [${cell}]:${at}${own ? ")" : ""}`);
  }
  return [...new Set(lines)].slice(0, 6);
}

/** The local files and packages that cells import, as `appendix.ts` embeds them. */
function embeddedModules(files: Record<string, Uint8Array>): PageModules {
  const bytes = files["notebook/modules.json"];
  return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as PageModules) : { cells: {}, files: {} };
}
