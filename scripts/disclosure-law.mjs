// The law of the synthetic disclosure study, written out, and draws from it. No number in here comes from a
// published table of that experiment: only the size, the eight groups, the count of belief structures and the
// belief-action gap are calibrated to what is published (data/disclosure/README.md).
//
// Every answer is a centre plus a symmetric error that cannot leave the scale, so that the mean answer given the
// treatment is exactly linear in what is stated here, and a zero is exactly zero.
import { random } from "../dist/study/random.js";

export const messages = ["none", "target1", "target2", "both"];
export const valuations = ["unknown", "known"];

// Shares of the US population in the census of 2020, in the simplified categories that Prolific shows.
export const ethnicities = { White: 0.616, Black: 0.124, Asian: 0.06, Mixed: 0.102, Other: 0.098 };
export const educations = { 1: 0.09, 2: 0.28, 3: 0.28, 4: 0.22, 5: 0.13 };

// How people take an official statement, by ethnicity: the heterogeneity of the law.
export const outlooks = ["believes", "doubts", "ignores", "unsure"];
export const outlookShares = {
  White: [0.5, 0.14, 0.22, 0.14],
  Black: [0.32, 0.3, 0.22, 0.16],
  Asian: [0.52, 0.1, 0.28, 0.1],
  Mixed: [0.42, 0.22, 0.22, 0.14],
  Other: [0.36, 0.26, 0.22, 0.16],
};

/** Centre of the believed probability (percent) that defences stand at target 1, at target 2, and at both. */
export function centre(outlook, message, valuation) {
  const known = valuation === "known";
  let [one, two, both] = [50, 50, 25];
  if (outlook === "unsure") return [one, two, both];
  // Who knows that the queen values target 1 more expects it to be the better guarded one.
  if (known) [one, two] = [one + 10, two - 10];
  if (outlook === "believes") {
    if (message === "target1") [one, two] = [one + 20, two - 25];
    if (message === "target2") [one, two] = [one - 25, two + 20];
    if (message === "both") [one, two, both] = [one + 20, two + 20, 75];
    // The one interaction that is not zero: a statement in line with the queen's interest convinces more.
    if (message === "target1" && known) [one, two] = [one + 10, two - 5];
  }
  if (outlook === "doubts") {
    if (message === "target1") [one, two] = [one - 15, two + 10];
    if (message === "target2") [one, two] = [one + 10, two - 15];
    if (message === "both") [one, two, both] = [one - 10, two - 10, 15];
  }
  return [one, two, both];
}

// How finely people answer: the grid of their errors, and how many steps of it they may be off.
export const grains = [
  { step: 25, share: 0.34, spread: 1 },
  { step: 10, share: 0.4, spread: 2 },
  { step: 5, share: 0.26, spread: 3 },
];
/** Share of beliefs that sit at the centre without error, by outlook. */
export const atCentre = { believes: 0.53, doubts: 0.53, ignores: 0.53, unsure: 0.76 };

// Probability of acting against one's beliefs: linear in risk attitude, which is centred at 5; nothing else matters.
export const deviation = { base: 0.247, perRiskPoint: 0.012 };
/** Probability to refrain, for those who act against their beliefs or are indifferent. */
export const refraining = { base: 0.4, perRiskPoint: -0.05 };

// Two sensitive self-reports: how many it is true of, how many of those say so when asked directly, and the
// innocent statements of the two lists (probability of each).
export const sensitive = {
  skimmed: { truth: 0.46, admitted: 0.62, matched: "onphone", matchedShare: 0.55, list: [0.7, 0.35, 0.5, 0.2] },
  shoplifted: { truth: 0.32, admitted: 0.55, matched: "returned", matchedShare: 0.8, list: [0.6, 0.45, 0.3, 0.25] },
};

