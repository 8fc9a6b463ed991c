/// <reference lib="dom" />
/**
 * The appendix in a browser: frozen outputs are there before any script runs; this adds editing and re-running.
 * Cells run in a worker made from a bundle inside the page, so Stop always works and nothing is fetched.
 */
import { outputText, sameAsFrozen, type Frozen } from "./compare.js";
import type { FromWorker, PageOutput, ToWorker } from "./protocol.js";
import { inflate, inflateBytes } from "./inflate.js";
import { connectWidgets } from "./live.js";
import { installTips } from "./tips.js";

interface CellView {
  index: number;
  /** What the cell is called, in the page and in stack traces. */
  number: number;
  element: HTMLElement;
  editor: HTMLTextAreaElement;
  outputs: HTMLElement;
  badge: HTMLElement;
  original: string;
  /** The published code as JavaScript, where the page's compiler cannot run it as written. */
  prepared: string | undefined;
  frozen: Frozen;
  /** The published outputs, to show again where a re-run fails. */
  published: Node[];
  fresh: PageOutput[];
  state: "frozen" | "queued" | "running" | "done" | "failed";
}

const query = <T extends HTMLElement>(selector: string, from: ParentNode = document) =>
  from.querySelector<T>(selector)!;
const cells: CellView[] = [];
let worker: Worker | undefined;
let queue: CellView[] = [];
let running: CellView | undefined;

const widgets = connectWidgets({
  post: (message) => worker?.postMessage({ type: "comm", message } satisfies ToWorker),
  render: (output) => (output.output_type === "clear" ? undefined : render(output)),
});

async function start(): Promise<Worker> {
  if (worker) return worker;
  say("Starting …");
  const [source, files] = await Promise.all([inflate("proband-worker"), inflateBytes("proband-files")]);
  const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const started = new Worker(url);
  worker = started;
  await new Promise<void>((resolve, reject) => {
    started.onerror = (event) => reject(new Error(event.message));
    started.onmessage = (event: MessageEvent<FromWorker>) => {
      if (event.data.type !== "ready") return;
      started.onmessage = (e: MessageEvent<FromWorker>) => receive(e.data);
      resolve();
    };
    started.postMessage({ type: "start", files } satisfies ToWorker, [files]);
  });
  return started;
}

const post = (message: ToWorker) => worker!.postMessage(message);

function say(text: string): void {
  query("#proband-status").textContent = text;
}

/** Runs the cells given, and before them those above that have not run in this page yet: they made what these use. */
async function run(wanted: CellView[]): Promise<void> {
  const lastIndex = Math.max(...wanted.map((c) => c.index));
  const needed = cells.filter((c) => wanted.includes(c) || (c.index < lastIndex && c.state === "frozen"));
  for (const cell of needed) {
    cell.state = "queued";
    mark(cell, "waiting", "queued");
  }
  queue.push(...needed.filter((c) => !queue.includes(c)));
  try {
    await start();
  } catch (error) {
    say(`The page could not start its worker: ${(error as Error).message}. The frozen results stay.`);
    return;
  }
  next();
}

function next(): void {
  if (running) return;
  const cell = queue.shift();
  query<HTMLButtonElement>("#proband-stop").disabled = !cell;
  if (!cell) return say("Idle. Edit a cell and run it.");
  running = cell;
  cell.state = "running";
  cell.fresh = [];
  mark(cell, "running", "running");
  say(`Running cell ${cell.number} …`);
  cell.outputs.setAttribute("aria-busy", "true");
  const published = cell.editor.value.trimEnd() === cell.original.trimEnd();
  post({
    type: "run",
    cell: cell.index,
    number: cell.number,
    source: (published && cell.prepared) || cell.editor.value,
  });
}

