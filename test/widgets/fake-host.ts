/** A comm host in the test's own process, which records what a kernel would publish and plays the front end. */
import { commHook } from "./hook.js";

export interface Sent {
  kind: "open" | "msg" | "close";
  id: string;
  target?: string;
  data: any;
  metadata?: any;
  buffers: readonly (ArrayBuffer | ArrayBufferView)[];
  parent: number;
}

export function fakeHost() {
  const sent: Sent[] = [];
  const errors: { error: any; parent: number }[] = [];
  const targets = new Map<string, (comm: any, message: any) => void>();
  const comms = new Map<string, any>();
  const idle: (() => void)[] = [];
  let parent = 1;
  const makeComm = (id: string) => {
    const handlers = new Set<(m: any) => void>();
    const closers = new Set<(m: any) => void>();
    const comm = {
      id,
      send: (data: any, o: any = {}) =>
        void sent.push({
          kind: "msg",
          id,
          data,
          buffers: o.buffers ?? [],
          parent: o.parent ?? parent,
          metadata: o.metadata,
        }),
      close: () => void sent.push({ kind: "close", id, data: {}, buffers: [], parent }),
      onMessage: (h: any) => (handlers.add(h), () => handlers.delete(h)),
      onClose: (h: any) => (closers.add(h), () => closers.delete(h)),
      handlers,
      closers,
    };
    comms.set(id, comm);
    return comm;
  };
  const host = {
    registerTarget: (name: string, handler: any) => void targets.set(name, handler),
    open(target: string, data: any = {}, o: any = {}) {
      const comm = makeComm(o.id ?? Math.random().toString(36));
      sent.push({ kind: "open", id: comm.id, target, data, metadata: o.metadata, buffers: o.buffers ?? [], parent });
      return comm;
    },
    currentParent: () => parent,
    withParent<T>(p: number, body: () => T): T {
      const kept = parent;
      parent = p;
      try {
        return body();
      } finally {
        parent = kept;
      }
    },
    reportError: (error: unknown) => void errors.push({ error, parent }),
    beforeIdle: (h: () => void) => void idle.push(h),
  };
  (globalThis as any)[commHook] = host;
  return {
    sent,
    errors,
    cell(n: number) {
      parent = n;
    },
    endCell: () => idle.forEach((h) => h()),
    /** A message from the front end to a widget. */
    receive(id: string, data: any, buffers: Uint8Array[] = []) {
      for (const h of [...comms.get(id).handlers]) h({ data, metadata: {}, buffers });
    },
    closeFromFrontEnd(id: string) {
      for (const h of [...comms.get(id).closers]) h({ data: {}, metadata: {}, buffers: [] });
    },
    openFromFrontEnd(target: string, id: string, data: any = {}) {
      const comm = makeComm(id);
      targets.get(target)!(comm, { data, metadata: {}, buffers: [] });
      return comm;
    },
    updates: (id: string) => sent.filter((s) => s.id === id && s.data.method === "update"),
    remove() {
      delete (globalThis as any)[commHook];
    },
  };
}
