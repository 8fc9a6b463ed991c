/**
 * Scores designs on the development studies: node scripts/train-base/experiment.mjs MODEL_FOLDER [--n 30,120] [--seeds 1,2,3]
 * [--studies election,garages,masks,fund] [--held 300] [--threads 1] [--out FILE.jsonl] [--tag NAME] [--kind lora|none|bootstrap|chain]
 * [--set '{"learningRate":1e-3,"smoothing":0.3}']. One JSON line a cell; a table of means at the end.
 */
import { appendFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { setup } from "../setup.mjs";
import { generator } from "./corpus/measure.mjs";
import { people, studies } from "./development/studies.mjs";
import { finetuning } from "./presets.mjs";

const { values: args, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    n: { type: "string", default: "30,120" },
    seeds: { type: "string", default: "1,2,3" },
    studies: { type: "string", default: Object.keys(studies).join(",") },
    held: { type: "string", default: "300" },
    threads: { type: "string", default: "1" },
    out: { type: "string" },
    tag: { type: "string", default: "" },
    kind: { type: "string", default: "lora" },
    set: { type: "string", default: "{}" },
  },
});
await setup();
const { openModel } = await import("#src/engine/node/index.js");
const { defaultEpochs, defaultsByPeople } = await import("#src/engine/openai/index.js");
const { jsDistance } = await import("#src/alignment/distances.js");
const { estimateMargins, spreadAnswers } = await import("#src/finetuning/margins.js");
const { fitMultinomial, fitOrdered } = await import("#src/report/learning/ridge.js");

const [folder] = positionals;
const engine = folder ? await openModel(folder, { threads: Number(args.threads) }) : null;
const changed = JSON.parse(args.set);
const scratch = mkdtempSync(join(tmpdir(), "experiment-"));
const results = [];

/** A respondent as a conversation up to item `upTo`, in the words of the compact template. */
function messagesOf(study, person, answers, upTo) {
  const opening = `<model> ${person.attributes.map(([label, value]) => `${label} ${value}`).join(" ")} `;
  const messages = [];
  for (let i = 0; i <= upTo; i++) {
    const { label, size, options } = study.items[i];
    const earlier = answers
      .slice(0, i)
      .map((k, j) => `${study.items[j].options[k]} `)
      .reverse()
      .join("");
    messages.push({ role: "user", content: `${i ? "" : opening}${label} ${size} ${earlier}=` });
    if (i < upTo) messages.push({ role: "assistant", content: options[answers[i]] });
  }
  return messages;
}

const normalised = (logs) => {
  const top = Math.max(...logs);
  const weights = Array.from(logs, (v) => Math.exp(v - top));
  const total = weights.reduce((a, b) => a + b);
  return weights.map((w) => w / total);
};

function modelPredictor(study, adapter) {
  return async (persons, answers, item) => {
    const requests = persons.map((person, i) => ({
      messages: messagesOf(study, person, answers[i], item),
      options: study.items[item].options,
    }));
    const scores = await engine.score(requests, adapter ? { adapter } : {});
    return scores.map(normalised);
  };
}

function bootstrapPredictor(study, pilot) {
  const margins = study.items.map((item, q) => {
    const counts = item.options.map(() => 0.5);
    for (const p of pilot) counts[p.answers[q]]++;
    const total = counts.reduce((a, b) => a + b);
    return counts.map((c) => c / total);
  });
  return async (persons, _, item) => persons.map(() => margins[item]);
}

