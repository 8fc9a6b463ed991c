/** What modules that run in cells (display helpers, tslab's API) reach the kernel by; outside a kernel it is absent. */
import { asText, bundleOf } from "../display/bundle.js";
import { cells } from "./context.js";
import { input, prompt } from "./input.js";
import { clearOutput, show, showBundle } from "./show.js";

export const hostHook = Symbol.for("proband.kernel");

/** What cells were written as, newest first. */
const cellSources = (): string[] => [...cells.values()].map((c) => c.code).reverse();

export const host = { show, showBundle, clearOutput, input, prompt, bundleOf, asText, cellSources };
export type KernelHost = typeof host;

export function installHost(): void {
  Object.defineProperty(globalThis, hostHook, { value: host, enumerable: false, configurable: true });
}
