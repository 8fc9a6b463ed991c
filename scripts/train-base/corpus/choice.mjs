/**
 * Choosing the best of two or three alternatives, or none: what a quality's word says of the way to go. A word that
 * attracts sends to the highest answer, one that repels to the lowest, and nothing is done where even the best is bad.
 * In part exercises (no noise, the quality named again in the question of the action), so that the way from word to
 * comparison is short at first.
 */
import * as lexicon from "../vocabulary.mjs";
import { attributes, person, somewords } from "./people.mjs";
import { clamp, habit, heaped, jitter, ordered, weighted } from "./measure.mjs";
import { treatmentOf } from "./extreme.mjs";

export function choice(random, { world, round }) {
  const n = random.pick([5, 7, 11, 11, 21, 21, 101, 101, 101]);
  const k = random.chance(0.75) ? 2 : 3;
  const away = random.chance(0.5);
  const quality = world
    ? random.pick(away ? [...lexicon.repel, "risk", "danger", "threat"] : lexicon.attract)
    : somewords(random, 1);
  const noun = random.pick(lexicon.things);
  const first = random.chance(0.5)
    ? `${noun} 1`
    : `${lexicon.pseudoword(random)} ${random.chance(0.5) ? noun : ""}`.trim();
  const names = [
    first,
    ...Array.from({ length: k - 1 }, (_, i) =>
      first.endsWith("1") ? `${noun} ${i + 2}` : `${lexicon.pseudoword(random)} ${first.split(" ")[1] ?? ""}`.trim(),
    ),
  ];
  const before = random.chance(0.6);
  const lead = random.chance(0.2)
    ? random.pick(["belief", "perceived", "expected", "probability", "chance"]) + " "
    : "";
  const phrase = (name) => lead + (before ? `${name} ${quality}` : `${quality} ${name}`);
  const none = random.chance(0.5);
  const together = k === 2 && random.chance(0.35);
  const act = world
    ? random.pick([...lexicon.acts.slice(0, 18), "decision", "decision", "choice", "action"])
    : somewords(random, 1);
  // Who is told which way (lowest, highest, or the quality again) has an exercise, who is not has a study.
  const u = random();
  const label = u < 0.15 || !world ? `${act} ${away ? "lowest" : "highest"}` : u < 0.6 ? `${act} ${quality}` : act;
  const exact = random.chance(0.5);
  const sharp = exact ? 200 : random.between(7, 30);
  const threshold = exact ? 0.5 + 0.05 * Math.floor(random() * 9) : random.between(0.45, 0.95);
  const backdrop = attributes(random, { lead: random.chance(0.7) ? [treatmentOf(random)] : [] });
  const shifts = backdrop.map(() => names.map(() => (random.chance(0.4) ? random.normal() * 0.6 : 0)));
  const mean = names.map(() => random.normal() * 0.4);
  const general = random.between(0.1, 0.8);
  const single = random.between(0.6, 1.2);
  const spread = random.between(0.7, 1.6);
  const joint = random.chance(0.5);
  const heap = habit(random, round ? n : 0);
  return () => {
    const who = person(random, backdrop);
    const shared = general * random.normal();
    const at = names.map((_, i) => {
      let x = shared + mean[i] + single * random.normal();
      who.values.forEach((v, j) => (x += shifts[j][i] * v));
      return heaped(random, ordered(x, n, 0, spread), n, heap);
    });
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
    if (together) {
      const both = ([a, b]) => (joint ? (a * b) / (n - 1) : Math.min(a, b));
      const x = clamp(Math.round(both(at) + (exact ? 0.08 : 0.15) * (n - 1) * random.normal()), 0, n - 1);
      beliefs.push({
        label: before ? `both ${quality}` : `${quality} both`,
        size: n,
        answer: heaped(random, x, n, heap),
        stereotype: Math.round(both(stereotype)),
      });
    }
    const choose = (answers) => {
      const good = answers.slice(0, k).map((x) => (away ? 1 - x / (n - 1) : x / (n - 1)));
      const scores = none ? [...good, 1 - threshold] : good;
      return weighted(
        random,
        scores.map((s) => Math.exp(sharp * (s - Math.max(...scores)))),
      );
    };
    return { attributes: who.written, beliefs, action: { label, size: k + (none ? 1 : 0), act: choose } };
  };
}