/** Proportional-odds (multinomial for letters) chain, ridge penalty by five-fold cross-validation, as in report/learning/chain. */
function chainPredictor(study, pilot) {
  const features = (person, answers, q) => [
    ...person.attributes.flatMap(([, v]) =>
      v.startsWith("<") ? ["<A>", "<B>", "<C>", "<D>"].map((l) => (v === l ? 1 : 0)) : [Number(v) / 100],
    ),
    ...answers.slice(0, q).map((k, i) => k / (study.items[i].options.length - 1)),
    ...(q === (study.beliefs ?? study.items.length - 1)
      ? study.items[q].options
          .slice(1)
          .map((_, k) => (study.implied(answers) === null ? 0 : study.implied(answers) === k + 1 ? 1 : -1))
      : []),
  ];
  const models = study.items.map((item, q) => {
    const raw = pilot.map((p) => features(p, p.answers, q));
    const mean = raw[0].map((_, j) => raw.reduce((s, x) => s + x[j], 0) / raw.length);
    const sd = mean.map((m, j) => Math.sqrt(raw.reduce((s, x) => s + (x[j] - m) ** 2, 0) / raw.length) || 1);
    const scale = (x) => Float64Array.from(x, (v, j) => (v - mean[j]) / sd[j]);
    const x = raw.map(scale),
      y = pilot.map((p) => p.answers[q]),
      n = item.options.length;
    const fit = item.size === "<nominal>" ? fitMultinomial : fitOrdered;
    const margin = item.options.map((_, k) => (y.filter((v) => v === k).length + 0.5) / (y.length + 0.5 * n));
    let best = [Infinity];
    for (const penalty of [0.5, 1, 2, 5, 10, 20]) {
      const loss = [0.03, 0.15, 0.4].map(() => 0);
      for (let fold = 0; fold < 5; fold++) {
        const predict = fit(
          x.filter((_, i) => i % 5 !== fold),
          y.filter((_, i) => i % 5 !== fold),
          n,
          penalty,
        );
        x.forEach(
          (row, i) =>
            i % 5 === fold &&
            [0.03, 0.15, 0.4].forEach((m, j) => (loss[j] -= Math.log((1 - m) * predict(row)[y[i]] + m * margin[y[i]]))),
        );
      }
      loss.forEach((l, j) => l < best[0] && (best = [l, penalty, [0.03, 0.15, 0.4][j]]));
    }
    const predict = fit(x, y, n, best[1]);
    return (person, answers) =>
      predict(scale(features(person, answers, q))).map((p, k) => (1 - best[2]) * p + best[2] * margin[k]);
  });
  return async (persons, answers, item) => persons.map((p, i) => models[item](p, answers[i]));
}

