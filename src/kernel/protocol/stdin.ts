/** Questions to the reader: the session's thread waits on a word of shared memory until the answer is there. */
import type { MessagePort } from "node:worker_threads";
import { inputState, type ParentId, type ToProtocol } from "../messages.js";
import type { Kernel } from "./kernel.js";
import type { Message } from "./wire.js";

export interface Stdin {
  /** Remembers which client asked for the cell, so that questions go to it. */
  use(parent: ParentId, message: Message): void;
  ask(question: Extract<ToProtocol, { type: "input" }>): void;
  answer(value: string): void;
  /** Lets a waiting question fail; returns whether there was one. */
  interrupt(): boolean;
}

export function createStdin(kernel: Kernel, answers: MessagePort): Stdin {
  const clients = new Map<ParentId, Message>();
  let waiting: Int32Array | undefined;
  const settle = (state: number) => {
    const word = waiting;
    waiting = undefined;
    if (!word) return false;
    Atomics.store(word, 0, state);
    Atomics.notify(word, 0);
    return true;
  };
  return {
    use(parent, message) {
      clients.set(parent, message);
      if (clients.size > 100)
        for (const id of clients.keys()) {
          clients.delete(id);
          if (clients.size <= 50) break;
        }
    },
    ask({ parent, prompt, password, state }) {
      waiting = new Int32Array(state);
      const client = clients.get(parent);
      if (!client) return void settle(inputState.refused);
      kernel.channels.send("stdin", "input_request", { prompt, password }, client);
    },
    answer(value) {
      if (!waiting) return;
      answers.postMessage(value);
      settle(inputState.answered);
    },
    interrupt: () => settle(inputState.interrupted),
  };
}
