// How often the intervals of alignment hold the truth, and how often its tests reject when there is nothing to find.
import {
  bias,
  coherence,
  compare,
  forcedChoiceContrast,
  groupGaps,
  heterogeneity,
  jsDistance,
  listExperiment,
  doubleListExperiment,
  randomisedResponse,
} from "../../dist/alignment/index.js";
import { Respondents, random } from "../../dist/study/index.js";

/** How often 95% intervals hold the distance of the populations drawn from. */
export function coverage() {
  const sims = 2000,
    level = 0.95;
  const normal = (k, centre, width) => Array.from({ length: k }, (_, i) => Math.exp(-((i - centre) ** 2) / width));
  const cases = [
    ["7 options, near", [5, 15, 20, 25, 15, 12, 8], [2, 10, 25, 35, 18, 7, 3]],
    ["7 options, far", [5, 15, 20, 25, 15, 12, 8], [2, 5, 8, 20, 25, 25, 15]],
    ["21 options", normal(21, 8, 40), normal(21, 11, 20)],
    ["2 options", [3, 7], [4, 6]],
  ];
  console.log(
    `coverage of 95% intervals, ${sims} samples each, 500 resamples; independent sides, then a person and a copy correlated`,
  );
  console.log("case              n   paired  true   mean JSD  mean corrected  corrected  percentile");
  const codebook = (k) => ({
    name: "c",
    title: "c",
    description: "",
    version: "1",
    provenance: "human",
    sharing: "allowed",
    licence: "",
    citation: "",
    items: [
      { name: "a", role: "belief", label: "a", text: "a", scale: { kind: "interval", min: 0, max: k - 1, step: 1 } },
    ],
    defaults: { groups: [], outcome: "a", formula: "", family: "ols" },
  });
  const rows = [];
  for (const [name, p, q] of cases)
    for (const n of [30, 116, 900])
      for (const together of [0, 0.5]) {
        const truth = jsDistance(p, q),
          g = random(7, name, n, together);
        const cumulative = (w) => {
          const t = w.reduce((a, b) => a + b);
          let c = 0;
          return w.map((v) => (c += v / t));
        };
        const [cp, cq] = [cumulative(p), cumulative(q)];
        const draw = (c, u) =>
          Math.max(
            0,
            c.findIndex((v) => u < v),
          );
        const held = { corrected: 0, percentile: 0 };
        let plain = 0,
          corrected = 0;
        for (let i = 0; i < sims; i++) {
          const h = [],
            t = [];
          for (let k = 0; k < n; k++) {
            const u = g();
            h.push(draw(cp, u));
            t.push(draw(cq, g() < together ? u : g()));
          }
          const ids = h.map((_, k) => `${k}`);
          const of = (column) => new Respondents({ codebook: codebook(p.length), ids, columns: { a: column } });
          for (const interval of ["corrected", "percentile"]) {
            const row = compare(of(h), of(t), {
              interval,
              level,
              seed: i,
              replicates: 500,
              permutations: 0,
              halves: 0,
              baselineDraws: 0,
            }).rows[0];
            if (row.interval[0] <= truth && truth <= row.interval[1]) held[interval]++;
            if (interval === "corrected") {
              plain += row.distance / sims;
              corrected += row.corrected / sims;
            }
          }
        }
        const row = {
          name,
          n,
          together,
          truth,
          plain,
          corrected,
          coverage: held.corrected / sims,
          coveragePercentile: held.percentile / sims,
        };
        rows.push(row);
        console.log(
          `${name.padEnd(16)} ${String(n).padStart(3)}   ${together}   ${truth.toFixed(3)}   ${plain.toFixed(3)}     ${corrected.toFixed(3)}           ${(100 * row.coverage).toFixed(1)}%      ${(100 * row.coveragePercentile).toFixed(1)}%`,
        );
      }
  return rows;
}

const scale = (values) => ({ kind: "ordinal", options: values.map((v) => ({ value: v, label: `${v}` })) });
const town = { name: "town", role: "attribute", label: "town", text: "", scale: scale([1, 2]) };
/** What a codebook must say besides its items and what follows from them. */
const ofTown = {
  name: "c",
  title: "c",
  description: "",
  version: "1",
  provenance: "human",
  sharing: "allowed",
  licence: "",
  citation: "",
};

