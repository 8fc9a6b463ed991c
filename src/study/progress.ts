/**
 * Progress of long work, as events. Rooms emit them; the command line, the kernel's panels and headless runs
 * each show them in their own way (`onProgressEvent`).
 */

export interface ProgressEvent {
  /** The same for all events of one piece of work. */
  id: string;
  /** What is being done, for people: "Simulating 884 respondents". */
  label: string;
  done: number;
  total: number;
  unit: string;
  state: "running" | "done" | "failed" | "cancelled";
  elapsedSeconds: number;
  /** Units a second over the recent past; undefined until known. */
  rate?: number;
  etaSeconds?: number;
  /** Answers found in the ledger, losses, cost: shown beside the bar. */
  metrics?: Record<string, number>;
  costUSD?: number;
  /** Stops the work as a user would, where it can be stopped. */
  cancel?: () => void;
}

export type OnProgress = (event: ProgressEvent) => void;

/** Options that every long step takes. */
export interface LongWork {
  /** Stops the work; what is recorded stays and is found again by the next call. */
  signal?: AbortSignal;
  onProgress?: OnProgress;
}

const listeners = new Set<OnProgress>();

/** Shows the progress of all work that is not given its own `onProgress`. Returns how to stop listening. */
export function onProgressEvent(listener: OnProgress): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export interface Progress {
  /** Reports `done` units (absolute). */
  update(done: number, extra?: Pick<ProgressEvent, "metrics" | "costUSD">): void;
  setTotal(total: number): void;
  finish(state?: "done" | "failed" | "cancelled"): void;
}

let next = 0;

/** Starts reporting one piece of work. Rates are over what this run did, so that a resumed run's ETA is right: pass `skipped`. */
export function startProgress(
  init: { label: string; total: number; unit: string; skipped?: number; cancel?: () => void },
  options: Pick<LongWork, "onProgress"> = {},
): Progress {
  const started = performance.now();
  const first = init.skipped ?? 0;
  let { total } = init;
  let last: ProgressEvent;
  const emit = (
    done: number,
    state: ProgressEvent["state"],
    extra: Pick<ProgressEvent, "metrics" | "costUSD"> = {},
  ) => {
    const elapsedSeconds = (performance.now() - started) / 1000;
    const rate = done > first && elapsedSeconds > 0.2 ? (done - first) / elapsedSeconds : undefined;
    last = { ...last, id, label: init.label, unit: init.unit, done, total, state, elapsedSeconds, ...extra };
    if (rate !== undefined) Object.assign(last, { rate, etaSeconds: Math.max(0, (total - done) / rate) });
    if (init.cancel) last.cancel = init.cancel;
    const targets = options.onProgress ? [options.onProgress] : listeners;
    for (const target of targets) target(last);
  };
  const id = `work-${++next}`;
  emit(first, "running");
  return {
    update: (done, extra) => emit(done, "running", extra),
    setTotal: (n) => {
      total = n;
    },
    finish: (state = "done") => emit(state === "done" ? total : last.done, state),
  };
}

const clock = (seconds: number): string => {
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const m = Math.floor(s / 60);
  return m < 60
    ? `${m} min ${String(s % 60).padStart(2, "0")} s`
    : `${Math.floor(m / 60)} h ${String(m % 60).padStart(2, "0")} min`;
};

/** One line of text for a progress event: label, share, counts, rate, remaining or elapsed time, metrics and cost. */
export function formatProgress(event: ProgressEvent): string {
  const { label, done, total, unit, state, rate, etaSeconds, elapsedSeconds, metrics = {}, costUSD } = event;
  const parts = [`${label}: ${total > 0 ? `${Math.floor((100 * done) / total)}%  ` : ""}${done}/${total} ${unit}`];
  if (rate !== undefined && state === "running")
    parts.push(`${rate < 10 ? rate.toFixed(1) : Math.round(rate)} ${unit}/s`);
  if (state === "running")
    parts.push(etaSeconds !== undefined && done < total ? `${clock(etaSeconds)} left` : clock(elapsedSeconds));
  else parts.push(`${state === "done" ? "done in" : `${state} after`} ${clock(elapsedSeconds)}`);
  for (const [name, value] of Object.entries(metrics))
    parts.push(`${name} ${Number.isInteger(value) ? value : value.toPrecision(3)}`);
  if (costUSD !== undefined) parts.push(`$${costUSD.toFixed(2)}`);
  return parts.join(" · ");
}