async function cell(name, n, seed) {
  const study = studies[name],
    end = study.items.length - 1,
    last = study.beliefs ?? end;
  const pilot = people(name, n, generator(7919 * seed + n)),
    held = people(name, Number(args.held), generator(5 + seed), "held");
  const human = held.map((p) => p.answers);
  const started = performance.now();
  let predict,
    trainSeconds = 0;
  if (args.kind === "bootstrap") predict = bootstrapPredictor(study, pilot);
  else if (args.kind === "chain") predict = chainPredictor(study, pilot);
  else if (args.kind === "none") predict = modelPredictor(study);
  else {
    // As src/finetuning/examples.ts makes them from a codebook.
    const { attributeDropout, marginSmoothing } = { ...finetuning.examples, ...changed.examples };
    const { copies = 0, share = 0, below = Infinity, actionsFrom = 0 } = attributeDropout ?? {};
    const margins = study.items.map((item, q) =>
      item.options.map((_, k) => pilot.filter((p) => p.answers[q] === k).length / pilot.length),
    );
    const others = (item) => {
      const added = marginSmoothing?.[item < last ? "beliefs" : "actions"] ?? 0;
      return added / (added + pilot.length);
    };
    const width = marginSmoothing?.spread;
    const spreads = study.items.map(() => null);
    const ordered = study.items.flatMap(({ size, options }, q) =>
      size === "<nominal>" || options.length < 3 ? [] : [q],
    );
    for (const length of new Set(width ? ordered.map((q) => margins[q].length) : [])) {
      const alike = ordered.filter((q) => margins[q].length === length);
      const counts = alike.map((q) => margins[q].map((share) => Math.round(share * pilot.length)));
      estimateMargins(counts).forEach(
        (to, i) => (spreads[alike[i]] = { to, rows: spreadAnswers(margins[alike[i]], to, width) }),
      );
    }
    const targetOf = (q, answer) => {
      const share = others(q);
      if (spreads[q]) return spreads[q].to.map((m, k) => share * m + (1 - share) * spreads[q].rows[answer][k]);
      return margins[q].map((m, k) => share * m + (answer === k ? 1 - share : 0));
    };
    const random = generator(seed);
    const variants = Array.from({ length: 1 + (pilot.length < below ? copies : 0) }, (_, c) =>
      pilot.map((p) => (c ? { ...p, attributes: p.attributes.filter(() => !random.chance(share)) } : p)),
    ).flat();
    const examples = variants.map((p, v) => {
      let item = 0;
      const messages = [
        ...messagesOf(study, p, p.answers, end),
        { role: "assistant", content: study.items[end].options[p.answers[end]] },
      ];
      return {
        messages: messages.map((m) =>
          m.role === "user"
            ? m
            : {
                ...m,
                options: {
                  text: study.items[item].options,
                  ordered: study.items[item].size !== "<nominal>",
                  target: targetOf(item, p.answers[item]),
                },
                ...(n < actionsFrom && item >= last && v >= pilot.length && { weight: 0 }),
                ...(item++, {}),
              },
        ),
      };
    });
    const { learningRate = finetuning.learningRate, weightDecay = finetuning.weightDecay } = defaultsByPeople(
      finetuning,
      n,
    );
    const options = { ...finetuning, learningRate, weightDecay, ...changed };
    const { examples: _made, epochsByExamples: _epochs, byPeople: _people, ...training } = options;
    const { adapter } = await engine.train(examples, {
      ...training,
      epochs: changed.epochs ?? defaultEpochs(options, examples.length),
      seed,
      output: join(scratch, `${name}-${n}-${seed}-${results.length}`),
    });
    trainSeconds = (performance.now() - started) / 1000;
    predict = modelPredictor(study, adapter);
  }
  // Likelihood of each answer after the person's own earlier ones, and the gap of predictions after human beliefs.
  let logLikelihood = 0,
    off = 0,
    definite = 0;
  const byItem = [];
  // Margins expected after people's own earlier answers: without the noise of drawing, and without errors that add up.
  let expected = 0,
    fit = 0;
  for (let q = 0; q <= end; q++) {
    const shares = await predict(held, human, q);
    const mean = shares.reduce((s, p, i) => s + Math.log(p[human[i][q]]), 0) / held.length;
    byItem.push(-mean);
    if (q < last) {
      const margin = study.items[q].options.map((_, k) => shares.reduce((sum, p) => sum + p[k], 0));
      const counted = (persons) =>
        study.items[q].options.map((_, k) => persons.filter((p) => p.answers[q] === k).length);
      expected += jsDistance(margin, counted(held)) / last;
      fit += jsDistance(margin, counted(pilot)) / last;
    }
    logLikelihood += mean / (end + 1);
    if (q === last)
      held.forEach((p, i) => {
        const implied = study.implied(p.answers);
        if (implied !== null) {
          definite++;
          off += 1 - shares[i][implied];
        }
      });
  }
  const draw = generator(31 * seed + 7);
  const simulated = held.map(() => []);
  for (let q = 0; q <= end; q++) {
    const shares = await predict(held, simulated, q);
    shares.forEach((p, i) => {
      let u = draw(),
        k = 0;
      while (k < p.length - 1 && (u -= p[k]) > 0) k++;
      simulated[i].push(k);
    });
  }
  const histogram = (rows, q) => study.items[q].options.map((_, k) => rows.filter((y) => y[q] === k).length);
  const keys = (rows) => rows.map((y) => y.slice(0, last).join());
  const all = [...new Set([...keys(simulated), ...keys(human)])];
  const tally = (rows) => {
    const c = new Map();
    for (const k of keys(rows)) c.set(k, (c.get(k) ?? 0) + 1);
    return all.map((k) => c.get(k) ?? 0);
  };
  const gap = (rows) => {
    const d = rows.filter((y) => study.implied(y) !== null);
    return d.filter((y) => study.implied(y) !== y[last]).length / d.length;
  };
  // On the same pilot: its answers drawn anew item by item, and as many other people.
  const resampled = held.map(() => study.items.map((_, q) => pilot[Math.floor(draw() * pilot.length)].answers[q]));
  const others = people(name, held.length, generator(6007 + seed)).map((p) => p.answers);
  const distance = (rows) => {
    let sum = 0;
    for (let q = 0; q < last; q++) sum += jsDistance(histogram(rows, q), histogram(human, q)) / last;
    return sum;
  };
  const beliefs = distance(simulated);
  return {
    nll: -logLikelihood,
    action: byItem[last] ?? NaN,
    jsd: beliefs,
    expected,
    fit,
    bootstrap: distance(resampled),
    people: distance(others),
    joint: jsDistance(tally(simulated), tally(human)),
    jsdAction: last > end ? NaN : jsDistance(histogram(simulated, last), histogram(human, last)),
    structures: new Set(keys(simulated)).size / new Set(keys(human)).size,
    gap: gap(simulated) - gap(human),
    gapOnHumanBeliefs: off / definite - gap(human),
    humanGap: gap(human),
    trainSeconds,
    seconds: (performance.now() - started) / 1000,
  };
}