/** Group gaps and coherence of samples in which groups are served alike and simulations are as coherent as people. */
export function levels() {
  const sims = 1000,
    n = 400;
  const belief = (name) => ({ name, role: "belief", label: name, text: name, scale: scale([1, 2, 3, 4, 5, 6, 7]) });
  const codebook = {
    ...ofTown,
    items: [
      town,
      belief("a"),
      belief("b"),
      { name: "act", role: "action", label: "act", text: "", scale: scale([0, 1]) },
    ],
    rule: {
      action: "act",
      text: "",
      cases: [
        { when: { gt: [{ item: "a" }, { item: "b" }] }, implies: 1 },
        { when: { lt: [{ item: "a" }, { item: "b" }] }, implies: 0 },
      ],
    },
    defaults: { groups: ["town"], outcome: "act", formula: "", family: "logit" },
  };
  const r = random(11),
    out = { gapRejected: 0, gapHeld: 0, differenceHeld: 0, overRejected: 0, underRejected: 0, shareHeld: 0 };
  const ids = Array.from({ length: n }, (_, i) => `${i}`);
  const one = (weights) => {
    const [a, b] = [0, 1].map(() => ids.map(() => 1 + r.weighted(weights)));
    const act = a.map((v, i) => {
      const implied = v === b[i] ? r.integer(2) : Number(v > b[i]);
      return r() < 0.25 ? 1 - implied : implied;
    });
    return new Respondents({ codebook, ids, columns: { town: ids.map((_, i) => (i % 10 ? 1 : 2)), a, b, act } });
  };
  for (let k = 0; k < sims; k++) {
    const human = one([1, 2, 4, 5, 4, 2, 1]),
      simulated = one([3, 3, 3, 3, 2, 1, 1]);
    const gap = groupGaps(human, simulated, { replicates: 300, seed: k }).rows.find((x) => x.gap !== null);
    if (gap.pAdjusted < 0.05) out.gapRejected += 1 / sims;
    if (gap.interval[0] <= 0 && gap.interval[1] >= 0) out.gapHeld += 1 / sims;
    const c = coherence(human, simulated, { by: [], replicates: 300, seed: k }).rows[0];
    if (c.differenceInterval[0] <= 0 && c.differenceInterval[1] >= 0) out.differenceHeld += 1 / sims;
    if (c.humanInterval[0] <= 0.25 && c.humanInterval[1] >= 0.25) out.shareHeld += 1 / sims;
    if (c.pOverCoherent <= 0.05) out.overRejected += 1 / sims;
    if (c.pUnderCoherent <= 0.05) out.underRejected += 1 / sims;
  }
  const percent = (x) => `${(100 * x).toFixed(1)}%`;
  console.log(`\nnothing to find (${sims} samples of ${n}; a tenth of them in the small group), nominal 5% and 95%`);
  console.log(`  group gap: flagged ${percent(out.gapRejected)}, interval holds ${percent(out.gapHeld)}`);
  console.log(
    `  belief–action gap: Wilson holds ${percent(out.shareHeld)}, difference ${percent(out.differenceHeld)}; over-coherent ${percent(out.overRejected)}, under-coherent ${percent(out.underRejected)}`,
  );
  return out;
}

