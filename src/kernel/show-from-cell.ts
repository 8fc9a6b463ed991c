/** The way from code that runs in a cell to the kernel around it; outside a kernel, text on standard output. */
import type { KernelHost } from "./session/host.js";

export const kernelHost = (): KernelHost | undefined =>
  (globalThis as Record<symbol, unknown>)[Symbol.for("proband.kernel")] as KernelHost | undefined;

export function showBundle(
  data: Record<string, unknown>,
  metadata: Record<string, unknown> = {},
  options: { id?: string; update?: boolean } = {},
): string {
  const host = kernelHost();
  if (host) return host.showBundle(data, metadata, options);
  console.log(data["text/plain"] ?? `[${Object.keys(data).join(", ")}]`);
  return options.id ?? "";
}
