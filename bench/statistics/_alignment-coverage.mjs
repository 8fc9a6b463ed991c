// How often the intervals of alignment hold the truth, and how often its tests reject when there is nothing to find.
import { coherence, compare, groupGaps, jsDistance } from "../../dist/alignment/index.js";
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

/** Group gaps and coherence of samples in which groups are served alike and simulations are as coherent as people. */
export function levels() {
  const sims = 1000,
    n = 400;
  const scale = (values) => ({ kind: "ordinal", options: values.map((v) => ({ value: v, label: `${v}` })) });
  const belief = (name) => ({ name, role: "belief", label: name, text: name, scale: scale([1, 2, 3, 4, 5, 6, 7]) });
  const codebook = {
    name: "c",
    title: "c",
    description: "",
    version: "1",
    provenance: "human",
    sharing: "allowed",
    licence: "",
    citation: "",
    items: [
      { name: "town", role: "attribute", label: "town", text: "", scale: scale([1, 2]) },
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
