/** The kernel's display functions, as it puts them on `globalThis[Symbol.for("proband.kernel")]`; absent outside a kernel. */
import type { MimeBundle } from "../study/index.js";

export interface KernelDisplay {
  /** Shows a value; returns the display's id. */
  show(value: unknown, options?: { id?: string; update?: boolean }): string;
  /** What cells were written as, newest first. */
  cellSources?(): string[];
  showBundle(data: MimeBundle, metadata?: Record<string, unknown>, options?: { id?: string; update?: boolean }): string;
}

export function kernelDisplay(): KernelDisplay | undefined {
  return (globalThis as Record<symbol, unknown>)[Symbol.for("proband.kernel")] as KernelDisplay | undefined;
}
