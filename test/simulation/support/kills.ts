/** Kills a simulating process again and again, and counts what was lost or asked twice. */
import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { random } from "#src/study/index.js";
import { testServer } from "./server.js";

export interface KillReport {
  kills: number;
  /** The finished run's rows. */
  rows: unknown[];
  /** Requests for an answer that the ledger already held: must be none. */
  askedAgain: number;
  /** Answers the ledger held after a kill and does not hold at the end: must be none. */
  lost: number;
  /** The most requests repeated after one kill: at most the concurrency. */
  mostRepeated: number;
  requests: number;
  answers: number;
}

const child = fileURLToPath(new URL("./child.js", import.meta.url));

const recorded = (ledger: string): Set<string> =>
  new Set(
    existsSync(ledger)
      ? readFileSync(ledger, "utf8")
          .split("\n")
          .slice(0, -1)
          // Log-probabilities are asked for under the key of their prompt.
          .flatMap((line) => {
            const [, key, prompt] = /^\{"key":"([0-9a-f]{32})"(?:,"prompt":"([0-9a-f]{32})")?/.exec(line) ?? [];
            return prompt ?? key ?? [];
          })
      : [],
  );

export async function killAgainAndAgain(options: {
  ledger: string;
  kills: number;
  people: number;
  concurrency: number;
  delay: number;
  seed: number;
  elicitation?: "sampled" | "logprobs";
}): Promise<KillReport> {
  const { ledger, people, concurrency } = options;
  const server = await testServer({ delay: options.delay });
  const draw = random(options.seed, "kills");
  let known = new Set<string>();
  let askedAgain = 0;
  let mostRepeated = 0;
  let kills = 0;
  let output = "";
  try {
    for (;;) {
      const before = new Map(server.asked);
      let firstRequest: () => void;
      const talking = new Promise<void>((resolve) => (firstRequest = resolve));
      const repeated = new Set<string>();
      server.onRequest = (key) => {
        if (known.has(key)) askedAgain++;
        else if (before.has(key)) repeated.add(key);
        firstRequest();
      };
      const process_ = spawn(
        process.execPath,
        [child, server.url, ledger, String(people), String(concurrency), options.elicitation ?? "sampled"],
        {
          stdio: ["ignore", "pipe", "inherit"],
        },
      );
      output = "";
      process_.stdout.on("data", (chunk) => (output += chunk));
      const ended = new Promise<number | null>((resolve) => process_.on("close", resolve));
      if (kills < options.kills) {
        // From the first request on, or while still starting; a run of this size ends in some tens of delays.
        await Promise.race([talking, ended]);
        await new Promise((resolve) => setTimeout(resolve, draw() * options.delay * 6));
        process_.kill("SIGKILL");
        kills++;
      }
      const code = await ended;
      mostRepeated = Math.max(mostRepeated, repeated.size);
      const now = recorded(ledger);
      const lost = [...known].filter((key) => !now.has(key)).length;
      if (lost)
        return { kills, rows: [], askedAgain, lost, mostRepeated, requests: server.requests, answers: now.size };
      known = now;
      if (code === 0)
        return {
          kills,
          rows: JSON.parse(output),
          askedAgain,
          lost,
          mostRepeated,
          requests: server.requests,
          answers: now.size,
        };
      if (code !== null) throw new Error(`the child ended with code ${code}`);
    }
  } finally {
    await server.close();
  }
}
