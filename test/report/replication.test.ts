/** The paper's grid as data, and its table in one call. */
import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadStudy } from "#src/study/node/index.js";
import { replicate, replicationPlan } from "#src/report/index.js";
import { closeModels } from "#src/provider/node/index.js";
import "#src/simulation/node/index.js";

let home: string;
before(async () => void (home = await mkdtemp(join(tmpdir(), "replication-"))));
after(async () => {
  await closeModels();
  await rm(home, { recursive: true });
});

const grid = [
  "base",
  "few-shot",
  "finetuned-30",
  "balanced",
  "one-group",
  "all-groups",
  "finetuned-300",
  "no-demographics",
];

describe("the plan", () => {
  test("has the paper's eight variants where a study has treatments and ethnicity", async () => {
    const plan = replicationPlan(await loadStudy("disclosure"));
    assert.deepEqual(
      plan.variants.map((v) => v.name),
      grid,
    );
    assert.deepEqual(plan.notes, []);
    const one = plan.variants.find((v) => v.name === "one-group")!;
    assert.equal(new Set(one.pilot!.column("group")).size, 1);
    assert.match(one.label, /30 of one treatment group \(2\d% of it\)/);
    const balanced = plan.variants.find((v) => v.name === "balanced")!.pilot!;
    assert.deepEqual(new Set(countBy(balanced.column("ethnicity"))), new Set([6]));
  });

  test("says what a study has no data for", async () => {
    const { variants, notes } = replicationPlan(await loadStudy("anes96"));
    assert.deepEqual(
      variants.map((v) => v.name),
      grid.filter((name) => !name.endsWith("-group") && !name.endsWith("-groups")),
    );
    assert.match(notes.join("; "), /no ethnicity in this study: balanced by party.*no treatment in this study/);
  });

  test("never answers for anybody that a variant learns from", async () => {
    for (const name of ["anes96", "insurance", "disclosure"]) {
      const plan = replicationPlan(await loadStudy(name));
      const answered = new Set(plan.rest.ids);
      for (const { pilot } of [...plan.variants, { pilot: plan.rectify }])
        assert.ok((pilot?.ids ?? []).every((id) => !answered.has(id)));
    }
  });
});

test("a plan of one's own is run side by side into one table, and again from what is recorded", async () => {
  const plan = replicationPlan(await loadStudy("anes96"), { n: 16, seeds: 1, full: false, people: 30 });
  plan.variants = plan.variants.filter((v) => v.kind !== "few-shot");
  const finetuned = plan.variants.find((v) => v.kind === "finetuned")!;
  plan.variants.push({ ...finetuned, name: "bare", label: "without demographics", demographics: false });
  const options = { home, replicates: 20, onProgress: () => undefined };
  const table = await replicate(plan, options);
  assert.deepEqual(
    table.rows.map((r) => r.kind),
    ["human", "base", "finetuned", "finetuned", "baseline", "baseline", "baseline", "baseline"],
  );
  assert.match(String(table), /How near[\s\S]*By group[\s\S]*How varied, how coherent/);
  assert.equal(table.byVariant.rows[0]!["bare"], table.rows[3]!.jsd);
  const again = await replicate(plan, options);
  assert.deepEqual(again.rows, table.rows);
  assert.ok(again.outcomes.every((o) => o.reports.every((r) => r.requests === 0)));
  plan.variants = plan.variants.filter((v) => v.kind === "base");
  await assert.rejects(replicate(plan, options), /no finetuned variant/);
});

function countBy(values: readonly unknown[]): number[] {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts.values()];
}
