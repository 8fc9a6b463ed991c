/** Comms as the protocol thread sees them: which are open, and delivery to the session even while it is busy. */
import type { Publication, ToSession } from "../messages.js";
import type { Kernel } from "./kernel.js";
import type { Message } from "./wire.js";
import { text } from "./wire.js";

export interface Comms {
  incoming(message: Message): void;
  outgoing(publication: Publication): void;
  /** Makes the session send what output it holds back, and handle what may be handled, even while it computes. */
  nudge(delay?: number): void;
  /** Keeps messages from the session until `release`. */
  hold(): void;
  release(): void;
  list(target?: string): Record<string, { target_name: string }>;
}

export function createComms(kernel: Kernel): Comms {
  const open = new Map<string, string>();
  let nudging = false;
  let held: ToSession[] | undefined;

  /** Lets handlers that said so run in the middle of a cell that does not yield. */
  function nudge(delay = 5): void {
    if (nudging) return;
    nudging = true;
    setTimeout(() => {
      nudging = false;
      if (held) return; // an interrupt is under way, whose termination could hit this
      kernel.inspector.post(
        "Runtime.evaluate",
        { expression: 'globalThis[Symbol.for("proband.whileBusy")]()', silent: true, includeCommandLineAPI: false },
        () => undefined,
      );
    }, delay);
  }

  return {
    nudge,
    incoming(message) {
      const kind = message.header.msg_type as "comm_open" | "comm_msg" | "comm_close";
      const id = text(message.content.comm_id);
      if (kind === "comm_open") open.set(id, text(message.content.target_name));
      if (kind === "comm_close") open.delete(id);
      // Copied: zeromq's frames may share memory.
      const buffers = message.buffers.map((b) => new Uint8Array(b));
      const delivery: ToSession = {
        type: "comm",
        parent: kernel.register(message),
        kind,
        content: message.content as never,
        metadata: message.metadata,
        buffers,
      };
      if (held) return void held.push(delivery);
      kernel.toSession(delivery);
      nudge();
    },
    hold: () => void (held ??= []),
    release() {
      for (const delivery of held ?? []) kernel.toSession(delivery);
      held = undefined;
    },
    outgoing({ kind, content }) {
      if (content instanceof Uint8Array) return; // only displays come encoded
      const id = text(content.comm_id);
      if (kind === "comm_open") open.set(id, text(content.target_name));
      if (kind === "comm_close") open.delete(id);
    },
    list: (target) =>
      Object.fromEntries(
        [...open].filter(([, name]) => !target || name === target).map(([id, target_name]) => [id, { target_name }]),
      ),
  };
}
