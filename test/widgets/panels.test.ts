// Panels without a front end are plain cells: figure, table, and code that gives the same numbers.
import assert from "node:assert/strict";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, test } from "node:test";
import * as proband from "proband";
import { jupyterDisplay, random, Simulated } from "#src/study/index.js";
import type { Respondents } from "#src/study/index.js";
import * as w from "#src/widgets/node/index.js";

let anes: Respondents;
let silico: Simulated;
before(async () => {
  anes = await proband.loadStudy("anes96");
  const order = random(3, "panels").permutation(anes.n);
  const answers = anes.items("belief", "action").map((i) => i.name);
  silico = new Simulated({
    codebook: anes.codebook,
    ids: anes.ids,
    columns: new Map(
      anes.names.map((n) => [n, answers.includes(n) ? order.map((k) => anes.column(n)[k]!) : anes.column(n)]),
    ),
    simulation: { model: "shuffled", provider: "baseline", seed: 3, trainedOn: [], ledgerKey: "", elicitation: "none" },
  });
});

/** Runs the code a panel shows, with the names it uses. */
function run(code: string, names: Record<string, unknown>): any {
  const expression = code.replace(/^const \{ pilot, rest \} = /, "").replace(/;$/, "");
  return new Function(...Object.keys(names), `return ${expression}`)(...Object.values(names));
}

