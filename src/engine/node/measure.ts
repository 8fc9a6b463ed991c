/**
 * How many threads compute a model fastest, and whether a graphics card does it faster still: measured once on a
 * machine and remembered, since the number of threads decides the last bits of a result.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { availableParallelism, cpus, homedir, loadavg } from "node:os";
import { dirname, join } from "node:path";
import { layerOf, timeLayer } from "../device.js";
import type { ModelConfig } from "../model/config.js";
import { baseParameters, parameterCount } from "../model/parameters.js";
import type { Runtime } from "../runtime.js";

export interface Measured {
  runtime: "native" | "webgpu";
  threads: number;
  why: string;
}

/** Below this many parameters a run is too short for the way to a graphics card and back. */
const gpuFrom = 50e6;

/** Threads without a measurement. */
export const usualThreads = () => Math.min(4, availableParallelism());

/** 1, 2, 4, 8 and all cores up to 16: beyond, matrices of models this size have too little work for each. */
export function candidates(cores: number): number[] {
  return [...new Set([1, 2, 4, 8, Math.min(cores, 16)])].filter((n) => n <= cores).sort((a, b) => a - b);
}

/** The fewest threads that are within 8% of the fastest: more would win nothing and take cores from the notebook. */
export function fewestOf(times: readonly { threads: number; ms: number }[]): number {
  const best = Math.min(...times.map((t) => t.ms));
  return times.find((t) => t.ms <= 1.08 * best)!.threads;
}

interface Remembered {
  [machineAndShape: string]: Measured & { measured: string };
}

/** Where it is remembered: the user's cache folder. */
export function measurementsFile(): string {
  const home = homedir();
  const cache =
    process.env["XDG_CACHE_HOME"] ||
    (process.platform === "win32"
      ? (process.env["LOCALAPPDATA"] ?? join(home, "AppData", "Local"))
      : process.platform === "darwin"
        ? join(home, "Library", "Caches")
        : join(home, ".cache"));
  return join(cache, "proband", "devices.json");
}

function recall(file: string): Remembered {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as Remembered;
  } catch {
    return {};
  }
}

function remember(file: string, key: string, measured: Measured): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    const part = `${file}.${process.pid}`;
    const all = { ...recall(file), [key]: { ...measured, measured: new Date().toISOString() } };
    writeFileSync(part, JSON.stringify(all, null, 2) + "\n");
    renameSync(part, file);
  } catch {
    // A home that cannot be written to: measured again next time.
  }
}

/** Whether asking for a graphics card has a prospect: on Linux the driver would complain on stderr where there is none. */
function graphicsCard(): boolean {
  if (process.platform === "darwin") return process.arch === "arm64";
  if (process.platform === "win32") return true;
  if (existsSync("/dev/nvidiactl") || existsSync("/dev/dxg")) return true;
  try {
    return readdirSync("/dev/dri").some((name) => name.startsWith("renderD"));
  } catch {
    return false;
  }
}

/**
 * Runtime and threads for a model. `runtimeWith` makes the native runtime with so many threads, `gpu` the graphics
 * card's. A busy machine is not measured: the usual number of threads is taken, and nothing remembered.
 */
export async function measureDevice(
  config: ModelConfig,
  version: string,
  runtimeWith: (threads: number) => Promise<Runtime>,
  gpu: () => Promise<Runtime>,
  { file = measurementsFile(), load = loadavg()[0]! } = {},
): Promise<Measured> {
  const cores = availableParallelism();
  if (cores === 1) return { runtime: "native", threads: 1, why: "this machine has one core" };
  const parameters = parameterCount(baseParameters(config));
  const shape = `${config.hiddenSize}x${config.intermediateSize}${parameters >= gpuFrom ? ", large" : ""}`;
  const key = [cpus()[0]?.model.trim() ?? process.arch, `${cores} cores`, `onnxruntime ${version}`, shape].join(", ");
  const known = recall(file)[key];
  if (known && known.threads >= 1 && known.threads <= cores && ["native", "webgpu"].includes(known.runtime))
    return { runtime: known.runtime, threads: known.threads, why: known.why };
  if (load > cores / 2)
    return { runtime: "native", threads: usualThreads(), why: "the machine is busy, so nothing was measured" };
  const layer = layerOf(config);
  const times: { threads: number; ms: number }[] = [];
  let loss = NaN;
  for (const threads of candidates(cores)) {
    const time = await timeLayer(await runtimeWith(threads), layer);
    times.push({ threads, ms: time.ms });
    loss = time.loss;
    // Twice as slow already: more threads will not turn it round.
    if (time.ms > 2 * times[0]!.ms) break;
  }
  const threads = fewestOf(times);
  const shown = times.map((t) => `${t.threads}: ${t.ms.toFixed(1)} ms`).join(", ");
  const measured: Measured = { runtime: "native", threads, why: `measured a layer's step by threads: ${shown}` };
  if (parameters >= gpuFrom && graphicsCard()) {
    const native = Math.min(...times.map((t) => t.ms));
    try {
      const time = await timeLayer(await gpu(), layer);
      const same = Math.abs(time.loss - loss) <= 1e-3 * Math.abs(loss);
      measured.why += `; graphics card ${time.ms.toFixed(1)} ms${same ? "" : ", but its numbers differ"}`;
      if (same && time.ms < native / 1.5) measured.runtime = "webgpu";
    } catch (error) {
      measured.why += `; no WebGPU (${(error as Error).message.split(": ").at(-1)!.trim().slice(0, 120)})`;
    }
  }
  remember(file, key, measured);
  return measured;
}
