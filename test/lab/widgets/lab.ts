/**
 * A real JupyterLab in headless Chromium: starts the server on loopback, opens notebooks, runs them, and watches for
 * requests that leave the machine and for errors in the console.
 */
import { spawn } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";
import type { Browser, Page } from "playwright-core";
import { freePorts } from "#src/notebook/free-ports.js";
import { labextensions } from "#src/widgets/node/index.js";

export const pictures = join(process.cwd(), "build", "lab");

export interface Lab {
  browser: Browser;
  /** Folder of the server's notebooks, and the one of connection files. */
  folders: { notebooks: string; runtime: string };
  /** Opens a notebook of these cells in a page of its own. */
  open(name: string, cells: string[], options?: OpenOptions): Promise<Notebook>;
  close(): Promise<void>;
}

export interface OpenOptions {
  /** Name of the kernel (default "proband"). */
  kernel?: string;
  /** A script that runs in the page before any of its own. */
  script?: string;
  width?: number;
}

export interface Notebook {
  page: Page;
  path: string;
  /** Requests that left this machine. */
  external: string[];
  /** Errors in the browser's console. */
  errors: string[];
  runAll(): Promise<void>;
  /** Text of the output of a cell (from 0). */
  output(cell: number): Promise<string>;
  shot(name: string): Promise<void>;
}

/** Where Jupyter finds kernel and extensions: the installation under test, else copies made for it. */
function jupyterPath(folder: string): Record<string, string> {
  const prefix = process.env["PROBAND_LAB_PREFIX"];
  if (prefix && existsSync(join(prefix, "share", "jupyter", "kernels", "proband"))) return {};
  const data = join(folder, "jupyter");
  const spec = join(data, "kernels", "proband");
  mkdirSync(spec, { recursive: true });
  const argv = [process.execPath, join(process.cwd(), "dist", "kernel", "main.js"), "{connection_file}"];
  writeFileSync(
    join(spec, "kernel.json"),
    JSON.stringify({ argv, display_name: "TypeScript (Proband)", language: "typescript", interrupt_mode: "message" }),
  );
  for (const { name, folder: from } of labextensions())
    cpSync(from, join(data, "labextensions", name), { recursive: true });
  return { JUPYTER_PATH: data };
}

export async function startLab(): Promise<Lab> {
  const python = process.env["PROBAND_LAB_PYTHON"];
  if (!python) throw new Error("PROBAND_LAB_PYTHON names the Python that has JupyterLab; npm run test:lab sets it");
  const folder = mkdtempSync(join(tmpdir(), "proband-lab-"));
  const config = join(folder, "config");
  mkdirSync(join(config, "labconfig"), { recursive: true });
  writeFileSync(
    join(config, "labconfig", "page_config.json"),
    JSON.stringify({ disabledExtensions: { "@jupyterlab/apputils-extension:announcements": true } }),
  );
  const [port] = await freePorts(1);
  const notebooks = join(folder, "notebooks");
  mkdirSync(notebooks);
  const server = spawn(
    python,
    [
      "-m",
      "jupyterlab",
      "--allow-root",
      "--no-browser",
      `--ServerApp.port=${port}`,
      "--ServerApp.ip=127.0.0.1",
      `--ServerApp.root_dir=${notebooks}`,
      "--IdentityProvider.token=",
      "--ServerApp.password=",
      "--ServerApp.disable_check_xsrf=True",
    ],
    {
      env: {
        ...process.env,
        ...jupyterPath(folder),
        JUPYTER_CONFIG_DIR: config,
        JUPYTER_DATA_DIR: join(folder, "data"),
        JUPYTER_RUNTIME_DIR: join(folder, "runtime"),
        JUPYTERLAB_WORKSPACES_DIR: join(folder, "workspaces"),
        JUPYTERLAB_SETTINGS_DIR: join(folder, "settings"),
      },
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let log = "";
  server.stderr.on("data", (d) => (log += d));
  server.stdout.on("data", (d) => (log += d));
  const url = `http://127.0.0.1:${port}`;
  for (let i = 0; ; i++) {
    if (server.exitCode !== null || i > 600) throw new Error(`JupyterLab did not start:\n${log.slice(-3000)}`);
    const up = await fetch(`${url}/api/status`).catch(() => undefined);
    if (up?.ok) break;
    await new Promise((r) => setTimeout(r, 100));
  }
  const browser = await chromium.launch({
    executablePath: process.env["CHROMIUM"] ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"], // prettier-ignore
  });
  mkdirSync(pictures, { recursive: true });
  return {
    browser,
    folders: { notebooks, runtime: join(folder, "runtime") },
    open: (name, cells, options) => openNotebook(browser, url, notebooks, name, cells, options),
    async close() {
      await browser.close();
      server.kill("SIGTERM");
      await new Promise((r) => (server.exitCode === null ? server.once("exit", r) : r(undefined)));
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

async function openNotebook(
  browser: Browser,
  url: string,
  root: string,
  name: string,
  cells: string[],
  { kernel = "proband", script, width = 1280 }: OpenOptions = {},
): Promise<Notebook> {
  const path = join(root, `${name}.ipynb`);
  if (cells.length)
    writeFileSync(
      path,
      JSON.stringify({
        cells: cells.map((source, i) => ({
          cell_type: "code",
          id: `c${i}`,
          source,
          metadata: {},
          outputs: [],
          execution_count: null,
        })),
        metadata: {
          kernelspec: { name: kernel, display_name: kernel === "proband" ? "TypeScript (Proband)" : kernel },
        },
        nbformat: 4,
        nbformat_minor: 5,
      }),
    );
  const page = await browser.newPage({ viewport: { width, height: 900 } });
  if (script) await page.addInitScript(script);
  const external: string[] = [];
  const errors: string[] = [];
  page.on("request", (r) => {
    if (!/^(https?|wss?):\/\/127\.0\.0\.1[:/]|^(blob|data):/.test(r.url())) external.push(r.url());
  });
  page.on("console", (m) => m.type() === "error" && errors.push(m.text()));
  page.on("pageerror", (e) => errors.push(String(e)));
  await page.goto(`${url}/lab/tree/${name}.ipynb?reset`);
  await ready(page);
  return {
    page,
    path,
    external,
    errors,
    async runAll() {
      await page.click("text=Run >> nth=0");
      await page.click("[data-command='runmenu:run-all'], .lm-Menu-item:has-text('Run All Cells') >> nth=0");
      await idle(page);
    },
    output: (cell) =>
      page
        .locator(".jp-Notebook .jp-CodeCell")
        .nth(cell)
        .locator(".jp-OutputArea-child")
        .allInnerTexts()
        .then((t) => t.join("\n")),
    shot: async (file) => void (await page.screenshot({ path: join(pictures, `${file}.png`) })),
  };
}

/** Waits until the notebook is shown and its kernel idle. */
export async function ready(page: Page): Promise<void> {
  await page.waitForSelector(".jp-Notebook .jp-CodeCell", { timeout: 60_000 });
  await idle(page);
}

export async function idle(page: Page): Promise<void> {
  // The indicators show idle for a moment before a run begins.
  await page.waitForTimeout(300);
  await page.waitForFunction(
    () =>
      document.querySelector(".jp-Notebook-ExecutionIndicator")?.getAttribute("data-status") === "idle" &&
      /\| Idle/.test(document.querySelector("#jp-main-statusbar")?.textContent ?? ""),
    null,
    { timeout: 60_000 },
  );
}

export function saved(path: string): any {
  return JSON.parse(readFileSync(path, "utf8"));
}

/** The middle of some numbers. */
export function median(values: number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
}
