// The bundles: outputs that must be one file, written to dist/bundle/. Each is rebuilt only when one of its inputs is newer.
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { root } from "./setup.mjs";

const at = (...path) => join(root, ...path);
const dist = (...path) => at("dist", ...path);

/** Bundles with esbuild and remembers the inputs, so that the next build can tell whether the output is stale. */
async function bundle(name, options) {
  const out = dist("bundle", name);
  const record = `${out}.inputs.json`;
  if (existsSync(out) && existsSync(record)) {
    const made = statSync(out).mtimeMs;
    const inputs = JSON.parse(readFileSync(record, "utf8"));
    if (inputs.every((f) => existsSync(at(f)) && statSync(at(f)).mtimeMs <= made)) return;
  }
  const { build } = await import("esbuild");
  mkdirSync(dirname(out), { recursive: true });
  const result = await build({
    bundle: true,
    minify: true,
    metafile: true,
    outfile: out,
    absWorkingDir: root,
    logLevel: "error",
    legalComments: "none",
    ...options,
  });
  writeFileSync(
    record,
    JSON.stringify(
      Object.keys(result.metafile.inputs)
        .filter((f) => !f.startsWith("<"))
        .concat("scripts/bundles.mjs"),
    ),
  );
}

const browser = { platform: "browser", format: "iife", target: "es2022", conditions: ["browser"] };

/** What runs in a page's worker: cells, the browser-safe rooms, and linkedom to draw figures in. */
const appendixWorker = `
import * as proband from "./dist/browser.js";
import * as ort from "onnxruntime-web/wasm";
import { parseHTML } from "linkedom";
import { renderPlainMarkdown } from "./dist/notebook/markdown.js";
import { startWorker } from "./dist/notebook/page/worker.js";
const rooms = ["study", "sampling", "finetuning", "simulation", "alignment", "regression", "inference", "report", "figures", "widgets", "provider"];
const modules = { proband: () => proband, "@observablehq/plot": () => import("@observablehq/plot"), arquero: () => import("arquero") };
for (const room of rooms) modules["proband/" + room] = () => proband[room] ?? proband;
modules["proband/classroom"] = () => proband;
modules["proband/kernel"] = () => import("./dist/kernel/index.js");
startWorker({
  modules,
  markdown: renderPlainMarkdown,
  onFiles(files) {
    const wasm = files["engine/ort.wasm"];
    let document;
    proband.startPage({
      files,
      document: () => (document ??= parseHTML("<!doctype html><html><body></body></html>").document),
      async runtime() {
        if (!wasm) throw new Error("the engine is not in this page: it was exported without it. Published answers are shown as they are");
        ort.env.wasm.numThreads = 1;
        ort.env.wasm.wasmBinary = wasm;
        return { ort, kind: "wasm", session: { executionProviders: ["wasm"], logSeverityLevel: 3, graphOptimizationLevel: "all" } };
      },
    });
  },
  onProgress(listener) {
    const skipped = new Map();
    proband.onProgressEvent((event) => {
      const { id, done, unit, metrics = {} } = event;
      if (!skipped.has(id)) skipped.set(id, done);
      const found = Math.max(skipped.get(id), metrics["from ledger"] ?? 0);
      listener({ id, text: proband.formatProgress(event), ended: event.state !== "running", done, unit, found });
      if (event.state !== "running") skipped.delete(id);
    });
  },
});
`;

/** The kernel's two threads in few files, since start-up time is what a reader of a notebook waits for. */
async function kernel() {
  const source = (name) => dist("kernel", name);
  if (!existsSync(source("main.js"))) return;
  const options = {
    platform: "node",
    target: "node20",
    minify: false,
    external: ["oxc-parser", "oxc-transform", "zeromq"],
  };
  const outdir = dist("bundle", "kernel");
  // What uses packages that are ES modules only, shared by both threads.
  const modules = [
    "session/start.js",
    "compiler/compile.js",
    "language/complete-input.js",
    "language/project.js",
    "session/transform.js",
  ];
  await bundle("kernel/session/start.js", {
    ...options,
    format: "esm",
    splitting: true,
    outfile: undefined,
    outdir,
    outbase: dist("kernel"),
    entryPoints: modules.map(source),
  });
  // The rest is CommonJS, which a thread starts with some milliseconds sooner.
  const lazy = {
    name: "lazy",
    setup(build) {
      build.onResolve({ filter: /^\./ }, ({ path, kind, resolveDir }) => {
        if (kind !== "dynamic-import") return undefined;
        const name = relative(dist("kernel"), join(resolveDir, path)).replaceAll("\\", "/");
        if (!modules.includes(name)) throw new Error(`${name} is imported lazily: add it to the kernel's bundles`);
        return { path: `../${name}`, external: true };
      });
    },
  };
  const commonjs = {
    ...options,
    format: "cjs",
    banner: { js: 'const __moduleUrl = require("node:url").pathToFileURL(__filename).href;' },
    define: { "import.meta.url": "__moduleUrl" },
    plugins: [lazy],
  };
  await bundle("kernel/main.cjs", { ...commonjs, entryPoints: [source("main.js")] });
  await bundle("kernel/protocol/thread.cjs", { ...commonjs, entryPoints: [source("protocol/thread.js")] });
}

