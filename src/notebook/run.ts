// Runs a notebook headlessly through a real kernel, cell by cell, and puts the outputs where Jupyter puts them.
import { dirname, resolve } from "node:path";
import type { Message } from "../kernel/protocol/wire.js";
import { startKernel, type KernelClient } from "./kernel-client.js";
import type { Provenance } from "./freeze.js";
import { provenanceOfRun, usedBy, type RunFacts } from "./provenance.js";
import { text, type CodeCell, type Notebook, type Output } from "./nbformat.js";

export interface RunOptions {
  /** Values for the notebook's parameters, set in a cell behind the one tagged "parameters" (default: none). */
  parameters?: Record<string, unknown>;
  /** Seconds a cell may take before it is interrupted (default: no limit). */
  timeout?: number;
  /** Go on after a failing cell (default false). */
  allowErrors?: boolean;
  /** Folder the kernel runs in, where imports and files are looked for (default: the notebook's). */
  folder?: string;
  /** What type errors do: stop the cell, show beside its output, or nothing (default "off"). */
  typecheck?: "error" | "warn" | "off";
  /** Heap limit of the kernel in MB. */
  memory?: number;
  onProgress?(event: RunProgress): void;
  signal?: AbortSignal;
}

export interface RunProgress {
  /** Which code cell, counted from 1, of how many. */
  cell: number;
  cells: number;
  state: "running" | "ok" | "error" | "skipped";
  seconds: number;
  /** The cell's first line. */
  title: string;
  /** Its latest output line, while it runs. */
  output?: string;
}

export interface CellError {
  ename: string;
  evalue: string;
  traceback: string[];
}

export interface RunResult {
  notebook: Notebook;
  /** The cells that failed, by code cell number from 1. */
  failed: ({ cell: number } & CellError)[];
  seconds: number;
}

/** Executes a copy of the notebook and returns it with its outputs. `path` is where the notebook lies. */
export async function runNotebook(notebook: Notebook, path: string, options: RunOptions = {}): Promise<RunResult> {
  const folder = resolve(options.folder ?? dirname(path));
  const copy = withParameters(structuredClone(notebook), options.parameters ?? {});
  const cells = copy.cells.filter((c): c is CodeCell => c.cell_type === "code");
  for (const c of cells) Object.assign(c, { outputs: [], execution_count: null });
  const started = performance.now();
  const failed: RunResult["failed"] = [];
  const kernel = await startKernel(folder, {
    env: { PROBAND_HISTORY: "", PROBAND_TYPECHECK: options.typecheck ?? "off" },
    ...(options.memory ? { memory: options.memory } : {}),
  });
  const outputs = createOutputs();
  const abort = () => void kernel.interrupt().catch(() => undefined);
  options.signal?.addEventListener("abort", abort);
  kernel.onStray((m) => outputs.add(m));
  let used: RunFacts["used"] = {};
  try {
    for (const [i, cell] of cells.entries()) {
      const first = text(cell.source).trim().split("\n", 1)[0]!;
      const title = first.length > 72 ? `${first.slice(0, 71)}…` : first;
      const report = (state: RunProgress["state"], seconds: number, output?: string) =>
        options.onProgress?.({
          cell: i + 1,
          cells: cells.length,
          state,
          seconds,
          title,
          ...(output ? { output } : {}),
        });
      if ((failed.length && !options.allowErrors) || options.signal?.aborted) {
        report("skipped", 0);
        continue;
      }
      const at = performance.now();
      report("running", 0);
      const error = await runCell(kernel, cell, outputs, options.timeout, (line) =>
        report("running", (performance.now() - at) / 1000, line),
      );
      if (error && !(cell.metadata.tags ?? []).includes("raises-exception")) failed.push({ cell: i + 1, ...error });
      report(error ? "error" : "ok", (performance.now() - at) / 1000);
    }
    used = await usedBy(kernel);
    await saveWidgets(kernel, copy);
  } finally {
    options.signal?.removeEventListener("abort", abort);
    await kernel.stop();
  }
  const seconds = (performance.now() - started) / 1000;
  copy.metadata.kernelspec = { name: "proband", display_name: "TypeScript (Proband)", language: "typescript" };
  copy.metadata["proband"] = provenanceOfRun(copy, {
    folder,
    seconds,
    parameters: options.parameters,
    used,
  }) satisfies Provenance;
  return { notebook: copy, failed, seconds };
}

