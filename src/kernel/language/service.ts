/**
 * The language service of a session. TypeScript's server and the parser are loaded when there is time, never on a
 * cell's way: cells are checked in pauses between them, or while a long one runs, and shown as soon as something is
 * known. Only where types are enforced does a cell wait.
 */
import type { Session } from "node:inspector";
import { stripVTControlCharacters } from "node:util";
import type { ErrorContent } from "../messages.js";
import { log } from "../protocol/log.js";
import { complete, units } from "./completion.js";
import { diagnose, wording, type Diagnostic } from "./diagnostics.js";
import { inspectCode } from "./inspection.js";
import { startLanguageServer, type LanguageServer } from "./lsp.js";
import type { CellDocument, Project } from "./project.js";
import { createRuntimeValues } from "./runtime.js";

export interface Language {
  /**
   * A cell is about to run: `then` is called, at once unless types are enforced, with the error that forbids it.
   * `show` is called with the wording of its type errors when they are known, while it runs or afterwards.
   */
  executing(count: number, code: string, then: (refused?: ErrorContent) => void, show: (text: string) => void): void;
  /** A cell has ended, with an error or not: pauses are counted from here, and nothing is said a second time. */
  finished(count: number, error?: ErrorContent): void;
  isComplete(code: string): Promise<Record<string, unknown>>;
  complete(code: string, cursor: number): Promise<Record<string, unknown>>;
  inspect(code: string, cursor: number, detail: number): Promise<Record<string, unknown>>;
  close(): void;
}

export type Mode = "error" | "warn" | "off";

const pause = 40; // ms without a cell beginning or ending before types are looked at
const patience = 5000; // ms that a first question waits for the server to start: a late answer is better than none
const directive = /^\s*\/\/\s*@?typecheck:?\s+(error|warn|off)\b/m;
const largest = 1e6; // characters of a cell that is looked at

interface Waiting {
  count: number;
  code: string;
  show: ((text: string) => void) | undefined;
}

export function createLanguage(inspector: Session): Language {
  const folder = process.cwd();
  const values = createRuntimeValues(inspector);
  const asked = process.env.PROBAND_TYPECHECK as Mode | undefined;
  let mode: Mode = asked === "error" || asked === "off" ? asked : "warn";
  let project: Project | undefined;
  let server: LanguageServer | undefined;
  let starting: Promise<LanguageServer | undefined> | undefined;
  let closed = false;
  /** Cells that ran and are not yet part of the project, in order. */
  let waiting: Waiting[] = [];
  let timer: NodeJS.Timeout | undefined;
  let checking = false;
  /** How the last cells failed, by count. */
  const failures = new Map<number, ErrorContent>();

  const loadProject = async (): Promise<Project> => (project ??= (await import("./project.js")).createProject(folder));

  function start(): Promise<LanguageServer | undefined> {
    if (server && !server.alive) server = starting = undefined; // it crashed: another one takes over
    return (starting ??= Promise.all([startLanguageServer(folder), loadProject()]).then(
      ([started, p]) => {
        if (closed) started.stop();
        p.attach(started);
        return (server = started);
      },
      (error: Error) => {
        log(`types are off, TypeScript's language server did not start: ${error.message}`);
        mode = "off";
        return undefined;
      },
    ));
  }

  const check = async (document: CellDocument, code: string): Promise<Diagnostic[]> => {
    const s = await start();
    return s ? diagnose(s, document, code, 20_000) : [];
  };

  /** Shows what is wrong with a cell's types, but for what its own error says already. */
  function say(found: Diagnostic[], { count, code, show }: Waiting): void {
    const failure = failures.get(count);
    if (failure?.ename === "SyntaxError") return;
    const said = failure ? stripVTControlCharacters(failure.traceback.join("\n")) : "";
    const news = found.filter((d) => !said.includes(`Cell [${count}]:${d.line + 1}:${d.column + 1}\n`));
    if (news.length) show?.(wording(news, count, code));
  }

  /** Makes waiting cells part of the project; with `look`, says what is wrong with their types. */
  async function takeUp(look: boolean): Promise<void> {
    const p = await loadProject();
    for (let w = waiting.shift(); w; w = waiting.shift()) {
      const { count, code } = w;
      const document = safely(() => p.add(count, code));
      if (!document || !w.show || !look || mode === "off") continue;
      say(await check(document, code), w);
      if (timer) return; // a cell came in between: the rest waits for the next pause
    }
  }

  function later(): void {
    if (mode === "off" || !waiting.length || closed) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = undefined;
      if (checking) return later();
      checking = true;
      takeUp(true)
        .catch((error: Error) => log(`a cell's types could not be looked at: ${error.message}`))
        .finally(() => {
          checking = false;
          if (waiting.length && !timer) later();
        });
    }, pause);
    timer.unref();
  }

  /** Everything for a request of the reader, who waits: the server if it is there soon, and all cells in it. */
  async function ready(): Promise<{ project: Project; server: LanguageServer | undefined }> {
    const tooLong = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), patience).unref());
    const s = await Promise.race([start(), tooLong]);
    const p = await loadProject();
    // Cells that wait for a look keep their turn, but their names are needed now.
    for (const w of waiting.splice(0)) {
      const document = safely(() => p.add(w.count, w.code));
      if (document && w.show && mode !== "off") void check(document, w.code).then((found) => say(found, w));
    }
    return { project: p, server: s };
  }

  return {
    executing(count, code, then, show) {
      const wanted = directive.exec(code.slice(0, 4000))?.[1] as Mode | undefined;
      if (wanted) mode = wanted;
      if (code.length > largest) return then();
      if (mode !== "error") {
        then();
        waiting.push({ count, code, show: mode === "off" ? undefined : show });
        if (waiting.length > 5000) waiting = waiting.slice(-4000);
        return later();
      }
      void (async () => {
        await takeUp(false);
        const document = (await loadProject()).add(count, code);
        const found = await check(document, code);
        then(found.length ? refusal(found, count, code) : undefined);
      })().catch(() => then());
    },
    finished(count, error) {
      if (error) {
        failures.set(count, error);
        if (failures.size > 100) failures.delete(failures.keys().next().value!);
      } else failures.delete(count);
      later();
    },
    async isComplete(code) {
      return (await import("./complete-input.js")).isComplete(code);
    },
    async complete(code, cursor) {
      const r = await ready();
      return complete(code, units(code, cursor), r.project, r.server, values);
    },
    async inspect(code, cursor) {
      const r = await ready();
      return inspectCode(code, units(code, cursor), r.project, r.server, values);
    },
    close() {
      closed = true;
      clearTimeout(timer);
      server?.stop();
    },
  };
}

function refusal(found: readonly Diagnostic[], count: number, code: string): ErrorContent {
  const first = found[0]!;
  return {
    ename: "TypeError",
    evalue: `TS${first.code}: ${first.message}`,
    traceback: wording(found, count, code).split("\n\n"),
  };
}

function safely<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
