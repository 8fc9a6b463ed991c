/**
 * When a request was sent, by this machine's clock. A client says it by its own, which may be wrong by hours, so what
 * counts is the difference at arrival: its least value in the last messages of a session is the error of that clock
 * and the shortest time on the way.
 */
import type { Message } from "./wire.js";
import { text } from "./wire.js";

export interface Clocks {
  arrived(message: Message): void;
  /** Milliseconds since 1970, or nothing for a message without a date. */
  sent(message: Message): number | undefined;
}

const remembered = 20;

export function createClocks(): Clocks {
  const differences = new Map<string, number[]>();
  const date = ({ header }: Message) => Date.parse(text(header.date));
  return {
    arrived(message) {
      const difference = Date.now() - date(message);
      if (!Number.isFinite(difference)) return;
      const id = text(message.header.session);
      const list = differences.get(id) ?? [];
      list.push(difference);
      if (list.length > remembered) list.shift();
      differences.delete(id);
      differences.set(id, list);
      if (differences.size > 100) differences.delete(differences.keys().next().value!);
    },
    sent(message) {
      const at = date(message);
      const list = differences.get(text(message.header.session));
      return Number.isFinite(at) && list ? at + Math.min(...list) : undefined;
    },
  };
}
