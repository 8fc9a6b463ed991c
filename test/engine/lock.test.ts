import test from "node:test";
import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { takeLock } from "#src/engine/openai/node/lock.js";

const folder = mkdtempSync(join(tmpdir(), "proband-lock-"));
test.after(() => rmSync(folder, { recursive: true, force: true }));
const hold = (path: string, pid: number) =>
  writeFileSync(path, JSON.stringify({ pid, host: hostname(), since: new Date().toISOString() }));

test("a holder that was killed and not waited for is dead", { skip: process.platform !== "linux" }, async (t) => {
  // The shell's child ends at once; the sleep that takes the shell's place never waits for it.
  const parent = spawn("sh", ["-c", "sleep 0.1 & echo $!; exec sleep 30"], { stdio: ["ignore", "pipe", "ignore"] });
  t.after(() => parent.kill("SIGKILL"));
  const pid = Number(await new Promise<string>((resolve) => parent.stdout.once("data", (d) => resolve(String(d)))));
  await new Promise((resolve) => setTimeout(resolve, 600));
  assert.doesNotThrow(() => process.kill(pid, 0), "it still answers to signals");
  const path = join(folder, "zombie.lock");
  hold(path, pid);
  const lock = takeLock(path);
  assert.ok("release" in lock);
  lock.release();
});

test("a holder that is just ending is waited for, one that lives is named", () => {
  // Not this process's child, which could not be waited for while this process waits for the lock.
  const ending = Number(execFileSync("sh", ["-c", "sleep 0.4 >/dev/null 2>&1 & echo $!"], { encoding: "utf8" }));
  const path = join(folder, "ending.lock");
  hold(path, ending);
  const lock = takeLock(path);
  assert.ok("release" in lock);
  const again = takeLock(path);
  assert.ok("heldBy" in again && again.heldBy.pid === process.pid);
  lock.release();
  const living = spawn("sleep", ["30"]);
  hold(path, living.pid!);
  const refused = takeLock(path);
  living.kill("SIGKILL");
  assert.ok("heldBy" in refused && refused.heldBy.pid === living.pid);
});
