/** Messages between the page and its worker. */
export type ToWorker =
  | { type: "start"; files: ArrayBuffer }
  | { type: "run"; cell: number; number: number; source: string }
  | { type: "comm"; message: ToWorkerComm };

/** A comm message of a widget's view to its model in the worker. */
export interface ToWorkerComm {
  kind: "open" | "msg" | "close";
  /** The comm's id, which is the model's. */
  id: string;
  target: string;
  /** Names this message in the answers it causes. */
  message: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: Uint8Array[];
}

/** A comm message of a model to its views; `handled` says that the worker is done with the message named by `cause`. */
export interface FromWorkerComm {
  kind: "open" | "msg" | "close" | "handled";
  id: string;
  target: string;
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: Uint8Array[];
  cause?: string;
}

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
  | {
      type: "done";
      cell: number;
      milliseconds: number;
      failed: boolean;
      /** What a page cannot have and the cell asked for: a Node API, a module, the network. */
      lacks?: string;
      /** Long work of the cell that was found in the record and not computed: "3,536 answers". */
      replayed?: string[];
    }
  | { type: "comm"; message: FromWorkerComm };
