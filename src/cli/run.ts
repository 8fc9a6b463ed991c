// proband run NOTEBOOK: executes a notebook headlessly through the kernel; exit code 1 when a cell fails.
import { basename, dirname, extname, join, resolve } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { InvalidArgumentError, Option, type Command } from "commander";
import { text, readNotebook, writeNotebook, type CodeCell, type Notebook } from "../notebook/nbformat.js";
import { outputText, sameText } from "../notebook/page/compare.js";
import { runNotebook, type RunProgress, type RunResult } from "../notebook/run.js";

interface Options {
  parameter: Record<string, unknown>;
  output?: string;
  inPlace?: boolean;
  timeout?: number;
  allowErrors?: boolean;
  check?: boolean;
  tolerance: number;
  quiet?: boolean;
  typecheck: "error" | "warn" | "off";
  memory?: number;
}

export function register(program: Command): void {
  program
    .command("run")
    .description("execute a notebook headlessly through the kernel; fails when a cell fails")
    .argument("<notebook>", "the notebook (.ipynb)")
    .option(
      "-p, --parameter <name=value>",
      'set a variable behind the cell tagged "parameters"; repeatable',
      parameter,
      {},
    )
    .option("-o, --output <file>", "where the executed notebook goes (default: NAME.run.ipynb beside it)")
    .option("--in-place", "write the outputs into the notebook itself")
    .option("--timeout <seconds>", "interrupt a cell that takes longer (default: no limit)", positive)
    .option("--allow-errors", "go on after a failing cell, and exit with 0")
    .option("--check", "run again, write nothing, and fail where outputs differ from the saved ones")
    .option("--tolerance <relative>", "how far numbers may differ with --check", positive, 1e-6)
    .addOption(new Option("--typecheck <mode>", "what type errors do").choices(["error", "warn", "off"]).default("off"))
    .option("--memory <MB>", "heap limit of the kernel (default: Node's)", positive)
    .option("-q, --quiet", "no progress")
    .action(run);
}

/** `n=60`, `name="x"`, `list=[1,2]`; what is not JSON is text. */
function parameter(value: string, before: Record<string, unknown>): Record<string, unknown> {
  const at = value.indexOf("=");
  if (at < 1) throw new InvalidArgumentError("expected name=value, for example -p n=60");
  const raw = value.slice(at + 1);
  let parsed: unknown = raw;
  try {
    parsed = JSON.parse(raw);
  } catch {
    // text
  }
  return { ...before, [value.slice(0, at)]: parsed };
}

function positive(value: string): number {
  const n = Number(value);
  if (!(n >= 0) || value.trim() === "") throw new InvalidArgumentError("expected a number, 0 or more");
  return n;
}

async function run(path: string, options: Options): Promise<void> {
  const notebook = await readNotebook(path);
  const stop = new AbortController();
  const onSignal = () => stop.abort();
  process.once("SIGINT", onSignal);
  const result = await runNotebook(notebook, path, {
    parameters: options.parameter,
    signal: stop.signal,
    typecheck: options.typecheck,
    ...(options.timeout ? { timeout: options.timeout } : {}),
    ...(options.allowErrors || options.check ? { allowErrors: true } : {}),
    ...(options.memory ? { memory: options.memory } : {}),
    ...(options.quiet ? {} : { onProgress: showRun() }),
  });
  process.removeListener("SIGINT", onSignal);
  if (options.check) return check(notebook, result, options.tolerance);
  const output = options.inPlace
    ? path
    : resolve(options.output ?? join(dirname(path), `${basename(path, extname(path))}.run.ipynb`));
  await writeNotebook(output, result.notebook);
  for (const f of result.failed)
    console.error(`\nCell ${f.cell} failed.\n${forTerminal(f.traceback.join("\n")) || `${f.ename}: ${f.evalue}`}`);
  console.log(`${output} (${result.seconds.toFixed(1)} s)`);
  if (stop.signal.aborted) {
    console.error("Interrupted: cells behind the running one were not run.");
    process.exitCode = 130;
  } else if (result.failed.length && !options.allowErrors) process.exitCode = 1;
}

/** Colours are for terminals; a log file gets the text. */
const forTerminal = (trace: string): string =>
  process.stderr.isTTY && !process.env["NO_COLOR"] ? trace : stripVTControlCharacters(trace);

/** One line a cell; in a terminal the running cell's line is rewritten. */
function showRun(stream: NodeJS.WriteStream = process.stderr): (event: RunProgress) => void {
  let last = 0;
  return (e) => {
    const width = (stream.columns || 120) - 1;
    const line = `[${e.cell}/${e.cells}] ${e.title}`;
    if (e.state === "running") {
      if (!stream.isTTY || performance.now() - last < 100) return;
      last = performance.now();
      stream.write(`\r\u001b[2K${`${line}  ${e.seconds.toFixed(0)} s ${e.output ?? ""}`.slice(0, width)}`);
      return;
    }
    const state =
      e.state === "skipped" ? "skipped" : `${e.seconds.toFixed(1)} s${e.state === "error" ? "  FAILED" : ""}`;
    stream.write(`${stream.isTTY ? "\r\u001b[2K" : ""}${`${line}  ${state}`.slice(0, stream.isTTY ? width : 200)}\n`);
  };
}

const codeCells = (notebook: Notebook) => notebook.cells.filter((c): c is CodeCell => c.cell_type === "code");

function check(before: Notebook, result: RunResult, tolerance: number): void {
  const old = codeCells(before);
  const fresh = codeCells(result.notebook).filter((c) => !(c.metadata.tags ?? []).includes("injected-parameters"));
  let differing = 0;
  old
    .filter((c) => !(c.metadata.tags ?? []).includes("injected-parameters"))
    .forEach((cell, i) => {
      const [a, b] = [outputText(cell.outputs), outputText(fresh[i]!.outputs)];
      if (sameText(a, b, tolerance)) return;
      differing++;
      console.error(`Cell ${i + 1} differs: ${text(cell.source).trim().split("\n", 1)[0]}`);
      const [was, is] = [a.split("\n"), b.split("\n")];
      const at = was.findIndex((l, j) => !sameText(l, is[j] ?? "", tolerance));
      const line = at < 0 ? was.length : at;
      console.error(`  saved: ${was[line] ?? "(nothing)"}\n  now:   ${is[line] ?? "(nothing)"}`);
    });
  console.log(`${fresh.length - differing} of ${fresh.length} cells gave the saved outputs (tolerance ${tolerance}).`);
  if (differing) process.exitCode = 1;
}
