/** What PROBAND_BACKEND, PROBAND_THREADS and PROBAND_MEMORY say, for notebooks that open models by name only. */
import { EngineError } from "../errors.js";
import type { Backend } from "./runtime.js";

export interface DeviceSettings {
  threads?: number;
  memoryBudget?: number;
  backend?: Backend;
}

const backends: readonly Backend[] = ["native", "webgpu", "wasm"];
const units: Record<string, number> = { "": 1, k: 1e3, m: 1e6, g: 1e9 };

/** Bytes of "800MB", "2 GB" or "500000000". */
export function parseBytes(text: string, name: string): number {
  const found = /^\s*(\d+(?:\.\d+)?)\s*([kmg]?)b?\s*$/i.exec(text);
  const bytes = found ? Number(found[1]) * units[found[2]!.toLowerCase()]! : NaN;
  if (!(bytes >= 16e6))
    throw new EngineError(
      "bad_option",
      `${name} takes an amount of memory of at least 16MB, such as 800MB or 2GB; found ${text}`,
    );
  return bytes;
}

export function parseThreads(text: string, name: string): number {
  const threads = Number(text);
  if (!Number.isInteger(threads) || threads < 1 || threads > 256)
    throw new EngineError("bad_option", `${name} takes a whole number from 1 to 256, found ${text}`);
  return threads;
}

export function parseBackend(text: string, name: string): Backend {
  if (!backends.includes(text as Backend))
    throw new EngineError("bad_option", `${name} takes one of ${backends.join(", ")}; found ${text}`);
  return text as Backend;
}

export function environmentSettings(env: Record<string, string | undefined> = process.env): DeviceSettings {
  const out: DeviceSettings = {};
  const { PROBAND_BACKEND: backend, PROBAND_THREADS: threads, PROBAND_MEMORY: memory } = env;
  if (backend) out.backend = parseBackend(backend, "PROBAND_BACKEND");
  if (threads) out.threads = parseThreads(threads, "PROBAND_THREADS");
  if (memory) out.memoryBudget = parseBytes(memory, "PROBAND_MEMORY");
  return out;
}
