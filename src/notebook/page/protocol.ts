/** Messages between the page and its worker. */
export type ToWorker =
  | { type: "start"; files: Record<string, string> }
  | { type: "run"; cell: number; source: string }
  | { type: "comm"; message: unknown };

export type PageOutput =
  | { output_type: "stream"; name: "stdout" | "stderr"; text: string }
  | {
      output_type: "display_data" | "execute_result";
      data: Record<string, unknown>;
      metadata: Record<string, unknown>;
      display_id?: string;
      update?: boolean;
    }
  | { output_type: "error"; ename: string; evalue: string; traceback: string[] }
  | { output_type: "clear"; wait: boolean };

export type FromWorker =
  | { type: "ready" }
  | { type: "output"; cell: number; output: PageOutput }
  | { type: "progress"; cell: number; text: string; ended: boolean }
  | { type: "done"; cell: number; milliseconds: number; failed: boolean }
  | { type: "comm"; message: unknown };
