/**
 * When state changes are sent. Jupyter drops a kernel's output beyond 1000 messages a second, and a front end gains
 * nothing from more than its screen can show: each model sends at once when it has been quiet, then at most every
 * 20 ms, always ending with the latest state; all models together stay below 500 messages a second. Messages of a
 * widget's own cannot be merged: beyond 900 a second, states counted, they wait their turn.
 */

const quietMs = 20;
const perSecond = 500;
const messagesPerSecond = 900;

export interface Sender {
  /** Sends what has changed since it was last called. */
  sendChanges(): void;
}

const due = new Map<Sender, number>();
const lastSent = new WeakMap<Sender, number>();
const messages: (() => void)[] = [];
let windowStart = 0;
let sentInWindow = 0;
let timer: ReturnType<typeof setTimeout> | undefined;

const now = () => performance.now();

/** Sends a model's changes as soon as the limits allow. */
export function schedule(sender: Sender): void {
  const t = now();
  const at = Math.max(due.get(sender) ?? 0, (lastSent.get(sender) ?? -Infinity) + quietMs);
  // Sending at once, not in a later tick, also shows what a busy cell that never yields is doing.
  if (at <= t && spare(t)) return send(sender, t);
  if (!due.has(sender)) due.set(sender, at);
  timer ??= setTimeout(tick, quietMs);
}

/** Sends this model's changes now, whatever the limits: before a custom message, at the end of long work. */
export function flush(sender: Sender): void {
  send(sender, now());
}

/** Sends every state that waits; messages beyond the limit go on after the cell. */
export function flushAll(): void {
  const t = now();
  for (const sender of [...due.keys()]) send(sender, t);
  drain();
}

/** Sends a message at once while the limit allows, else in its turn, by `later`; never before those posted earlier. */
export function post(message: () => void, later: () => void): void {
  if (!messages.length && spare(now(), messagesPerSecond)) {
    sentInWindow++;
    return message();
  }
  messages.push(later);
  timer ??= setTimeout(tick, quietMs);
}

function drain(): void {
  const t = now();
  while (messages.length && spare(t, messagesPerSecond)) {
    sentInWindow++;
    messages.shift()!();
  }
  if (messages.length) timer ??= setTimeout(tick, quietMs);
}

function tick(): void {
  timer = undefined;
  const t = now();
  for (const [sender, at] of [...due]) {
    if (!spare(t)) break;
    if (at <= t + 1) send(sender, t);
  }
  if (due.size) timer = setTimeout(tick, quietMs);
  drain();
}

function send(sender: Sender, t: number): void {
  due.delete(sender);
  lastSent.set(sender, t);
  sentInWindow++;
  sender.sendChanges();
}

function spare(t: number, limit = perSecond): boolean {
  if (t - windowStart >= 1000) {
    windowStart = t;
    sentInWindow = 0;
  }
  return sentInWindow < limit;
}