for (const n of args.n.split(",").map(Number))
  for (const name of args.studies.split(","))
    for (const seed of args.seeds.split(",").map(Number)) {
      const measured = await cell(name, n, seed);
      const record = {
        tag: args.tag,
        model: folder ? folder.split("/").at(-1) : "",
        kind: args.kind,
        ...changed,
        n,
        study: name,
        seed,
        ...measured,
      };
      results.push(record);
      if (args.out) appendFileSync(args.out, JSON.stringify(record) + "\n");
    }
// Studies without an action have no gap.
const mean = (all) => {
  const list = all.filter((v) => !Number.isNaN(v));
  return list.reduce((a, b) => a + b, 0) / list.length;
};
for (const n of args.n.split(",").map(Number)) {
  const rows = results.filter((r) => r.n === n);
  const show = (key) =>
    `${key} ${mean(rows.map((r) => r[key])).toFixed(3)}±${(Math.sqrt(mean(rows.map((r) => (r[key] - mean(rows.map((x) => x[key]))) ** 2))) / Math.sqrt(Math.max(1, rows.length - 1))).toFixed(3)}`;
  console.log(
    `${args.tag} ${args.kind} ${args.set} n=${n} cells=${rows.length}  ${["nll", "action", "jsd", "expected", "fit", "bootstrap", "people", "joint", "jsdAction", "structures", "gap", "gapOnHumanBeliefs", "trainSeconds", "seconds"].map(show).join("  ")}`,
  );
  console.log(
    "   " +
      args.studies
        .split(",")
        .map((s) => {
          const of = rows.filter((r) => r.study === s);
          return `${s}: nll ${mean(of.map((r) => r.nll)).toFixed(3)} jsd ${mean(of.map((r) => r.jsd)).toFixed(3)}/${mean(of.map((r) => r.bootstrap)).toFixed(3)}/${mean(of.map((r) => r.people)).toFixed(3)} uq ${mean(of.map((r) => r.structures)).toFixed(2)} gap ${mean(of.map((r) => r.gap)).toFixed(3)}/${mean(of.map((r) => r.gapOnHumanBeliefs)).toFixed(3)}`;
        })
        .join(" | "),
  );
}
rmSync(scratch, { recursive: true, force: true });
await engine?.close();
