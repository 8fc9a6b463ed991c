/** What the two threads say to each other: the session (user code, main thread) and the protocol (sockets, worker). */

/** Handle of the request on whose behalf something happens; the protocol thread keeps the header it stands for. */
export type ParentId = number;

export interface ExecuteTask {
  type: "execute";
  parent: ParentId;
  code: string;
  count: number;
  silent: boolean;
  allowStdin: boolean;
  expressions: Record<string, string>;
  /** Set by the debugger and the language service as well: one name for a cell's code wherever it shows. */
  url: string;
}

export interface CommDelivery {
  type: "comm";
  parent: ParentId;
  kind: "comm_open" | "comm_msg" | "comm_close";
  content: { comm_id: string; target_name?: string; data?: Record<string, unknown> };
  metadata: Record<string, unknown>;
  buffers: Uint8Array[];
}

export type ToSession = ExecuteTask | CommDelivery | { type: "interrupt"; round: number };

/** The published half of an error: what `error` messages and error replies carry. */
export interface ErrorContent {
  ename: string;
  evalue: string;
  traceback: string[];
}

export type ExpressionResult =
  | { status: "ok"; data: Record<string, unknown>; metadata: Record<string, unknown> }
  | ({ status: "error" } & ErrorContent);

export interface Done {
  type: "done";
  parent: ParentId;
  status: "ok" | "error";
  error?: ErrorContent;
  expressions?: Record<string, ExpressionResult>;
  payload?: Record<string, unknown>[];
}

export interface Publication {
  type: "publish";
  kind: string;
  parent: ParentId;
  /** Or its JSON in UTF-8, for what is large. */
  content: Record<string, unknown> | Uint8Array<ArrayBuffer>;
  metadata?: Record<string, unknown>;
  buffers?: readonly (ArrayBuffer | ArrayBufferView)[];
}

export type ToProtocol =
  | { type: "ready" }
  | { type: "stream"; parent: ParentId; name: "stdout" | "stderr"; text: string; more: boolean }
  | Publication
  | Done
  | { type: "input"; parent: ParentId; prompt: string; password: boolean; state: SharedArrayBuffer }
  | { type: "interrupting"; round: number }
  | { type: "compiled"; parent: ParentId; cell: CompiledCell };

/** What the language service and the debugger need to know of a cell that has been compiled. */
export interface CompiledCell {
  url: string;
  count: number;
  code: string;
}

/** Values of the 32-bit word that a thread blocked in `prompt` waits on. */
export const inputState = { waiting: 0, answered: 1, interrupted: 2, refused: 3 } as const;