function receive(message: FromWorker): void {
  if (message.type === "comm") return widgets.receive(message.message);
  if (message.type === "progress") return say(message.text);
  if (message.type === "output") {
    const cell = cells.find((c) => c.index === message.cell);
    if (cell) addOutput(cell, message.output);
    return;
  }
  if (message.type !== "done" || !running) return;
  const cell = running;
  running = undefined;
  cell.state = message.failed ? "failed" : "done";
  cell.outputs.removeAttribute("aria-busy");
  if (!cell.fresh.length) empty(cell);
  const edited = cell.editor.value.trimEnd() !== cell.original.trimEnd();
  const same = sameAsFrozen(outputText(cell.fresh), cell.frozen, 1e-12);
  const replayed = message.replayed?.length ? `, ${message.replayed.join(" and ")} replayed from the record` : "";
  const took = `${duration(message.milliseconds)}${replayed}`;
  if (message.lacks !== undefined) mark(cell, "lacking", `needs ${message.lacks}: published output`);
  else if (message.failed) mark(cell, "failed", `failed (${took})`);
  else if (edited) mark(cell, "edited", `your version, re-run (${took})`);
  else if (!same && cell.fresh.some(isPanel)) mark(cell, "live", `re-run: live panel (${took})`);
  else mark(cell, same ? "same" : "different", `${same ? "re-run: identical" : "re-run: different"} (${took})`);
  cell.element.dataset["ms"] = String(message.milliseconds);
  if (message.failed) {
    if (cell.published.length) showPublished(cell);
    // What a page lacks was not to be had; cells that do not need it go on. A mistake stops the cells behind it.
    if (message.lacks !== undefined) return next();
    for (const waiting of queue) {
      waiting.state = "frozen";
      mark(waiting, "frozen", "frozen");
    }
    queue = [];
  }
  next();
}

/** The published output of a cell that could not be run, below what it says now. */
function showPublished(cell: CellView): void {
  const details = document.createElement("details");
  details.open = true;
  const summary = document.createElement("summary");
  summary.textContent = "Published output";
  details.append(summary, ...cell.published.map((n) => n.cloneNode(true)));
  cell.outputs.append(details);
}

