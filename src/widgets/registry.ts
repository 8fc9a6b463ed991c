/** The live widgets of this session: found by id, sent to a front end that (re)connects, and saved with a notebook. */
import { base64, bytesOf } from "./buffers.js";
import type { Packed } from "./buffers.js";
import { commHost, onBehalfOf } from "./comm.js";
import type { Comm, CommHost } from "./comm.js";
import { flushAll } from "./schedule.js";

interface Live {
  readonly id: string;
  readonly parent: number | undefined;
  packed(): Packed;
}

const live = new Map<string, Live>();
const constructors = new Map<string, () => unknown>();
const connected = new WeakSet<CommHost>();
let controls = 0;
let seen = false;
let adopt: ((comm: Comm, state: Record<string, unknown>) => void) | undefined;

export function register(widget: Live): void {
  live.set(widget.id, widget);
}

export function remove(id: string): void {
  live.delete(id);
}

/** The live widget of this id. */
export function find(id: string): unknown {
  return live.get(id);
}

/** Number of live widgets. */
export function liveWidgets(): number {
  return live.size;
}

/** Names a class by which styles and layouts are made when first asked for. */
export function registerClass(name: string, make: () => unknown): void {
  constructors.set(name, make);
}

export function construct(name: string): unknown {
  return constructors.get(name)?.();
}

/** Says what to make of models that a front end opens by itself. */
export function onOpenedByFrontEnd(handler: typeof adopt): void {
  adopt = handler;
}

/**
 * Whether somebody may be looking: a widget manager has connected, or the client of the running cell takes input.
 * nbclient does neither, and a notebook it makes is read without a kernel: there, displays are static.
 */
export function hasFrontEnd(): boolean {
  const host = commHost();
  // For whoever runs a notebook without a person and still wants live views in it (with the widgets' state).
  if (globalThis.process?.env?.["PROBAND_WIDGETS"] === "live") return host !== undefined;
  // Handlers run on behalf of a cell but not in it; what was seen once holds for the session.
  seen ||= controls > 0 || (host !== undefined && (host.interactive?.() ?? true));
  return seen;
}

/** Registers the comm targets with a kernel, once. */
export function connect(host: CommHost): void {
  if (connected.has(host)) return;
  connected.add(host);
  hasFrontEnd();
  host.beforeIdle?.(flushAll);
  // Answered even while a cell is busy: a page that is reloaded waits 4 s for this, then asks widget by widget.
  host.registerTarget(
    "jupyter.widget.control",
    (comm) => {
      controls++;
      comm.onMessage(({ data }) => data["method"] === "request_states" && sendStates(comm), { whileBusy: true });
    },
    { whileBusy: true },
  );
  host.registerTarget("jupyter.widget", (comm, { data }) => {
    const state = data["state"];
    if (adopt && typeof state === "object" && state !== null) adopt(comm, state as Record<string, unknown>);
    else comm.close();
  });
}

function sendStates(comm: Comm): void {
  const states: Record<string, unknown> = {};
  const buffer_paths: (string | number)[][] = [];
  const buffers: Packed["buffers"] = [];
  for (const [widget, packed] of packedAll()) {
    states[widget.id] = entry(packed);
    for (const path of packed.buffer_paths) buffer_paths.push([widget.id, "state", ...path]);
    buffers.push(...packed.buffers);
  }
  comm.send({ method: "update_states", states, buffer_paths }, { buffers });
}

/** The states of all that can be sent; one that cannot is reported and does not keep back the others. */
function packedAll(): [Live, Packed][] {
  return [...live.values()].flatMap((widget): [Live, Packed][] => {
    let packed: Packed | undefined;
    onBehalfOf(widget.parent, () => void (packed = widget.packed()));
    return packed ? [[widget, packed]] : [];
  });
}

function entry({ state }: Packed) {
  return {
    model_name: state["_model_name"],
    model_module: state["_model_module"],
    model_module_version: state["_model_module_version"],
    state,
  };
}

/**
 * The state of all live widgets as a notebook's metadata keeps it (`metadata.widgets`, state schema v2 of
 * @jupyter-widgets/schema), so that a viewer with a widget manager can show them without a kernel.
 */
export function widgetState(): { "application/vnd.jupyter.widget-state+json": object } {
  const state: Record<string, object> = {};
  for (const [widget, packed] of packedAll()) {
    const buffers = packed.buffer_paths.map((path, i) => ({
      path,
      encoding: "base64",
      data: base64(bytesOf(packed.buffers[i]!)),
    }));
    state[widget.id] = { ...entry(packed), ...(buffers.length ? { buffers } : {}) };
  }
  return { "application/vnd.jupyter.widget-state+json": { version_major: 2, version_minor: 0, state } };
}
