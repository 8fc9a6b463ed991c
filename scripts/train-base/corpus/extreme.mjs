/**
 * Beliefs about two or three alternatives and a choice of the best of them, or of none: people go to what is good and
 * away from what is dear, crowded or guarded (expected utility; deterrence: Becker 1968, Nagin 2013).
 */
import * as lexicon from "../vocabulary.mjs";
import { attributes, person, scaled, meaning, dot, somewords } from "./people.mjs";
import { clamp, habit, heaped, jitter, ordered, weighted } from "./measure.mjs";

export function extreme(random, { world, round }) {
  const n = random.pick([5, 7, 11, 11, 21, 21, 21, 101]);
  const k = random.chance(0.65) ? 2 : 3;
  const away = random.chance(0.55); // the quality repels
  const quality = world
    ? random.pick(
        away ? [...lexicon.repel, "risk", "danger", "chance defended", "probability defended"] : lexicon.attract,
      )
    : somewords(random, 1);
  const noun = random.pick(lexicon.things);
  const names = Array.from({ length: k }, (_, i) =>
    random.chance(0.6) ? `${noun} ${i + 1}` : lexicon.pseudoword(random),
  );
  const before = random.chance(0.5);
  const lead = random.chance(0.3)
    ? random.pick(["belief", "perceived", "expected", "probability", "chance"]) + " "
    : "";
  const phrase = (name) => lead + (before ? `${name} ${quality}` : `${quality} ${name}`);
  const none = random.chance(0.55);
  const both = k === 2 && random.chance(0.4);
  const action = world
    ? random.pick([...lexicon.acts.slice(0, 18), "attack decision", "choice", "decision", "action"])
    : somewords(random, 1);

  const backdrop = attributes(random, { lead: random.chance(0.7) ? [treatmentOf(random)] : [] });
  const general = random.between(0.2, 0.9);
  const single = random.between(0.5, 1.1);
  const mean = Array.from({ length: k }, () => random.normal() * 0.5);
  const spread = random.between(0.7, 1.6);
  const loads = Array.from({ length: k }, () => scaled(meaning(quality), random.between(0, 0.6), random));
  const shifts = backdrop.map(() => Array.from({ length: k }, () => (random.chance(0.5) ? random.normal() * 0.6 : 0)));
  const sharp = random.chance(0.85) ? random.between(5, 30) : random.between(0.5, 5);
  const threshold = random.between(0.45, 0.95);
  const heap = habit(random, round ? n : 0);
  const bias = Array.from({ length: k + 1 }, () => random.normal() * 0.4);
  const joint = random.pick(["minimum", "product"]);
  return () => {
    const who = person(random, backdrop);
    const shared = general * random.normal();
    const at = names.map((_, i) => {
      let x = shared + mean[i] + dot(loads[i], who.traits) + single * random.normal();
      who.values.forEach((v, j) => (x += shifts[j][i] * v));
      return heaped(random, ordered(x, n, 0, spread / Math.sqrt(1 + general)), n, heap);
    });
    // A stereotype notices the first attribute at most, coarsely.
    const tilt = who.values.length && who.values[0] > 0.5 ? 1 : 0;
    const stereotype = names.map((_, i) =>
      jitter(random, Math.round((n - 1) * [0.5, 0.7, 0.6][(i + tilt) % 3]), n, 0.04),
    );
    const beliefs = names.map((name, i) => ({
      label: phrase(name),
      size: n,
      answer: at[i],
      stereotype: stereotype[i],
    }));
    if (both) {
      const together = ([a, b]) => (joint === "product" ? (a * b) / (n - 1) : Math.min(a, b));
      const answer = heaped(
        random,
        clamp(Math.round(together(at) + (n - 1) * 0.15 * random.normal()), 0, n - 1),
        n,
        heap,
      );
      beliefs.push({ label: phrase("both"), size: n, answer, stereotype: Math.round(together(stereotype)) });
    }
    const act = (answers) => {
      const good = answers.slice(0, k).map((x) => (away ? 1 - x / (n - 1) : x / (n - 1)));
      return weighted(
        random,
        (none ? [...good, 1 - threshold] : good).map((s, i) => Math.exp(sharp * s + bias[i])),
      );
    };
    return { attributes: who.written, beliefs, action: { label: action, size: k + (none ? 1 : 0), act } };
  };
}

/** An experiment's arm: assigned at random, written as a letter or as yes and no. */
export function treatmentOf(random) {
  const arms = random.pick([2, 2, 3, 4, 8]);
  const label = random.chance(0.7)
    ? random.pick(lexicon.treat)
    : `${random.pick(lexicon.treat)} ${random.pick(lexicon.treat)}`;
  if (arms === 2) return { label, n: 2, mean: 0, spread: 1, latent: (_, r) => r.normal() };
  return {
    label,
    n: arms,
    nominal: true,
    effects: Array.from({ length: arms }, () => random.normal()),
    latent: (_, r) => 3 * r.normal(),
  };
}