const duration = (ms: number): string =>
  ms < 10 ? `${ms.toFixed(1)} ms` : ms < 10_000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 1000)} s`;

/** Whether an output is a live widget: what it says changes while it works and is used. */
const isPanel = (output: PageOutput): boolean => "data" in output && widgets.modelOf(output.data) !== undefined;

function addOutput(cell: CellView, output: PageOutput): void {
  if (output.output_type === "clear") {
    cell.fresh = [];
    // With `wait` the old output stays until the next one comes, so that nothing flickers.
    if (!output.wait) empty(cell);
    return;
  }
  if (!cell.fresh.length) empty(cell);
  cell.fresh.push(output);
  const id = "display_id" in output ? output.display_id : undefined;
  if (id) {
    if (output.output_type === "display_data" && output.update) {
      for (const old of document.querySelectorAll(`[data-display-id="${CSS.escape(id)}"]`))
        old.replaceWith(shown(output, id));
      return;
    }
  }
  cell.outputs.append(shown(output, id));
}

function empty(cell: CellView): void {
  widgets.clear(cell.outputs);
  cell.outputs.replaceChildren();
}

type Shown = Exclude<PageOutput, { output_type: "clear" }>;

function shown(output: Shown, id: string | undefined): HTMLElement {
  const element = render(output);
  if (id) element.dataset["displayId"] = id;
  return element;
}

function render(output: Shown): HTMLElement {
  const model = "data" in output ? widgets.modelOf(output.data) : undefined;
  return model === undefined ? renderStatic(output) : widgets.view(model, renderStatic(output));
}

function renderStatic(output: Shown): HTMLElement {
  if (output.output_type === "stream") return pre(output.text, output.name === "stderr" ? "stream stderr" : "stream");
  // oxlint-disable-next-line no-control-regex -- terminal colours are dropped
  if (output.output_type === "error")
    return pre(
      output.traceback.join("\n").replace(/\u001b\[[0-9;]*m/g, "") || `${output.ename}: ${output.evalue}`,
      "error",
    );
  const { data } = output;
  const holder = document.createElement("div");
  holder.className = "html";
  // Wide tables scroll: by keyboard too.
  holder.tabIndex = 0;
  holder.setAttribute("role", "group");
  holder.setAttribute("aria-label", "Output");
  const html = data["text/html"] ?? data["image/svg+xml"];
  if (html !== undefined) {
    // A template's content is inert; what could run is taken out before it is shown (the CSP has no network either).
    const template = document.createElement("template");
    template.innerHTML = String(Array.isArray(html) ? html.join("") : html);
    for (const bad of template.content.querySelectorAll("script, iframe, object, embed, link, meta, base"))
      bad.remove();
    for (const element of template.content.querySelectorAll("*"))
      for (const { name, value } of [...element.attributes])
        if (/^on/i.test(name) || /^\s*javascript:/i.test(value)) element.removeAttribute(name);
    for (const group of template.content.querySelectorAll("g[aria-label]:not([role])"))
      group.setAttribute("role", "group");
    holder.append(template.content);
    return holder;
  }
  for (const mime of ["image/png", "image/jpeg", "image/gif", "image/webp"]) {
    if (typeof data[mime] !== "string") continue;
    const image = document.createElement("img");
    image.src = `data:${mime};base64,${data[mime]}`;
    image.alt = String(data["text/plain"] ?? "figure");
    holder.append(image);
    return holder;
  }
  return pre(String(data["text/plain"] ?? ""), "result");
}

function pre(text: string, className: string): HTMLElement {
  const element = document.createElement("pre");
  element.className = className;
  element.tabIndex = 0;
  element.textContent = text;
  return element;
}

function mark(cell: CellView, kind: string, text: string): void {
  cell.badge.className = `badge ${kind}`;
  cell.badge.textContent = text;
  cell.element.dataset["state"] = kind;
}

/** Ends the worker. What cells had made is gone, and the page says so. */
function stop(): void {
  worker?.terminate();
  worker = undefined;
  widgets.stop();
  if (running)
    addOutput(running, {
      output_type: "error",
      ename: "Stopped",
      evalue: "",
      traceback: ["Stopped. What earlier cells had made is gone; Run starts them again."],
    });
  for (const cell of cells) {
    if (cell === running) mark(cell, "failed", "stopped");
    else if (queue.includes(cell)) mark(cell, "frozen", "frozen");
    cell.state = "frozen";
  }
  running = undefined;
  queue = [];
  query<HTMLButtonElement>("#proband-stop").disabled = true;
  say("Stopped.");
}

function button(text: string, label: string, onclick: () => void): HTMLButtonElement {
  const b = document.createElement("button");
  b.type = "button";
  b.textContent = text;
  b.setAttribute("aria-label", label);
  b.onclick = onclick;
  return b;
}

function setUp(): void {
  const sources = JSON.parse(query("#proband-cells").textContent!) as {
    index: number;
    number: number;
    source: string;
    frozen: Frozen;
    prepared?: string;
  }[];
  for (const { index, number, source, frozen, prepared } of sources) {
    const element = query(`#cell-${index + 1}`);
    const editor = document.createElement("textarea");
    editor.value = source;
    editor.spellcheck = false;
    editor.rows = source.split("\n").length;
    editor.hidden = true;
    editor.setAttribute("aria-label", `Code of cell ${number}`);
    const badge = document.createElement("span");
    badge.setAttribute("role", "status");
    const cell: CellView = {
      index,
      number,
      element,
      editor,
      outputs: query(".outputs", element),
      badge,
      original: source,
      prepared,
      frozen,
      published: [],
      fresh: [],
      state: "frozen",
    };
    const code = element.querySelector<HTMLElement>("pre.code");
    const edit = () => {
      if (code) code.hidden = true;
      editor.hidden = false;
      editor.focus();
    };
    const bar = document.createElement("div");
    bar.className = "bar";
    bar.append(
      button("Run", `Run cell ${number}`, () => void run([cell])),
      button("Edit", `Edit cell ${number}`, edit),
      button("Reset", `Put back the published code of cell ${number}`, () => {
        editor.value = source;
        editor.hidden = true;
        if (code) code.hidden = false;
      }),
      badge,
    );
    editor.oninput = () => (editor.rows = editor.value.split("\n").length);
    editor.onkeydown = (event) => {
      if (event.key === "Enter" && (event.shiftKey || event.ctrlKey || event.metaKey)) {
        event.preventDefault();
        void run([cell]);
      }
      if (event.key === "Escape") query<HTMLButtonElement>("button", bar).focus();
    };
    if (code) code.ondblclick = edit;
    element.prepend(bar);
    (code ?? bar).after(editor);
    cell.published = [...cell.outputs.childNodes].map((n) => n.cloneNode(true));
    cells.push(cell);
    mark(cell, "frozen", "frozen");
  }
  query("#proband-toolbar").hidden = false;
  query("#proband-run-all").onclick = () => void run(cells);
  query("#proband-stop").onclick = stop;
}

setUp();
installTips();
performance.mark("proband-ready");
