// Alignment side by side with numpy and scipy: bootstrap of Jensen–Shannon distances, energy distance, and a compare as
// a slider asks for it. `node bench/statistics/alignment.mjs --coverage` measures how often intervals hold the truth.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { baselines, compare, energyDistance } from "../../dist/alignment/index.js";
import { AnswerTable } from "../../dist/alignment/answer-table.js";
import { compareGroup } from "../../dist/alignment/compare-group.js";
import { loadStudy, random } from "../../dist/study/node/index.js";

const here = dirname(fileURLToPath(import.meta.url)),
  root = join(here, "..", "..");
const out = {};
const best = (f, times = 5) => {
  const seconds = [];
  for (let i = 0; i < times; i++) {
    const t = performance.now();
    f();
    seconds.push((performance.now() - t) / 1000);
  }
  return Math.min(...seconds);
};
const s = (x) => `${x < 1 ? `${(1000 * x).toFixed(x < 0.1 ? 1 : 0)} ms` : `${x.toFixed(2)} s`}`.padStart(9);

if (process.argv.some((a) => a.startsWith("--coverage"))) {
  const { coverage, levels, others } = await import("./_alignment-coverage.mjs");
  // `--coverage=others` measures a part: intervals of compare, levels of tests, or the others.
  const part = process.argv.find((a) => a.startsWith("--coverage="))?.slice(11);
  const only = (name, f) => (part && part !== name ? undefined : f());
  const intervals = only("intervals", coverage),
    tests = only("tests", levels),
    further = only("others", others);
  mkdirSync(join(root, "build", "bench"), { recursive: true });
  writeFileSync(
    join(root, "build", "bench", "statistics-alignment-coverage.json"),
    JSON.stringify({ intervals, tests, further }, null, 2),
  );
  process.exit(0);
}

const replicates = 10_000,
  options = 21,
  r = random(2026, "bench");
const shape = (centre) => Array.from({ length: options }, (_, i) => Math.exp(-((i - centre) ** 2) / 30));
const human = Int32Array.from({ length: 929 }, () => r.weighted(shape(9))),
  simulated = Int32Array.from({ length: 929 }, () => r.weighted(shape(11)));
const groups = Array.from({ length: 8 }, (_, g) => Int32Array.from(human.keys()).filter((i) => i % 8 === g));
const item = { name: "belief", label: "", kind: "belief", size: options, codes: [human, simulated] };
const settings = {
  replicates,
  halves: 0,
  level: 0.95,
  interval: "percentile",
  measure: "jensenShannon",
};
let intervals;
const ours = best(() => {
  intervals = groups.map(
    (people, g) =>
      compareGroup(
        new AnswerTable([item.codes], people),
        [item],
        [undefined],
        { by: "g", group: `${g}`, people },
        settings,
        random(g),
        [],
      )[0].interval,
  );
});
const x = Float64Array.from({ length: 1e5 }, () => r.normal()),
  y = Float64Array.from({ length: 1e5 }, () => 0.1 + 1.1 * r.normal());
globalThis.gc?.();
const before = process.memoryUsage().rss;
const energy = best(() => energyDistance(x, y), 3);
const energyMB = (process.memoryUsage().rss - before) / 2 ** 20;

const candidates = [process.env["PYTHON"], join(root, "build", "venv-reference", "bin", "python"), "python3"];
const python = candidates.find(
  (p) => p && (p === "python3" || existsSync(p)) && spawnSync(p, ["-c", "import numpy, scipy"]).status === 0,
);
console.log(
  `JSD, ${replicates.toLocaleString("en-US")} bootstrap replicates, 929 people × 8 groups, ${options} options`,
);
console.log(`  proband, pairs                    ${s(ours)}`);
out.jsd = { proband: ours };
if (python) {
  const input = {
    human: [...human],
    simulated: [...simulated],
    groups: groups.map((g) => [...g]),
    options,
    replicates,
    x: [...x],
    y: [...y],
  };
  const run = spawnSync(python, [join(here, "alignment-peer.py")], { input: JSON.stringify(input), maxBuffer: 1e9 });
  if (run.status !== 0) throw new Error(String(run.stderr));
  const peer = JSON.parse(String(run.stdout));
  console.log(`  ${peer.versions}`);
  console.log(
    `  numpy, vectorised multinomials    ${s(peer.independent)}   ${(peer.independent / ours).toFixed(1)} × (target 3)`,
  );
  console.log(`  numpy, the same keeping pairs     ${s(peer.paired)}   ${(peer.paired / ours).toFixed(1)} ×`);
  console.log(
    `  scipy loop (${peer.loopMeasured} of ${replicates} measured)   ${s(peer.loop)}   ${(peer.loop / ours).toFixed(0)} × (target 30)`,
  );
  const off = Math.max(...intervals.flatMap((a, g) => a.map((v, k) => Math.abs(v - peer.intervals[g][k]))));
  console.log(`  largest difference of the percentile intervals: ${off.toFixed(4)} (Monte Carlo)`);
  console.log(`Energy distance, n = 100,000 each`);
  console.log(
    `  proband ${s(energy)}, ${energyMB.toFixed(0)} MB more; scipy ${s(peer.energy)}, ${peer.energyMB.toFixed(0)} MB more; difference ${Math.abs(energyDistance(x, y) - peer.energyValue).toExponential(1)}`,
  );
  out.jsd = {
    proband: ours,
    ...peer,
    intervals: undefined,
    ratioNumpy: peer.independent / ours,
    ratioLoop: peer.loop / ours,
  };
  out.energy = { proband: energy, probandMB: energyMB, scipy: peer.energy, scipyMB: peer.energyMB };
} else console.log("  no Python with numpy and scipy here (set PYTHON): peers not measured");

// Wall time and processor time of the whole process: the second does not count what else the machine does.
const both = (f, times) => {
  let wall = Infinity,
    processor = Infinity;
  for (let i = 0; i < times; i++) {
    const t = performance.now(),
      used = process.cpuUsage();
    f();
    const { user, system } = process.cpuUsage(used);
    wall = Math.min(wall, (performance.now() - t) / 1000);
    processor = Math.min(processor, (user + system) / 1e6);
  }
  return { wall, processor };
};
console.log("compare with 1,000 replicates, as a slider asks for it (target 100 ms)");
out.slider = {};
for (const [study, by, items] of [
  ["anes96", "PID", undefined],
  ["disclosure", "group", ["target1", "target2", "both", "attack"]],
  ["insurance", "arm", undefined],
]) {
  const all = await loadStudy(study);
  const order = random(5).permutation(all.n);
  const pilot = all.take(order.slice(0, 60)),
    rest = all.take(order.slice(60));
  const sim = baselines.copula(pilot, rest);
  const time = both(() => compare(rest, sim, { by, items, pilot, replicates: 1000 }), 15);
  out.slider[study] = time;
  console.log(
    `  ${`${study} by ${by}`.padEnd(20)} ${rest.n} people; floor, permutations, five baselines included ${s(time.wall)} (processor ${s(time.processor).trim()})`,
  );
}
mkdirSync(join(root, "build", "bench"), { recursive: true });
writeFileSync(join(root, "build", "bench", "statistics-alignment.json"), JSON.stringify(out, null, 2));
