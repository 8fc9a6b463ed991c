/**
 * Exercises: random answers, then questions whose answers follow from them exactly. They teach what any rule from
 * beliefs to actions needs and a small model does not find by itself: to look up an earlier answer and to compare.
 */
import * as lexicon from "../vocabulary.mjs";
import { attributes, person, somewords } from "./people.mjs";
import { clamp } from "./measure.mjs";

export function drill(random, { low = false } = {}) {
  const n = random.pick([5, 7, 7, 9, 11, 11, 21, 21, 101]);
  const own = random.chance(0.5);
  const k = random.chance(0.7) ? 2 : 3;
  const topic = somewords(random, random.pick([1, 1, 2]));
  const noun = random.pick(lexicon.things);
  const names = Array.from({ length: k }, (_, i) =>
    random.chance(0.5) ? `${noun} ${i + 1}` : lexicon.pseudoword(random),
  );
  const before = random.chance(0.5);
  const phrase = (name) => (before ? `${name} ${topic}` : `${topic} ${name}`);
  const backdrop = random.chance(0.3) ? attributes(random, { count: 2 }) : [];
  const labels = [
    ...(own ? [phrase(random.pick(["own", "self", "your", "my", "yourself"]))] : []),
    ...names.map(phrase),
  ];
  return () => {
    const who = person(random, backdrop);
    const centre = random();
    const answers = labels.map(() =>
      random.chance(0.6)
        ? Math.floor(n * random())
        : clamp(Math.round((n - 1) * (centre + 0.2 * random.normal())), 0, n - 1),
    );
    const beliefs = labels.map((label, i) => ({
      label,
      size: n,
      answer: answers[i],
      stereotype: answers[i],
      given: true,
    }));
    const alternatives = own ? answers.slice(1) : answers;
    const choose = (score) => {
      const scores = alternatives.map(score);
      const best = Math.max(...scores);
      return scores.filter((s) => s === best).length > 1 ? null : scores.indexOf(best);
    };
    const choice = (label, score) => {
      const chosen = choose(score);
      return chosen === null ? null : { label, size: k, act: () => chosen };
    };
    const amount = (label, value) => ({ label, scale: n, act: () => value });
    // Unequal shares: with as many lowest as highest, the first gradients would cancel.
    const questions = [
      [low ? 1.5 : 4, () => choice("highest", (x) => x)],
      [low ? 4 : 1.5, () => choice("lowest", (x) => -x)],
      [0.3, () => amount("highest amount", Math.max(...alternatives))],
      [0.3, () => amount("lowest amount", Math.min(...alternatives))],
      ...(own
        ? [
            [6, () => choice("nearest", (x) => -Math.abs(x - answers[0]))],
            [1, () => choice("furthest", (x) => Math.abs(x - answers[0]))],
            [0.2, () => amount("first distance", Math.abs(alternatives[0] - answers[0]))],
            [0.2, () => amount("second distance", Math.abs(alternatives[1] - answers[0]))],
          ]
        : [
            [0.3, () => amount("first", answers[0])],
            [0.3, () => amount("second", answers[1])],
          ]),
    ];
    const total = questions.reduce((sum, [weight]) => sum + weight, 0);
    const actions = Array.from({ length: 3 }, () => {
      let u = random() * total;
      return (questions.find(([weight]) => (u -= weight) < 0) ?? questions[0])[1]();
    }).filter(Boolean);
    return { attributes: who.written, beliefs, actions };
  };
}
