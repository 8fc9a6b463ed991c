/** What modules that run in cells (display helpers, tslab's API) reach the kernel by; outside a kernel it is absent. */
import { asText, bundleOf } from "../display/bundle.js";
import { input, prompt } from "./input.js";
import { clearOutput, show, showBundle } from "./show.js";

export const hostHook = Symbol.for("proband.kernel");

export const host = { show, showBundle, clearOutput, input, prompt, bundleOf, asText };
export type KernelHost = typeof host;

export function installHost(): void {
  Object.defineProperty(globalThis, hostHook, { value: host, enumerable: false, configurable: true });
}
