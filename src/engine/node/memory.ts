/** Memory that this process may still take. */
import { freemem } from "node:os";

/** Bytes; heeds a container's limit where Node tells it (20.13 and later). */
export function availableMemory(): number {
  const process_ = process as typeof process & { availableMemory?: () => number };
  return process_.availableMemory?.() ?? freemem();
}
