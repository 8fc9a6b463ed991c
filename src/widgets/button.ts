import { onBehalfOf } from "./comm.js";
import { Button } from "./generated/barrel.js";
import type { ButtonState } from "./generated/barrel.js";

/** A button: `await button.clicked`, or `button.onClick(…)`. */
export class ClickButton extends Button {
  #waiting: PromiseWithResolvers | undefined;
  #handlers = new Set<() => unknown>();

  constructor(init: Partial<ButtonState> = {}) {
    super(init);
    this.onCustom((content) => {
      if ((content as { event?: string } | null)?.event === "click") this.click();
    });
  }

  /** Does what a reader's click does. */
  click(): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve();
    for (const handler of [...this.#handlers]) onBehalfOf(this.parent, handler);
  }

  /** Settles at the next click. Each new read after a click waits for the next one. */
  get clicked(): Promise<void> {
    if (!this.#waiting) {
      let resolve!: () => void;
      const promise = new Promise<void>((r) => (resolve = r));
      this.#waiting = { promise, resolve };
    }
    return this.#waiting.promise;
  }

  /** Calls `handler` at each click. Returns how to stop. */
  onClick(handler: () => unknown): () => void {
    this.#handlers.add(handler);
    return () => this.#handlers.delete(handler);
  }
}

interface PromiseWithResolvers {
  promise: Promise<void>;
  resolve: () => void;
}

/** A button with a text on it, and what happens at a click. */
export function button(description: string, onClick?: () => unknown, init: Partial<ButtonState> = {}): ClickButton {
  const made = new ClickButton({ description, ...init });
  if (onClick) made.onClick(onClick);
  return made;
}
