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
import { inspect, inspectSettled } from "./inspect.js";
import { unpackFiles } from "./pack.js";

export interface WorkerSetup {
  /** Modules by the name a cell imports them by. */
  modules: Record<string, () => Promise<Record<string, unknown>> | Record<string, unknown>>;
  /** Called once with the files embedded in the page. */
  onFiles?(files: Record<string, Uint8Array>): void;
  /** Markdown as HTML in which nothing runs. */
  markdown?(text: string): string;
  /** Registers a listener for progress of long work as lines of text. */
  onProgress?(listener: (text: string, ended: boolean) => void): void;
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
    throw new Error(
      `This cell needs ${what}, which a page does not have; its published output stays. Run the notebook in JupyterLab for it. In this page: ${Object.keys(setup.modules).join(", ")}`,
    );
  };

  const reportError = (error: unknown) =>
    output({
      output_type: "stream",
      name: "stderr",
      text: `${error instanceof Error ? `${error.name}: ${error.message}` : asText(error)}\n`,
    });
  const comms = installComms({ post: (message) => post({ type: "comm", message }), cell, reportError });

  const run = async (number: number, source: string) => {
    sources.unshift(source);
    cell.current = number;
    const started = performance.now();
    let failed = false;
    try {
      const { hasResult, value } = await session!.run(source, `cell-${number + 1}.ts`);
      if (hasResult && value !== undefined)
        output({ output_type: "execute_result", ...rendered(await shownBy(value)) });
    } catch (error) {
      failed = true;
      const e = error instanceof Error ? error : new Error(asText(error));
      const lines = (e.stack ?? "").split("\n").filter((line) => line.includes("cell-"));
      output({
        output_type: "error",
        ename: e.name,
        evalue: e.message,
        traceback: [`${e.name}: ${e.message}`, ...lines.slice(0, 5)],
      });
    }
    await Promise.all(pending).catch(() => undefined);
    comms.beforeIdle();
    post({ type: "done", cell: number, milliseconds: performance.now() - started, failed });
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
        globals: { console: { ...console, ...page }, display: host.show, prompt: host.input },
        unavailable: ["process", "Buffer", "require", "__dirname", "__filename"],
      });
      setup.onProgress?.((text, ended) => post({ type: "progress", cell: cell.current, text, ended }));
      post({ type: "ready" });
    } else if (message.type === "run") void run(message.cell, message.source);
    else comms.deliver(message.message);
  });
}

/** The local files and packages that cells import, as `appendix.ts` embeds them. */
function embeddedModules(files: Record<string, Uint8Array>): PageModules {
  const bytes = files["notebook/modules.json"];
  return bytes ? (JSON.parse(new TextDecoder().decode(bytes)) as PageModules) : { cells: {}, files: {} };
}
