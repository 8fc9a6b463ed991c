/** What this thread was doing when the protocol thread asked through the inspector, in the middle of it. */
import { kernelFolder } from "../package-root.js";

const most = 60; // frames looked at: above the first that is not Node's there are few

/**
 * "idle" when nothing ran; "kernel" when the kernel's own code did, on a cell's behalf or not; "user" for the reader's
 * code, which may be terminated.
 */
export function whereAreWe(): "idle" | "kernel" | "user" {
  const { prepareStackTrace, stackTraceLimit } = Error;
  try {
    Error.stackTraceLimit = most;
    Error.prepareStackTrace = (_, frames) => frames;
    const frames = new Error().stack as unknown as NodeJS.CallSite[];
    // The first is this function, the second the question's own script.
    const files = frames.slice(2).map((f) => f.getFileName() ?? f.getScriptNameOrSourceURL() ?? "");
    const file = files.find((f) => !f.startsWith("node:"));
    if (file === undefined) return files.length ? "kernel" : "idle";
    return file.startsWith(kernelFolder) ? "kernel" : "user";
  } finally {
    Error.prepareStackTrace = prepareStackTrace;
    Error.stackTraceLimit = stackTraceLimit;
  }
}
