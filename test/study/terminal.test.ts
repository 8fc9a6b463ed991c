// Progress of a script in a terminal: one line that is rewritten and stays at its end.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { test } from "node:test";

/** Runs a script that works for half a second and for no time; a terminal is claimed for standard error. */
function run(terminal: boolean): string {
  const script = `
    ${terminal ? "process.stderr.isTTY = true;" : ""}
    const { startProgress } = await import("proband/study");
    await import("proband");
    const work = startProgress({ label: "Long work", total: 5, unit: "steps" });
    for (let i = 1; i <= 5; i++) { await new Promise((r) => setTimeout(r, 120)); work.update(i); }
    work.finish();
    startProgress({ label: "Short work", total: 1, unit: "steps" }).finish();`;
  const { stderr, status } = spawnSync(process.execPath, ["--input-type=module", "-e", script], { encoding: "utf8" });
  assert.equal(status, 0, stderr);
  return stderr;
}

test("a script at a terminal shows long work on one line with rate and time left, then what it took", () => {
  const lines = run(true).split("\r\u001b[2K").filter(Boolean);
  assert.ok(lines.length >= 3, JSON.stringify(lines));
  assert.match(lines[0]!, /Long work: \d+% +\d\/5 steps · [\d.]+ steps\/s · \d s left$/);
  assert.match(lines.at(-1)!, /Long work: 100% +5\/5 steps · done in \d s\n$/);
  assert.doesNotMatch(lines.join(""), /Short work/);
});

test("where standard error is no terminal, a script writes nothing there", () => {
  assert.equal(run(false), "");
});
