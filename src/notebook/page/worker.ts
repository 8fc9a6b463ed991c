/// <reference lib="webworker" />
/**
 * The worker of an executable appendix: one session of cells, their outputs sent to the page as they come.
 * What cells may import is given by the bundle (`scripts/bundles.mjs`), so that this room knows nothing of studies.
 */
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

const jupyterDisplay = Symbol.for("Jupyter.display");

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

  const bundleOf = async (value: unknown): Promise<Record<string, unknown>> => {
    const shown = (value as { [jupyterDisplay]?: () => unknown } | null)?.[jupyterDisplay];
    if (typeof shown === "function") return rendered((await shown.call(value)) as Record<string, unknown>);
    if (value && typeof value === "object" && "outerHTML" in value)
      return { "text/html": String(value.outerHTML), "text/plain": "figure" };
    return { "text/plain": await inspectSettled(value) };
  };
  /** The page shows HTML: Markdown is turned into it here. */
  const rendered = (data: Record<string, unknown>): Record<string, unknown> =>
    typeof data["text/markdown"] === "string" && data["text/html"] === undefined && setup.markdown
      ? { ...data, "text/html": setup.markdown(data["text/markdown"]) }
      : data;

  const showData = (data: Record<string, unknown>, id: string, update: boolean) =>
    output({ output_type: "display_data", data, metadata: {}, display_id: id, update });

  /** `display(x)`, `display(x, { id })`, and on what it returns `update(x)`. */
  const display = async (value: unknown, options: { id?: string } = {}) => {
    const id = options.id ?? `page-${++displays}`;
    const show = async (v: unknown, update: boolean) => showData(await bundleOf(v), id, update);
    await show(value, false);
    return { id, update: (v: unknown) => show(v, true) };
  };
  const plain = (mime: string) => (content: string) =>
    output({ output_type: "display_data", data: rendered({ [mime]: content, "text/plain": content }), metadata: {} });
  Object.assign(display, {
    html: plain("text/html"),
    text: plain("text/plain"),
    svg: plain("image/svg+xml"),
    markdown: plain("text/markdown"),
    clear: () => output({ output_type: "clear", wait: false }),
  });
  installHelpers();
  // What `proband/kernel` asks of the kernel around it.
  (globalThis as Record<symbol, unknown>)[Symbol.for("proband.kernel")] = {
    show: (value: unknown, options: { id?: string; update?: boolean } = {}) => {
      const id = options.id ?? `page-${++displays}`;
      void bundleOf(value).then((data) => showData(data, id, options.update ?? false));
      return id;
    },
    showBundle: (
      data: Record<string, unknown>,
      _metadata: unknown,
      options: { id?: string; update?: boolean } = {},
    ) => {
      const id = options.id ?? `page-${++displays}`;
      showData(rendered(data), id, options.update ?? false);
      return id;
    },
    clearOutput: (wait: boolean) => output({ output_type: "clear", wait }),
    input: () => {
      throw new Error(
        "input() asks a notebook's reader; a published page has nobody to ask. Run the notebook in JupyterLab",
      );
    },
  };

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
    cell.current = number;
    const started = performance.now();
    let failed = false;
    try {
      const { hasResult, value } = await session!.run(source, `cell-${number + 1}.ts`);
      if (hasResult && value !== undefined)
        output({ output_type: "execute_result", data: await bundleOf(value), metadata: {} });
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
        globals: { console: { ...console, ...page }, display },
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
