/** Cells that were run, over all sessions: JSON lines in the user's data folder, read when first asked for. */
import { appendFile, existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { text as asText } from "./wire.js";

export interface History {
  add(count: number, code: string): void;
  reply(request: Record<string, any>): Record<string, unknown>;
  close(): void;
}

type Entry = [session: number, line: number, code: string];

/** PROBAND_HISTORY names another file; empty keeps nothing. */
const file = (): string =>
  process.env.PROBAND_HISTORY ??
  join(process.env.XDG_STATE_HOME ?? join(homedir(), ".local", "state"), "proband", "history.jsonl");
const keptBytes = 4 << 20;

export function createHistory(): History {
  let earlier: Entry[] | undefined;
  let session = 0;
  const own: Entry[] = [];
  let pending = "";
  let timer: NodeJS.Timeout | undefined;

  function load(): Entry[] {
    if (earlier) return earlier;
    earlier = [];
    if (!file()) return earlier;
    try {
      for (const line of readFileSync(file(), "utf8").split("\n")) {
        if (!line) continue;
        try {
          const [s, l, code] = JSON.parse(line) as Entry;
          // What this session has written already is in memory.
          if (typeof code === "string" && s !== session) earlier.push([s, l, code]);
        } catch {
          // a torn last line
        }
      }
    } catch {
      // no history yet
    }
    return earlier;
  }

  function write(): void {
    timer = undefined;
    const text = pending;
    pending = "";
    if (!text || !file()) return;
    try {
      mkdirSync(dirname(file()), { recursive: true, mode: 0o700 });
      if (existsSync(file()) && statSync(file()).size > keptBytes) {
        const lines = readFileSync(file(), "utf8").split("\n");
        writeFileSync(`${file()}.new`, lines.slice(lines.length >> 1).join("\n"), { mode: 0o600 });
        renameSync(`${file()}.new`, file());
      }
      appendFile(file(), text, { mode: 0o600 }, () => undefined);
    } catch {
      // History is a convenience: a read-only home does not stop a cell.
    }
  }

  return {
    add(count, code) {
      if (code.length > 100_000) return;
      session ||= Date.now();
      own.push([session, count, code]);
      pending += `${JSON.stringify([session, count, code])}\n`;
      timer ??= setTimeout(write, 1000);
      timer.unref();
    },
    reply(request) {
      session ||= Date.now();
      const all = () => [...load(), ...own];
      let found: Entry[] = [];
      const type = request.hist_access_type;
      if (type === "range") {
        const sessions = [...new Set(all().map((e) => e[0]))];
        const wanted = Number(request.session ?? 0);
        const id = wanted === 0 ? session : wanted < 0 ? sessions.filter((s) => s !== session).at(wanted) : wanted;
        const from = Number(request.start ?? 0);
        const to = request.stop === null || request.stop === undefined ? Infinity : Number(request.stop);
        found = all().filter(([s, l]) => s === id && l >= from && l < to);
        if (wanted === 0) found = found.map(([, l, code]) => [0, l, code]);
      } else if (type === "search") {
        const pattern = glob(asText(request.pattern) || "*");
        found = all().filter(([, , code]) => pattern.test(code));
        if (request.unique) {
          const last = new Map(found.map((e) => [e[2], e]));
          found = found.filter((e) => last.get(e[2]) === e);
        }
        found = found.slice(-Number(request.n ?? found.length) || 0);
      } else {
        const n = Number(request.n ?? 10);
        found = n > 0 ? all().slice(-n) : [];
      }
      const output = Boolean(request.output);
      return { status: "ok", history: found.map(([s, l, code]) => [s, l, output ? [code, null] : code]) };
    },
    close() {
      if (timer) clearTimeout(timer);
      if (!pending || !file()) return;
      try {
        mkdirSync(dirname(file()), { recursive: true, mode: 0o700 });
        writeFileSync(file(), pending, { flag: "a", mode: 0o600 });
      } catch {
        // as above
      }
      pending = "";
    },
  };
}

/** Jupyter's search patterns: * and ? as in a shell, over the whole text. */
function glob(pattern: string): RegExp {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, "\\$&")
    .replaceAll("*", "[\\s\\S]*")
    .replaceAll("?", "[\\s\\S]");
  return new RegExp(`^${source}$`);
}
