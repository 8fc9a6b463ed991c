import type { Kernel } from "../protocol/kernel.js";

export interface Debugger {
  /** The name under which a cell's script is known to V8, the debugger and the language service. */
  cellUrl(code: string, parent: number): string;
  request(content: Record<string, any>): Promise<Record<string, unknown>>;
}

export function createDebugger(_kernel: Kernel): Debugger {
  return {
    cellUrl: (_code, parent) => `cell:///${parent}.ts`,
    async request(content) {
      return {
        type: "response",
        request_seq: content.seq,
        success: false,
        command: content.command,
        message: "no debugger",
        body: {},
      };
    },
  };
}
