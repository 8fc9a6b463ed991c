/**
 * The language service of a session. TypeScript's server is started when it is first needed and never on a cell's way:
 * a cell waits a few milliseconds for its type errors and goes on without them.
 */
import { log } from "../protocol/log.js";
import type { Session } from "node:inspector";
import type { ErrorContent } from "../messages.js";
import { complete, units } from "./completion.js";
import { isComplete } from "./complete-input.js";
import { diagnose, wording, type Diagnostic } from "./diagnostics.js";
import { inspectCode } from "./inspection.js";
import { startLanguageServer, type LanguageServer } from "./lsp.js";
import { createProject, type CellDocument } from "./project.js";
import { createRuntimeValues } from "./runtime.js";

/** What the cells' queue asks of the language service. */
export interface CellLanguage {
  /**
   * A cell is about to run. Calls back, at once unless types are enforced, with the error that forbids it.
   */
  executing(count: number, code: string, then: (refused?: ErrorContent) => void): void;
  /**
   * A cell has run. `then` is called with its type errors if they are known within some milliseconds, else without;
   * `late` is called with those that come afterwards.
   */
  finished(count: number, then: (text?: string) => void, late: (text: string) => void): void;
}

export interface Language extends CellLanguage {
  isComplete(code: string): Record<string, unknown>;
  complete(code: string, cursor: number): Promise<Record<string, unknown>>;
  inspect(code: string, cursor: number, detail: number): Promise<Record<string, unknown>>;
  close(): void;
}

export type Mode = "error" | "warn" | "off";
/** How long a finished cell waits for its type errors, ms: a tenth of what it took, so that a quick one is not slowed. */
const patience = (took: number): number => Math.min(5, took / 10);
const directive = /^\s*\/\/\s*@?typecheck:?\s+(error|warn|off)\b/m;

export function createLanguage(inspector: Session): Language {
  const folder = process.cwd();
  const project = createProject(folder);
  const values = createRuntimeValues(inspector);
  const asked = process.env.PROBAND_TYPECHECK as Mode | undefined;
  let mode: Mode = asked === "error" || asked === "off" ? asked : "warn";
  let server: LanguageServer | undefined;
  let starting: Promise<LanguageServer | undefined> | undefined;
  let closed = false;
  const checks = new Map<number, { begun: number; found: Promise<string | undefined> }>();
  const deferred = new Map<number, { document: CellDocument; code: string }>();

  function start(): Promise<LanguageServer | undefined> {
    if (server && !server.alive) server = starting = undefined; // it crashed: another one takes over
    return (starting ??= startLanguageServer(folder).then(
      (started) => {
        if (closed) started.stop();
        project.attach(started);
        return (server = started);
      },
      (error: Error) => {
        log(`types are off, TypeScript's language server did not start: ${error.message}`);
        mode = "off";
        return undefined;
      },
    ));
  }

  const check = async (document: CellDocument, code: string, timeout: number): Promise<Diagnostic[]> => {
    const s = await start();
    return s ? diagnose(s, document, code, timeout) : [];
  };

  return {
    executing(count, code, then) {
      const wanted = directive.exec(code)?.[1] as Mode | undefined;
      if (wanted) mode = wanted;
      if (mode === "off") {
        // Kept for completion: adding costs nothing while no server runs.
        safely(() => project.add(count, code));
        return then();
      }
      if (mode === "error") {
        const document = safely(() => project.add(count, code));
        if (!document) return then();
        void check(document, code, 20_000).then((found) =>
          then(
            found.length
              ? {
                  ename: "TypeError",
                  evalue: `TS${found[0]!.code}: ${found[0]!.message}`,
                  traceback: wording(found, count, code).split("\n\n"),
                }
              : undefined,
          ),
        );
        return;
      }
      then();
      // The cell is on its way; now there is time to look at its types.
      const document = safely(() => project.add(count, code));
      if (!document) return;
      if (server?.alive)
        checks.set(count, {
          begun: performance.now(),
          found: diagnose(server, document, code, 20_000).then((found) =>
            found.length ? wording(found, count, code) : undefined,
          ),
        });
      else deferred.set(count, { document, code });
    },
    finished(count, then, late) {
      const checking = checks.get(count);
      checks.delete(count);
      const waits = deferred.get(count);
      deferred.delete(count);
      if (waits) {
        then();
        // Starting the server must not slow down the cells that come now.
        setTimeout(() => {
          void check(waits.document, waits.code, 20_000).then((found) => {
            if (found.length && mode !== "off") late(wording(found, count, waits.code));
          });
        }, 50);
        return;
      }
      if (!checking) return then();
      let done = false;
      const timer = setTimeout(
        () => {
          done = true;
          then();
        },
        patience(performance.now() - checking.begun),
      );
      void checking.found.then((text) => {
        clearTimeout(timer);
        if (!done) then(text);
        else if (text) late(text);
      });
    },
    isComplete,
    async complete(code, cursor) {
      const s = await Promise.race([start(), new Promise<undefined>((r) => setTimeout(() => r(undefined), 1500))]);
      return complete(code, units(code, cursor), project, s, values);
    },
    async inspect(code, cursor) {
      const s = await Promise.race([start(), new Promise<undefined>((r) => setTimeout(() => r(undefined), 1500))]);
      return inspectCode(code, units(code, cursor), project, s, values);
    },
    close() {
      closed = true;
      server?.stop();
    },
  };
}

function safely<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}