/**
 * The JupyterLab extension with the front end of Proband's widgets: a federated container named by its content, as
 * JupyterLab caches it, and the same classes as an AMD module for VS Code.
 */
async function labextension() {
  const source = (name) => dist("widgets", "host", name);
  if (!existsSync(source("lab.js"))) return;
  const { hostModule: name, hostPackageVersion: version } = await import(source("version.js"));
  await bundle("widgets-lab.js", { ...browser, entryPoints: [source("lab.js")] });
  await bundle("widgets-amd.js", { ...browser, entryPoints: [source("amd.js")] });
  const folder = dist("labextension", name);
  const container = readFileSync(dist("bundle", "widgets-lab.js"));
  const entry = `static/remoteEntry.${createHash("sha256").update(container).digest("hex").slice(0, 16)}.js`;
  if (existsSync(join(folder, entry)) && existsSync(join(folder, "dist", "index.js"))) return;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(join(folder, "static"), { recursive: true });
  mkdirSync(join(folder, "dist"), { recursive: true });
  writeFileSync(join(folder, entry), container);
  writeFileSync(join(folder, "dist", "index.js"), readFileSync(dist("bundle", "widgets-amd.js")));
  const description = "Front end of Proband's widgets for JupyterLab and VS Code";
  const jupyterlab = { extension: true, _build: { load: entry, extension: "./extension" } };
  const card = { name, version, description, license: "MIT", main: "dist/index.js", jupyterlab };
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(card, null, 2)}\n`);
}

/** The engine's WebAssembly runtime, for machines without a native build and for pages: copied, so that it is no dependency. */
function wasmRuntime() {
  const from = (name) => at("node_modules", "onnxruntime-web", "dist", name);
  if (!existsSync(from("ort.wasm.bundle.min.mjs"))) return;
  mkdirSync(dist("engine", "web"), { recursive: true });
  for (const [name, source] of [
    ["ort.mjs", "ort.wasm.bundle.min.mjs"],
    ["ort.wasm", "ort-wasm-simd-threaded.wasm"],
  ]) {
    const out = dist("engine", "web", name);
    if (!existsSync(out) || statSync(out).mtimeMs < statSync(from(source)).mtimeMs) copyFileSync(from(source), out);
  }
}

/** Jupyter's controls and Proband's views for a page without JupyterLab, with their style; icons are drawn as text. */
const appendixWidgets = `
import controlsCss from "style:widgets";
import { createPageWidgets, widgetTheme } from "./dist/notebook/page/manager.js";
import { hostClasses, hostModule } from "./dist/widgets/host/index.js";
const style = document.createElement("style");
style.textContent = controlsCss + widgetTheme;
document.head.append(style);
globalThis.probandWidgets = { create: (host) => createPageWidgets(host, { [hostModule]: hostClasses, anywidget: hostClasses }) };
`;

/** The controls' style sheets as one text: `import css from "style:widgets"`. */
const widgetStyle = {
  name: "widget-style",
  setup(build) {
    build.onResolve({ filter: /^style:widgets$/ }, () => ({ path: "widgets", namespace: "style" }));
    build.onLoad({ filter: /.*/, namespace: "style" }, async () => {
      const { build: esbuild } = await import("esbuild");
      const { outputFiles } = await esbuild({
        stdin: {
          contents:
            '@import "@jupyter-widgets/base/css/index.css"; @import "@jupyter-widgets/controls/css/labvariables.css"; @import "@jupyter-widgets/controls/css/widgets-base.css";',
          loader: "css",
          resolveDir: root,
        },
        bundle: true,
        minify: true,
        write: false,
        logLevel: "error",
      });
      return { contents: outputFiles[0].text, loader: "text" };
    });
  },
};

export async function bundles() {
  wasmRuntime();
  await labextension();
  await kernel();
  if (!existsSync(dist("notebook", "page", "page.js"))) return;
  await bundle("appendix-page.js", { ...browser, entryPoints: [dist("notebook", "page", "page.js")] });
  await bundle("export-page.js", { ...browser, entryPoints: [dist("notebook", "page", "figures.js")] });
  await bundle("appendix-widgets.js", {
    ...browser,
    stdin: { contents: appendixWidgets, resolveDir: root, sourcefile: "<appendix widgets>" },
    plugins: [widgetStyle],
    define: { "process.env.NODE_ENV": '"production"', global: "globalThis" },
  });
  await bundle("appendix-worker.js", {
    ...browser,
    stdin: { contents: appendixWorker, resolveDir: root, sourcefile: "<appendix worker>" },
    // Packages look for these where a page has none.
    define: {
      "process.env.NODE_ENV": '"production"',
      global: "globalThis",
      "import.meta.url": '"https://page.invalid/worker.js"',
    },
    external: ["node:*", "canvas"],
    alias: { canvas: "./scripts/empty.mjs", "node:util": "node-inspect-extracted" },
  });
}