/** Draws `n` people and their answers. */
export function draw(n, seed) {
  const rows = [];
  const assign = random(seed, "assignment");
  const groups = balanced(n, messages.length * valuations.length, assign);
  const lists = balanced(n, 2, assign);
  for (let i = 0; i < n; i++) {
    const r = random(seed, "person", i);
    const pick = (shares) => Object.keys(shares)[r.weighted(Object.values(shares))];
    const ethnicity = pick(ethnicities);
    const person = {
      id: `d${String(i + 1).padStart(4, "0")}`,
      group: groups[i] + 1,
      message: messages[groups[i] >> 1],
      valuations: valuations[groups[i] & 1],
      listarm: lists[i] === 0 ? "first" : "second",
      age: Math.min(80, Math.max(18, Math.round(18 + 62 * Math.pow(r(), 1.25)))),
      sex: r() < 0.51 ? "female" : "male",
      ethnicity,
      education: Number(pick(educations)),
      risk: [...Array(10)].reduce((sum) => sum + (r() < 0.5 ? 1 : 0), 0),
    };
    const outlook = outlooks[r.weighted(outlookShares[ethnicity])];
    const grain = grains[r.weighted(grains.map((g) => g.share))];
    const [target1, target2, both] = centre(outlook, person.message, person.valuations).map((c) =>
      answer(c, grain, atCentre[outlook], r),
    );
    Object.assign(person, { target1, target2, both });
    person.attack = act(person, r);
    for (const [name, law] of Object.entries(sensitive)) {
      const truth = r() < law.truth;
      const inList = (name === "skimmed") === (person.listarm === "first");
      person[name] = truth && r() < law.admitted ? 1 : 0;
      person[law.matched] = r() < law.matchedShare ? 1 : 0;
      person[name === "skimmed" ? "list1" : "list2"] =
        law.list.reduce((sum, p) => sum + (r() < p ? 1 : 0), 0) + (inList && truth ? 1 : 0);
    }
    rows.push(person);
  }
  return rows;
}

/** A centre plus a symmetric error on a grid; the error's reach is cut on both sides alike where the scale ends. */
function answer(c, grain, sure, r) {
  if (r() < sure) return c;
  const reach = Math.min(grain.spread, Math.floor(Math.min(c, 100 - c) / grain.step));
  return c + grain.step * (r.integer(2 * reach + 1) - reach);
}

function act({ target1, target2, both, risk }, r) {
  const implied = both >= 75 ? "refrain" : target1 < target2 ? "attack1" : target2 < target1 ? "attack2" : null;
  const deviates = r() < deviation.base + deviation.perRiskPoint * (risk - 5);
  if (implied !== null && !deviates) return implied;
  const refrains = r() < refraining.base + refraining.perRiskPoint * (risk - 5);
  const coin = r() < 0.5 ? "attack1" : "attack2";
  if (implied === null) return refrains ? "refrain" : coin;
  if (implied === "refrain") return coin;
  return refrains ? "refrain" : implied === "attack1" ? "attack2" : "attack1";
}

function balanced(n, k, r) {
  return r.permutation(n).map((j) => j % k);
}

/**
 * What the law implies for a regression of target 1 on message × valuations and attributes: exact, by summing over
 * outlooks. Age, sex, education and risk attitude are exactly zero, and so are two of the three interactions.
 */
export function coefficients(outcome = "target1") {
  const k = { target1: 0, target2: 1, both: 2 }[outcome];
  const share = outlooks.map((_, o) =>
    Object.entries(ethnicities).reduce((sum, [e, p]) => sum + p * outlookShares[e][o], 0),
  );
  const mean = (m, v) => outlooks.reduce((sum, o, i) => sum + share[i] * centre(o, m, v)[k], 0);
  const base = mean("none", "unknown");
  const exact = (x) => Number(x.toFixed(10)) + 0;
  const out = { Intercept: exact(base) };
  for (const m of messages.slice(1)) out[`message ${m}`] = exact(mean(m, "unknown") - base);
  out["valuations known"] = exact(mean("none", "known") - base);
  for (const m of messages.slice(1))
    out[`message ${m} × valuations known`] = exact(
      mean(m, "known") - mean(m, "unknown") - mean("none", "known") + base,
    );
  return { ...out, age: 0, "sex male": 0, education: 0, risk: 0 };
}