async function runCell(
  kernel: KernelClient,
  cell: CodeCell,
  outputs: Outputs,
  timeout: number | undefined,
  progress: (line: string) => void,
): Promise<CellError | undefined> {
  const source = text(cell.source);
  if (!source.trim()) return undefined;
  outputs.into(cell);
  let late = false;
  const timer =
    timeout &&
    setTimeout(() => {
      late = true;
      void kernel.interrupt().catch(() => undefined);
    }, timeout * 1000);
  try {
    const reply = await kernel.request(
      "execute_request",
      {
        code: source,
        silent: false,
        store_history: true,
        user_expressions: {},
        allow_stdin: false,
        stop_on_error: true,
      },
      (message) => {
        if (message.header.msg_type === "execute_input") cell.execution_count = message.content.execution_count;
        outputs.add(message);
        if (message.header.msg_type === "stream") progress(String(message.content.text).trimEnd().split("\n").at(-1)!);
      },
    );
    if (reply.status === "ok") return undefined;
    const error = {
      ename: late ? "Timeout" : String(reply.ename ?? "Error"),
      evalue: late ? `the cell took longer than ${timeout} seconds and was interrupted` : String(reply.evalue ?? ""),
      traceback: late ? [] : ((reply.traceback ?? []) as string[]),
    };
    return error;
  } catch (error) {
    const { message } = error as Error;
    const content = { ename: "KernelDied", evalue: message, traceback: message.split("\n") };
    cell.outputs.push({ output_type: "error", ...content });
    throw Object.assign(
      new Error(`cell ${JSON.stringify(source.trim().split("\n", 1)[0]!.slice(0, 60))}: ${message}`),
      { cause: error },
    );
  } finally {
    if (timer) clearTimeout(timer);
  }
}

interface Outputs {
  into(cell: CodeCell): void;
  add(message: Message): void;
}

/** Turns messages into outputs: streams joined, displays updated in place, cleared output gone. */
function createOutputs(): Outputs {
  let cell: CodeCell;
  let clearNext = false;
  const shown = new Map<string, { data: Record<string, unknown>; metadata: Record<string, unknown> }[]>();
  const push = (output: Output) => {
    if (clearNext) cell.outputs.length = 0;
    clearNext = false;
    cell.outputs.push(output);
  };
  return {
    into(next) {
      cell = next;
      clearNext = false;
    },
    add({ header, content }) {
      switch (header.msg_type) {
        case "stream": {
          const last = cell.outputs.at(-1);
          if (!clearNext && last?.output_type === "stream" && last.name === content.name)
            last.text = text(last.text) + content.text;
          else push({ output_type: "stream", name: content.name, text: content.text });
          return;
        }
        case "execute_result":
          cell.execution_count = content.execution_count;
          return push({
            output_type: "execute_result",
            data: content.data,
            metadata: content.metadata ?? {},
            execution_count: content.execution_count,
          });
        case "display_data": {
          const output = { output_type: "display_data" as const, data: content.data, metadata: content.metadata ?? {} };
          push(output);
          const id = content.transient?.display_id as string | undefined;
          if (id) shown.set(id, [...(shown.get(id) ?? []), output]);
          return;
        }
        case "update_display_data":
          for (const output of shown.get(content.transient?.display_id) ?? [])
            Object.assign(output, { data: content.data, metadata: content.metadata ?? {} });
          return;
        case "clear_output":
          if (content.wait) clearNext = true;
          else cell.outputs.length = 0;
          return;
        case "error":
          return push({
            output_type: "error",
            ename: content.ename,
            evalue: content.evalue,
            traceback: content.traceback,
          });
      }
    },
  };
}

/** Puts a cell with the parameters' values behind the cell tagged "parameters", or before all others. */
function withParameters(notebook: Notebook, parameters: Record<string, unknown>): Notebook {
  const names = Object.keys(parameters);
  if (!names.length) return notebook;
  for (const name of names)
    if (!/^[\p{ID_Start}$_][\p{ID_Continue}$]*$/u.test(name))
      throw new Error(`-p ${name}=…: ${name} is not a variable's name`);
  const kept = notebook.cells.filter((c) => !(c.metadata.tags ?? []).includes("injected-parameters"));
  for (const name of names) checkParameter(name, kept);
  const at = kept.findIndex((c) => (c.metadata.tags ?? []).includes("parameters"));
  const source = names.map((n) => `const ${n} = ${JSON.stringify(parameters[n])};`).join("\n");
  const cell: CodeCell = {
    cell_type: "code",
    id: "injected-parameters",
    source: `// Parameters of this run\n${source}`,
    metadata: { tags: ["injected-parameters"] },
    outputs: [],
    execution_count: null,
  };
  kept.splice(at + 1, 0, cell);
  return { ...notebook, cells: kept };
}

