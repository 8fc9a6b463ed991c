/**
 * Comms: the only place where the kernel and the code that runs in it (widgets, for one) meet.
 * The kernel puts a {@link CommHost} on `globalThis[Symbol.for("proband.comm")]`; nothing imports anything.
 */

/** A binary buffer that travels beside a message's JSON. */
export type CommBuffer = ArrayBuffer | ArrayBufferView;

export interface CommOptions {
  metadata?: Record<string, unknown>;
  buffers?: readonly CommBuffer[];
  /**
   * The message whose cell this belongs to (see {@link CommHost.currentParent}); default: the cell or comm message
   * that the calling code runs on behalf of.
   */
  parent?: CommParent;
}

/** A message as it arrives from the front end. */
export interface CommMessage {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: Uint8Array[];
}

export interface HandlerOptions {
  /**
   * Call the handler even in the middle of a cell that does not yield (default false: it waits until the cell yields).
   * Such a handler must be short and change nothing the cell may be working on: answering a state request, for one.
   */
  whileBusy?: boolean;
}

/** One open comm. */
export interface Comm {
  readonly id: string;
  readonly target: string;
  readonly closed: boolean;
  send(data: Record<string, unknown>, options?: CommOptions): void;
  close(data?: Record<string, unknown>, options?: CommOptions): void;
  /** Adds a handler; returns a function that removes it. */
  onMessage(handler: (message: CommMessage) => void, options?: HandlerOptions): () => void;
  /** Called once when the front end closes the comm (not when `close` is called here). */
  onClose(handler: (message: CommMessage) => void): () => void;
}

/** Opaque handle of the message on whose behalf code runs; pass it to `send` from a timer or an observer. */
export type CommParent = number;

export interface CommHost {
  /** What to do when the front end opens a comm of that name. Registering a name again replaces its handler. */
  registerTarget(name: string, handler: (comm: Comm, message: CommMessage) => void, options?: HandlerOptions): void;
  /** Opens a comm from the kernel's side. `id` (default: a random UUID) may be given where a model's id is the comm's. */
  open(target: string, data?: Record<string, unknown>, options?: CommOptions & { id?: string }): Comm;
  currentParent(): CommParent;
  /** Runs `body` so that everything it prints, shows and sends belongs to that parent. */
  withParent<T>(parent: CommParent, body: () => T): T;
  /** Publishes an error (for example of an observer) under the current parent, as an `error`-like stderr text. */
  reportError(error: unknown): void;
  /** Calls a function after each cell, before the front end hears that it ended: for what is still to be sent. */
  beforeIdle(handler: () => void): void;
  /** Whether the client that runs the current cell can answer input; nbclient and other headless runs cannot. */
  interactive(): boolean;
}

export const commHook = Symbol.for("proband.comm");