test("sampling.explore: the shown code draws the shown pilot", async () => {
  const panel = w.exploreSampling(anes, { n: 40 });
  await panel.settled;
  for (const strategy of ["stratified", "simpleRandom", "kCentre"]) {
    panel.setValues({ strategy, seed: 11 });
    await panel.settled;
    const again = run(panel.code, { sampling: proband.sampling, people: anes });
    assert.deepEqual(panel.result!.pilot.ids, again.pilot.ids, panel.code);
    assert.equal(panel.result!.pilot.n, 40);
  }
  assert.match(panel.toString(), /Coverage of 40 of 944/);
  const bundle = (await panel[jupyterDisplay]()) as Record<string, string>;
  assert.match(bundle["text/html"]!, /<svg/);
  assert.match(bundle["text/html"]!, /sampling\.kCentre\(people/);
  assert.throws(() => panel.setValues({ size: 3 } as never), /no control size; it has strategy, by, n, seed/);
});

test("every study's panels open on its own groups, also on ones that are put together from treatments", async () => {
  for (const name of ["anes96", "insurance", "disclosure"]) {
    const people = await proband.loadStudy(name);
    const panel = w.exploreSampling(people, { n: 40 });
    await panel.settled;
    assert.equal(panel.values.by, people.codebook.defaults.groups[0]);
    const again = run(panel.code, { sampling: proband.sampling, people });
    assert.deepEqual(panel.result!.pilot.ids, again.pilot.ids, panel.code);
    const order = random(5, name).permutation(people.n);
    const answers = people.items("belief", "action").map((i) => i.name);
    const shuffled = new Simulated({
      codebook: people.codebook,
      ids: people.ids,
      columns: new Map(
        people.names.map((c) => [c, answers.includes(c) ? order.map((k) => people.column(c)[k]!) : people.column(c)]),
      ),
      simulation: silico.simulation,
    });
    const explored = w.exploreAlignment(
      people.take([...Array(150).keys()]),
      shuffled.take([...Array(150).keys()]) as Simulated,
      { view: "heterogeneity" },
    );
    await explored.settled;
    assert.equal(explored.values.by, people.codebook.defaults.groups[0]);
    assert.ok(explored.result!.rows.length > 1, explored.toString());
  }
});

test("alignment.explore: full result when the control rests, equal to the call shown", async () => {
  const panel = w.exploreAlignment(anes, silico, { by: "PID", item: "selfLR" });
  await panel.settled;
  const again = run(panel.code, { alignment: proband.alignment, rest: anes, silico });
  assert.deepEqual(
    panel.result!.rows.map((r: any) => [r.group, r.distance, r.interval, r.p]),
    again.rows.map((r: any) => [r.group, r.distance, r.interval, r.p]),
  );
  panel.setValues({ view: "heterogeneity", by: "" });
  await panel.settled;
  assert.equal(panel.result!.kind, "alignment.heterogeneity");
  panel.setValues({ view: "coherence" });
  await panel.settled;
  assert.equal(panel.result!.rows.length, 1);
});

test("a row that is clicked is the panel's selection; it ends when its row does", async () => {
  const panel = w.exploreSampling(anes, { n: 40 });
  await panel.settled;
  const linked = (panel.get("children" as never) as { kind: string }[]).find((c) => c.kind === "Linked") as unknown as {
    get(name: string): string;
    set(patch: object): void;
  };
  const seen: number[] = [];
  panel.onSelect((rows) => seen.push(rows.length));
  assert.deepEqual(panel.selection, []);
  assert.equal(
    linked.get("table").match(/<tr data-row/g)!.length,
    panel.result!.report.rows.length,
    "no row is kept back",
  );
  const name = "party identification: strong Democrat";
  assert.ok(linked.get("figure").includes(`data-row="${name}"`));
  linked.set({ selected: name });
  assert.deepEqual(
    panel.selection.map((r) => (r as { level: string }).level),
    ["strong Democrat"],
  );
  assert.equal(linked.get("table").match(/<tr data-row/g)!.length, 1);
  assert.equal(linked.get("note"), `${name}: 1 of ${panel.result!.report.rows.length} rows`);
  panel.setValues({ n: 50 });
  await panel.settled;
  assert.equal(panel.selection.length, 1, "stays chosen while its row is there");
  linked.set({ selected: "no such row" });
  panel.setValues({ n: 51 });
  await panel.settled;
  assert.equal(linked.get("selected"), null);
  assert.deepEqual(seen, [1, 0, 0]);
});

test("regression.explore: a formula that is wrong is shown, and can be put right", async () => {
  const panel = w.exploreRegression(anes, silico);
  await panel.settled;
  const again = run(panel.code, { regression: proband.regression, rest: anes, silico });
  assert.deepEqual(
    panel.result!.rows.map((r) => r.simulated),
    again.rows.map((r: any) => r.simulated),
  );
  panel.setValues({ formula: "vote ~ nosuch" });
  await panel.settled;
  assert.equal(panel.result, undefined);
  assert.match(panel.toString(), /failed: .*nosuch/);
  panel.setValues({ formula: "vote ~ age" });
  await panel.settled;
  assert.ok(panel.result!.rows.some((r) => r.term === "age"));
});

test("simulation.watch fails in words, not in silence", async () => {
  const home = mkdtempSync(join(tmpdir(), "proband-panels-"));
  const panel = w.watchSimulation(anes.take([0, 1]), { model: "no-such-model", home });
  await assert.rejects(panel.finished);
  await panel.settled;
  assert.match(panel.toString(), /failed: .*no-such-model/s);
  assert.match(panel.code, /simulation\.run\(rest, \{ model: "no-such-model", home: .*, seed: 1 \}\)/);
});

test("a front-end module in a file is replaced when the file is saved", async () => {
  const file = join(mkdtempSync(join(tmpdir(), "proband-esm-")), "counter.mjs");
  writeFileSync(file, "export default { render() {} }");
  const widget = w.anywidget({ esm: { file }, state: { n: 1 } });
  assert.equal(widget.get("_esm"), "export default { render() {} }");
  // A watched file keeps no process alive; something else has to.
  const alive = setTimeout(() => {}, 5000);
  const changed = new Promise((resolve) => widget.observe("_esm", resolve));
  writeFileSync(file, "export default { render() { return 2 } }");
  assert.equal(await changed, "export default { render() { return 2 } }");
  clearTimeout(alive);
  widget.close();
  assert.throws(() => w.anywidget({ esm: { file: "no-such-file.mjs" } }), /no-such-file/);
  assert.throws(() => w.anywidget({ esm: " " }), /expected the source of an ES module/);
});
