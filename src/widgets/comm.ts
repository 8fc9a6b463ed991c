/**
 * How widgets reach a front end: the comm host that a kernel puts on `globalThis[Symbol.for("proband.comm")]`.
 * The interface is stated here as widgets need it; nothing is imported from the kernel. Without a host (a script, a
 * test, a browser page) widgets hold their state and have a text form, and nothing is sent.
 */

export type CommBuffer = ArrayBuffer | ArrayBufferView;

export interface CommOptions {
  metadata?: Record<string, unknown>;
  buffers?: readonly CommBuffer[];
  /** The cell it belongs to; default: the one that runs. */
  parent?: number;
}

export interface CommMessage {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
  buffers: Uint8Array[];
}

export interface Comm {
  readonly id: string;
  send(data: Record<string, unknown>, options?: CommOptions): void;
  close(data?: Record<string, unknown>, options?: CommOptions): void;
  onMessage(handler: (message: CommMessage) => void, options?: { whileBusy?: boolean }): () => void;
  onClose(handler: (message: CommMessage) => void): () => void;
}

export interface CommHost {
  registerTarget(
    name: string,
    handler: (comm: Comm, message: CommMessage) => void,
    options?: { whileBusy?: boolean },
  ): void;
  open(target: string, data?: Record<string, unknown>, options?: CommOptions & { id?: string }): Comm;
  currentParent(): number;
  withParent<T>(parent: number, body: () => T): T;
  reportError(error: unknown): void;
  /** Runs a function after each cell, before the front end is told that it ended. */
  beforeIdle?(handler: () => void): void;
  /** Whether the client of the current cell is one a person sits at. */
  interactive?(): boolean;
}

const hook = Symbol.for("proband.comm");

/** The running kernel's comm host, if there is one. */
export function commHost(): CommHost | undefined {
  return (globalThis as Record<symbol, unknown>)[hook] as CommHost | undefined;
}

/** Runs `body` on behalf of a cell; an error is shown in that cell, with or without a kernel. */
export function onBehalfOf(parent: number | undefined, body: () => unknown): void {
  const host = commHost();
  const report = (error: unknown) => {
    if (!host) console.error(error);
    else if (parent === undefined) host.reportError(error);
    else host.withParent(parent, () => host.reportError(error));
  };
  try {
    const returned = host && parent !== undefined ? host.withParent(parent, body) : body();
    if (returned instanceof Promise) returned.catch(report);
  } catch (error) {
    report(error);
  }
}