/** How often the intervals of heterogeneity, bias and protected questions hold the truth. */
export function others() {
  const asked = process.argv.find((a) => a.startsWith("--replications="));
  const sims = asked ? Number(asked.slice(15)) : 2000,
    n = 300,
    r = random(12),
    out = {};
  const five = [1, 2, 3, 4, 5];
  const belief = (name, more = {}) => ({ name, role: "belief", label: name, text: name, scale: scale(five), ...more });
  const codebook = {
    ...ofTown,
    items: [
      town,
      belief("a", { sensitive: true, matched: "b" }),
      belief("b"),
      belief("c"),
    ],
    defaults: { groups: ["town"], outcome: "a", formula: "", family: "ols" },
  };
  // People's answers lean on a disposition of their own; simulations share half of it, vary less, and shift on `a` alone.
  const draw = (size) => {
    const ids = Array.from({ length: size }, (_, i) => `${i}`);
    const town = ids.map((_, i) => 1 + (i % 2));
    const self = ids.map(() => r.normal());
    const cut = (v) => (v < -1.2 ? 1 : v < -0.4 ? 2 : v < 0.4 ? 3 : v < 1.2 ? 4 : 5);
    const answers = (spread, shift) =>
      ids.map((_, i) => cut(0.4 * (2 * town[i] - 3) + 0.6 * self[i] + spread * r.normal() + shift));
    const of = (spread, shift) =>
      new Respondents({
        codebook,
        ids,
        columns: { town, a: answers(spread, shift), b: answers(spread, 0), c: answers(spread, 0) },
      });
    return [of(0.8, 0), of(0.5, 0.3)];
  };
  const many = draw(200_000);
  const truth = {
    flattening: heterogeneity(...many, { replicates: 0 }).rows[1].flattening,
    contrast: bias(...many, { replicates: 1 }).rows[0].contrast,
    modal: heterogeneity(...many, { replicates: 0 }).rows[0].modalShare,
    // Expected structures among 150 people, by the shares of a large sample.
    structures: heterogeneity(...many, { replicates: 0, n: 150 }).rows[0].rarefied,
  };
  const held = {
    flattening: 0,
    contrast: 0,
    modal: 0,
    structures: 0,
    list: 0,
    double: 0,
    warner: 0,
    forced: 0,
    unrelated: 0,
    choice: 0,
  };
  const inside = ([low, high], value) => (low <= value && value <= high ? 1 / sims : 0);
  const yes = (p) => Number(r() < p);
  for (let k = 0; k < sims; k++) {
    const [human, simulated] = draw(n);
    const [people, silico] = heterogeneity(human, simulated, { replicates: 300, seed: k, n: 150 }).rows;
    held.flattening += inside(silico.flatteningInterval, truth.flattening);
    held.modal += inside(people.modalInterval, truth.modal);
    held.structures += inside(people.rarefiedInterval, truth.structures);
    held.contrast += inside(bias(human, simulated, { replicates: 300, seed: k }).rows[0].interval, truth.contrast);
    // A fifth of people hold the sensitive statement; four further statements of a half each; 400 people.
    const others = () => yes(0.5) + yes(0.5) + yes(0.5) + yes(0.5);
    const treated = Array.from({ length: 400 }, (_, i) => i % 2);
    const holds = treated.map(() => yes(0.2));
    const first = treated.map((t, i) => others() + t * holds[i]);
    const second = treated.map((t, i) => others() + (1 - t) * holds[i]);
    held.list += inside(listExperiment(first, treated, { length: 4 }).interval, 0.2);
    held.double += inside(doubleListExperiment(first, second, treated).interval, 0.2);
    const asked = (p, other) => holds.map((h) => (yes(p) ? h : other(h)));
    held.warner += inside(
      randomisedResponse(
        asked(0.75, (h) => 1 - h),
        { p: 0.75 },
      ).interval,
      0.2,
    );
    const forced = asked(0.7, () => yes(0.5));
    held.forced += inside(randomisedResponse(forced, { design: "forced", p: 0.7, yes: 0.15 }).interval, 0.2);
    const unrelated = asked(0.7, () => yes(0.25));
    held.unrelated += inside(
      randomisedResponse(unrelated, { design: "unrelated", p: 0.7, unrelated: 0.25 }).interval,
      0.2,
    );
    const chosen = treated.map(() => yes(0.4));
    held.choice += inside(forcedChoiceContrast(chosen, holds).interval, 0.2);
  }
  console.log(`\n95% intervals, ${sims} samples of ${n} (protected questions: 400)`);
  for (const [name, share] of Object.entries(held)) {
    out[name] = { coverage: share, truth: truth[name] ?? 0.2 };
    console.log(`  ${name.padEnd(12)} truth ${out[name].truth.toFixed(3)}  held ${(100 * share).toFixed(1)}%`);
  }
  return out;
}
