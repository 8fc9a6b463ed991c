/** The queue of cells: one for the main shell and one for each subshell (JEP 91); order, counts, aborts, replies. */
import { randomUUID } from "node:crypto";
import type { Done, ErrorContent, ParentId } from "../messages.js";
import type { Language } from "../language/service.js";
import type { Debugger } from "../debugger/debugger.js";
import type { CrashNote } from "./crash.js";
import type { History } from "./history.js";
import type { Kernel } from "./kernel.js";
import type { Stdin } from "./stdin.js";
import type { Header, Message } from "./wire.js";
import { text } from "./wire.js";
import { ansiToHtml } from "./ansi.js";
import { createClocks } from "./clocks.js";

export interface Cells {
  enqueue(message: Message): void;
  done(done: Done): void;
  /** Answers everything that waits with "aborted", and what was sent before `by` but is still on its way. */
  abortQueued(by?: Message): void;
  /** Begins no cell until `settle`. */
  hold(): void;
  /** Answers the cells that the session was interrupted in and has forgotten, and goes on with those that waited. */
  settle(): void;
  /** Header of the cell that runs in the main shell, or else in a subshell. */
  runningHeader(): Header | undefined;
  createSubshell(): Record<string, unknown>;
  deleteSubshell(id: string): Record<string, unknown>;
  subshells(): string[];
}

interface Running {
  message: Message;
  parent: ParentId;
  count: number;
  shell: Shell;
  silent: boolean;
}

interface Shell {
  id: string | null;
  waiting: Message[];
  running: Running | undefined;
  /** Requests that were sent before `at` and arrive before `until` are aborted: they were sent without knowing. */
  abort: { at: number; until: number } | undefined;
}

/** How long (ms) after an error what was sent before it may still arrive: a browser's "Run all" through a server. */
const lateness = 10_000;

const newShell = (id: string | null): Shell => ({ id, waiting: [], running: undefined, abort: undefined });

