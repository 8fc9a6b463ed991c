// The page on what may be concluded states every rule and threshold that the verdict applies, and no other.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { alignment, loadStudy, report, sampling } from "proband";
import { dataFolder } from "proband/study";
import { defaultThresholds } from "#src/report/rules.js";

const page = readFileSync(join(dataFolder(), "..", "docs", "what-you-may-conclude.md"), "utf8");

test("rules", async () => {
  const anes = await loadStudy("anes96");
  const { pilot, rest } = sampling.stratified(anes.take(Array.from({ length: 200 }, (_, i) => i)), {
    by: "PID",
    n: 40,
    seed: 1,
  });
  const verdict = report.verdict({ human: rest, simulated: alignment.baselines.rowBootstrap(pilot, rest), pilot });
  const section = page.slice(page.indexOf("## The rules"), page.indexOf("The thresholds are"));
  const stated = [...section.matchAll(/^\| (?!rule\b)(?!-)([^|]+?) +\|/gm)].map(([, rule]) => rule);
  assert.deepEqual(
    stated,
    verdict.rows.map((r) => r.rule),
  );
  for (const row of verdict.rows) assert.ok(["prototyping only", "piloting with rectification"].includes(row.needed));
});

test("thresholds", () => {
  for (const [name, value] of Object.entries(defaultThresholds)) {
    const text = `${name}: ${Array.isArray(value) ? `[${value.join(", ")}]` : value}`;
    assert.ok(page.includes(text), `docs/what-you-may-conclude.md does not say ${text}`);
  }
});