/** Refuses a parameter that would change nothing: a result of another run's settings is worse than none. */
function checkParameter(name: string, cells: Notebook["cells"]): void {
  const code = cells.filter((c) => c.cell_type === "code");
  const sets = (source: string, variable: string) =>
    new RegExp(`\\b(?:const|let|var)\\s[^;=]*?(?<![\\w$.])${escaped(variable)}(?![\\w$])`, "u").test(source);
  const tagged = code.find((c) => (c.metadata.tags ?? []).includes("parameters"));
  if (tagged) {
    const source = text(tagged.source);
    if (sets(source, name)) return;
    const known = [...source.matchAll(/\b(?:const|let|var)\s+([\p{ID_Start}$_][\p{ID_Continue}$]*)/gu)].map(
      ([, n]) => n!,
    );
    throw new Error(
      `-p ${name}=…: the cell tagged "parameters" has no ${name}; it sets ${known.join(", ") || "nothing"}`,
    );
  }
  const setBy = code.findIndex((c) => sets(text(c.source), name));
  const used = code.some((c) => new RegExp(`(?<![\\w$.])${escaped(name)}(?![\\w$]|\\s*:)`, "u").test(text(c.source)));
  if (setBy < 0 && used) return;
  throw new Error(
    `-p ${name}=… would change nothing: no cell is tagged "parameters"` +
      (setBy < 0
        ? `, and none uses ${name}`
        : `, and code cell ${setBy + 1} sets ${name} again. Put the line that sets it into a cell of its own and tag that "parameters" (in JupyterLab: Property Inspector › Cell Tags)`),
  );
}

const escaped = (name: string): string => name.replace(/\$/g, "\\$");

/**
 * Asks for the state of all widgets and saves it as Jupyter does, so that a page can show them without a kernel; where no
 * output shows one that a page could make live, there is nothing to save.
 */
async function saveWidgets(kernel: KernelClient, notebook: Notebook): Promise<void> {
  const outputs = notebook.cells.flatMap((c) => (c.cell_type === "code" ? c.outputs : []));
  if (!/widget-view\+json|data-proband-model/.test(JSON.stringify(outputs))) return;
  const { comms } = await kernel.request("comm_info_request", { target_name: "jupyter.widget" });
  if (!comms || !Object.keys(comms).length) return;
  const id = "proband-run-widget-states";
  let found: { states: Record<string, any>; buffer_paths: (string | number)[][]; buffers: Uint8Array[] } | undefined;
  await kernel.tell("comm_open", { comm_id: id, target_name: "jupyter.widget.control", data: {} });
  await new Promise<void>((done) => {
    const timer = setTimeout(done, 4000);
    // It is answered beside the queue of cells, which may be before or after the request is called done.
    const answer = (m: Message) => {
      if (m.header.msg_type !== "comm_msg" || m.content.comm_id !== id || m.content.data?.method !== "update_states")
        return;
      found = { ...m.content.data, buffers: m.buffers };
      clearTimeout(timer);
      done();
    };
    kernel.onStray(answer);
    void kernel.tell("comm_msg", { comm_id: id, data: { method: "request_states" } }, answer).catch(() => undefined);
  });
  if (!found) return;
  const state: Record<string, any> = {};
  for (const [model, s] of Object.entries(found.states)) state[model] = { ...s, buffers: [] };
  // Paths begin with the model and "state".
  found.buffer_paths?.forEach(([model, , ...path], i) => {
    state[String(model)]?.buffers.push({
      path,
      encoding: "base64",
      data: Buffer.from(found!.buffers[i]!).toString("base64"),
    });
  });
  notebook.metadata["widgets"] = {
    "application/vnd.jupyter.widget-state+json": { version_major: 2, version_minor: 0, state },
  };
}