export function createCells(parts: {
  kernel: Kernel;
  history: History;
  stdin: Stdin;
  note: CrashNote;
  language: Language;
  debug: Debugger;
}): Cells {
  const { kernel, history, stdin, note, language, debug } = parts;
  const { channels } = kernel;
  const main = newShell(null);
  const shells = new Map<string, Shell>();
  const running = new Map<ParentId, Running>();
  let count = 0;
  let afterCrash = note.previous();
  let held = false;
  const clocks = createClocks();

  function abort(message: Message): void {
    kernel.publishStatus("busy", message.header);
    // Without a count: front ends would write it beside a cell that has not run.
    channels.send("shell", "execute_reply", { status: "aborted" }, message, { metadata: { status: "aborted" } });
    kernel.publishStatus("idle", message.header);
  }

  function next(shell: Shell): void {
    while (!held && !shell.running && shell.waiting.length) {
      const message = shell.waiting.shift()!;
      const { abort: stop } = shell;
      const sent = stop && performance.now() < stop.until ? clocks.sent(message) : undefined;
      if (sent !== undefined && sent < stop!.at) abort(message);
      else {
        try {
          begin(shell, message);
        } catch (error) {
          // A cell that cannot even be handed over must not hold up those behind it.
          const entry = shell.running as Running | undefined;
          const evalue = `the kernel could not run the cell: ${(error as Error).message}`;
          if (entry)
            done({
              type: "done",
              parent: entry.parent,
              status: "error",
              error: { ename: "KernelError", evalue, traceback: [evalue] },
            });
        }
      }
    }
  }

  function begin(shell: Shell, message: Message): void {
    const { content } = message;
    const code = text(content.code);
    const silent = Boolean(content.silent);
    const parent = kernel.register(message);
    kernel.publishStatus("busy", message.header);
    const counted = !silent && content.store_history !== false;
    if (counted) count++;
    const shown = silent ? count : counted ? count : Math.max(count, 1);
    if (!silent) channels.publish("execute_input", { code, execution_count: shown }, message.header);
    if (counted && code.trim()) history.add(count, code);
    const entry: Running = { message, parent, count: shown, shell, silent };
    shell.running = entry;
    running.set(parent, entry);
    if (afterCrash && !silent) {
      channels.publish("stream", { name: "stderr", text: `${afterCrash}\n` }, message.header);
      afterCrash = undefined;
    }
    note.running(shown, code);
    if (!code.trim()) return done({ type: "done", parent, status: "ok", expressions: {}, payload: [] });
    const question = /^\s*\??([\p{ID_Start}$_][\p{ID_Continue}$.]*)\?{1,2}\s*$/u.exec(code);
    if (question) return page(parent, question[1]!);
    const url = debug.cellUrl(code, parent);
    stdin.use(parent, message);
    // Its types may have been looked at first, and it may have been interrupted meanwhile.
    const run = () =>
      running.has(parent) &&
      kernel.toSession({
        type: "execute",
        parent,
        code,
        count: shown,
        silent,
        allowStdin: content.allow_stdin !== false,
        expressions: stringValues(content.user_expressions),
        url,
      });
    if (silent) return void run();
    const show = (text: string) => {
      const style = "margin:0;padding:0 0 0 .7em;border-left:3px solid #b9770e;background:none";
      const data = { "text/plain": text, "text/html": `<pre style="${style}">${ansiToHtml(text)}</pre>` };
      channels.publish("display_data", { data, metadata: {}, transient: {} }, message.header);
    };
    const go = (refused?: ErrorContent) => {
      if (!refused || !running.has(parent)) return void run();
      channels.publish("error", refused, message.header);
      done({ type: "done", parent, status: "error", error: refused });
    };
    language.executing(shown, code, go, show);
  }

  /** `name?` shows what is known of the name, in the front end's pager. */
  function page(parent: ParentId, name: string): void {
    void language.inspect(name, name.length, 0).then((found) => {
      const data = found.found ? found.data : { "text/plain": `Nothing is known of ${name}.` };
      done({ type: "done", parent, status: "ok", payload: [{ source: "page", data, start: 0 }] });
    });
  }

  function done(result: Done): void {
    const entry = running.get(result.parent);
    if (!entry) return;
    running.delete(result.parent);
    entry.shell.running = undefined;
    if (!running.size) note.idle();
    const { message, count: shown, shell } = entry;
    const reply =
      result.status === "ok"
        ? {
            status: "ok",
            execution_count: shown,
            user_expressions: result.expressions ?? {},
            payload: result.payload ?? [],
          }
        : { status: "error", execution_count: shown, ...result.error, user_expressions: {}, payload: [] };
    if (result.status === "error" && message.content.stop_on_error !== false && !entry.silent) {
      // What arrives within the next moment but was sent before now was sent as part of the same run.
      shell.abort = { at: Date.now(), until: performance.now() + lateness };
      for (const m of shell.waiting.splice(0)) abort(m);
    }
    channels.send("shell", "execute_reply", reply, message, { metadata: { status: result.status } });
    kernel.publishStatus("idle", message.header);
    next(shell);
    language.finished(shown, result.error);
  }

  return {
    enqueue(message) {
      const id = message.header.subshell_id;
      const shell = id ? shells.get(id) : main;
      if (!shell) {
        kernel.publishStatus("busy", message.header);
        const evalue = `there is no subshell ${id}`;
        channels.send(
          "shell",
          "execute_reply",
          { status: "error", ename: "SubshellNotFound", evalue, traceback: [], execution_count: count },
          message,
        );
        return kernel.publishStatus("idle", message.header);
      }
      clocks.arrived(message);
      shell.waiting.push(message);
      next(shell);
    },
    done,
    abortQueued(by) {
      // Control may overtake shell.
      const at = (by && clocks.sent(by)) ?? Date.now();
      for (const shell of [main, ...shells.values()]) {
        shell.abort = { at, until: performance.now() + lateness };
        for (const m of shell.waiting.splice(0)) abort(m);
      }
    },
    hold: () => void (held = true),
    settle() {
      held = false;
      for (const { parent, message, silent } of [...running.values()]) {
        if (!silent) channels.publish("error", interrupted, message.header);
        done({ type: "done", parent, status: "error", error: interrupted });
      }
      for (const shell of [main, ...shells.values()]) next(shell);
    },
    runningHeader: () => (main.running ?? [...running.values()][0])?.message.header,
    createSubshell() {
      const id = randomUUID();
      shells.set(id, newShell(id));
      return { status: "ok", subshell_id: id };
    },
    deleteSubshell(id) {
      const shell = shells.get(id);
      if (!shell)
        return { status: "error", ename: "SubshellNotFound", evalue: `there is no subshell ${id}`, traceback: [] };
      for (const m of shell.waiting.splice(0)) abort(m);
      shells.delete(id);
      return { status: "ok" };
    },
    subshells: () => [...shells.keys()],
  };
}

const interrupted: ErrorContent = {
  ename: "Interrupted",
  evalue: "The cell was interrupted.",
  traceback: ["\u001b[31m\u001b[1mInterrupted\u001b[22m\u001b[39m: The cell was interrupted."],
};

function stringValues(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, text(v)]));
}
