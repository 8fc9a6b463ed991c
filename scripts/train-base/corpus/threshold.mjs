/**
 * One to three beliefs and something done about them: who sees more risk insures and protects more, who expects more
 * benefit takes more part, weakly in most studies (protection motivation; Brewer et al. 2007; Sheeran 2002).
 */
import * as lexicon from "../vocabulary.mjs";
import { attributes, person, scaled, meaning, dot, somewords } from "./people.mjs";
import { treatmentOf } from "./extreme.mjs";
import { habit, heaped, jitter, logistic, ordered } from "./measure.mjs";

export function threshold(random, { world, round }) {
  const n = random.pick([4, 5, 7, 10, 11, 11, 21, 101, 101]);
  const k = random.pick([1, 1, 1, 2, 3]);
  const domain = random.chance(0.6);
  const labels = Array.from({ length: k }, () =>
    !world
      ? somewords(random, 2)
      : domain
        ? `${random.pick(lexicon.chance)} ${random.pick(lexicon.chance)}`
        : `${random.pick(["expected", "perceived", "belief", "trust"])} ${random.pick(lexicon.attract)}`,
  );
  const action = world
    ? random.chance(0.5)
      ? random.pick(lexicon.protect)
      : `${random.pick(lexicon.protect)} ${random.pick(lexicon.protect)}`
    : somewords(random, 1);
  const arms = random.chance(0.8) ? [treatmentOf(random)] : [];
  if (arms.length && random.chance(0.4)) arms.push(treatmentOf(random));
  const backdrop = attributes(random, { lead: arms });
  const loads = labels.map((label) => scaled(meaning(label.split(" ")[0]), random.between(0.1, 0.8), random));
  const shifts = backdrop.map(() => (random.chance(0.5) ? random.normal() * 0.5 : 0));
  const direct = backdrop.map(() => (random.chance(0.5) ? random.normal() * 0.8 : 0));
  const slope = labels.map(
    () => Math.abs(random.normal()) * (random.chance(0.4) ? 6 : 2) * (world || random.chance(0.5) ? 1 : -1),
  );
  const at = random.between(0.25, 0.75);
  const lean = random.normal() * 0.8;
  const mean = labels.map(() => random.normal() * 0.8);
  const spread = random.between(0.7, 1.8);
  const heap = habit(random, round ? n : 0);
  const carry = random.between(0, 0.8);
  return () => {
    const who = person(random, backdrop);
    let previous = 0;
    const beliefs = labels.map((label, i) => {
      let x = mean[i] + dot(loads[i], who.traits) + carry * previous + random.normal();
      who.values.forEach((v, j) => (x += shifts[j] * v));
      previous = x - mean[i];
      const stereotype = jitter(random, Math.round((n - 1) * (who.values[0] > 0.6 ? 0.7 : 0.5)), n, 0.05);
      return { label, size: n, answer: heaped(random, ordered(x, n, 0, spread), n, heap), stereotype };
    });
    const act = (answers) => {
      let drive = lean;
      answers.forEach((x, i) => (drive += slope[i] * (x / (n - 1) - at)));
      who.values.forEach((v, j) => (drive += direct[j] * v));
      return random.chance(logistic(drive)) ? 1 : 0;
    };
    return { attributes: who.written, beliefs, action: { label: action, size: 2, act } };
  };
}
