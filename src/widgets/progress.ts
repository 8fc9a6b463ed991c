/**
 * Long work as a reader sees it: a bar with rate, time left, cost and a way to stop it; where nobody can press a
 * button (nbclient, a file), one line of text that is rewritten.
 */
import { formatProgress, onProgressEvent } from "../study/index.js";
import type { ProgressEvent } from "../study/index.js";
import { escapeHtml } from "../figures/table.js";
import { button } from "./button.js";
import type { ClickButton } from "./button.js";
import { commHost } from "./comm.js";
import { FloatProgress, HTML, HBox } from "./generated/barrel.js";
import { kernelDisplay } from "./kernel.js";
import { hasFrontEnd } from "./registry.js";

/** Work shorter than this shows nothing: a bar that flashes by tells nobody anything. */
const shortSeconds = 0.3;
const textEveryMs = 100;

/** A bar for one piece of work; give it events with `update`. */
export class ProgressBar extends HBox {
  #bar: FloatProgress;
  #text: HTML;
  #stop: ClickButton | undefined;
  #cancel: (() => void) | undefined;
  #line = "";
  #textAt = 0;

  constructor(event: ProgressEvent) {
    const bar = new FloatProgress({ min: 0, max: 1, value: 0 });
    const text = new HTML();
    const stop = event.cancel ? button("Stop", undefined, { icon: "stop", tooltip: "Stop this work" }) : undefined;
    super({ children: [bar, text, ...(stop ? [stop] : [])] as never });
    this.#bar = bar;
    this.#text = text;
    this.#stop = stop;
    this.layout.set({ flex_flow: "row wrap" });
    stop?.onClick(() => {
      stop.set({ disabled: true, description: "Stopping …" });
      this.#cancel?.();
    });
    this.update(event);
  }

  update(event: ProgressEvent): this {
    if (event.cancel) this.#cancel = event.cancel;
    this.#line = formatProgress(event);
    const share = event.total > 0 ? Math.min(1, event.done / event.total) : 0;
    const style = { done: "success", failed: "danger", cancelled: "warning", running: "" } as const;
    this.#bar.set({ value: share, bar_style: style[event.state] });
    const ended = event.state !== "running";
    // Words change ten times a second at most; the bar moves as it can.
    if (ended || performance.now() - this.#textAt > textEveryMs) {
      this.#textAt = performance.now();
      this.#text.value = `<span style="white-space:nowrap">${escapeHtml(this.#line)}</span>`;
    }
    if (ended && this.#stop && !this.#stop.closed) this.#stop.layout.set({ display: "none" });
    return this;
  }

  override toString(): string {
    return this.#line;
  }

  override close(): void {
    for (const w of [this.#bar, this.#text, this.#stop]) {
      if (w && !w.closed) w.close();
    }
    super.close();
  }
}

interface Shown {
  parent: number;
  started: number;
  bar?: ProgressBar;
  display?: string;
  shownAt: number;
}

/**
 * Shows the progress of all long work in the cell that started it, from now on. At its end the bar becomes a line of
 * text, so that a notebook without a kernel still says what was done. In a script it is a line of the terminal (of standard
 * error). Returns how to stop.
 */
export function showProgress(): () => void {
  if (showing) return showing;
  if (!commHost() && inTerminal) {
    const end = inTerminal();
    showing = () => {
      showing = undefined;
      end();
    };
    return showing;
  }
  const shown = new Map<string, Shown>();
  const stop = onProgressEvent((event) => {
    const host = commHost();
    const kernel = kernelDisplay();
    if (!host || !kernel) return;
    let work = shown.get(event.id);
    if (!work)
      shown.set(event.id, (work = { parent: host.currentParent(), started: performance.now(), shownAt: -Infinity }));
    const ended = event.state !== "running";
    const at = work;
    const live = hasFrontEnd();
    host.withParent(at.parent, () => {
      const now = performance.now();
      if (at.display === undefined && now - at.started < shortSeconds * 1000) return;
      const line = { "text/plain": formatProgress(event) };
      if (ended) {
        if (at.display !== undefined) kernel.showBundle(line, {}, { id: at.display, update: true });
        else kernel.showBundle(line);
        at.bar?.close();
      } else if (live) {
        if (at.bar) at.bar.update(event);
        else {
          at.bar = new ProgressBar(event);
          at.display = kernel.showBundle({ ...line, ...at.bar.view() });
        }
      } else if (now - at.shownAt > 1000) {
        at.shownAt = now;
        if (at.display === undefined) at.display = kernel.showBundle(line);
        else kernel.showBundle(line, {}, { id: at.display, update: true });
      }
    });
    if (ended) shown.delete(event.id);
  });
  showing = () => {
    showing = undefined;
    stop();
  };
  return showing;
}

/** Says how a script shows progress; src/widgets/node does. */
export function useTerminal(show: () => () => void): void {
  inTerminal = show;
}

let inTerminal: (() => () => void) | undefined;

/** Set while progress is shown: asking twice shows it once. */
let showing: (() => void) | undefined;
