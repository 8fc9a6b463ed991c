/**
 * Own position, the positions of two or three alternatives on the same line, and a choice among them: people lean to
 * the nearer one (spatial voting: Downs 1957; Enelow & Hinich 1984) and to their party's (Campbell et al. 1960).
 */
import * as lexicon from "../vocabulary.mjs";
import { attributes, person, somewords } from "./people.mjs";
import { habit, heaped, jitter, ordered, weighted } from "./measure.mjs";

export function spatial(random, { world, round }) {
  const political = random.chance(0.7);
  const n = random.pick([5, 7, 7, 7, 9, 10, 11, 11, 21, 101]);
  const alternatives = random.chance(0.75) ? 2 : 3;
  const topic = !world
    ? somewords(random, random.pick([1, 2, 2]))
    : political
      ? random.pick([
          "left right",
          "left right",
          "left right",
          "ideology",
          "liberal conservative",
          "left right position",
          "left right placement",
          "left right scale",
          "position",
          random.pick(lexicon.ideology),
          `${random.pick(lexicon.ideology)} ${random.pick(lexicon.ideology)}`,
        ])
      : somewords(random, random.pick([1, 1, 2]));
  const role = random.chance(0.4) ? random.pick(political ? lexicon.people : lexicon.things) : "";
  const names = Array.from({ length: alternatives }, (_, k) =>
    role && random.chance(0.6)
      ? `${role} ${random.chance(0.5) ? k + 1 : lexicon.pseudoword(random)}`
      : lexicon.pseudoword(random),
  );
  const before = random.chance(0.5);
  const phrase = (name) => (before ? `${name} ${topic}` : `${topic} ${name}`);
  const me = world
    ? random.pick(["own", "self", "own", "your", "my", "self placement", "respondent", "yourself"])
    : somewords(random, 1);
  const action = !world
    ? somewords(random, random.pick([1, 2]))
    : political
      ? random.pick([
          "vote",
          "vote choice",
          "voted",
          "presidential vote",
          "vote intention",
          "preferred candidate",
          "voting",
          "choice",
        ])
      : random.pick(["choice", "chosen", "preferred", "preference", "buy", "order", "choose"]);

  // The law of this study.
  const line = random.between(0.5, 1); // how far the party tells one's own position
  const ownNoise = random.between(0.3, 0.9);
  const places = alternatives === 2 ? [-1, 1] : random.shuffle([-1, 0, 1]);
  if (alternatives === 2 && random.chance(0.3)) places.reverse();
  const centre = places.map((place) => 0.75 * place * random.between(0.5, 1.4) + random.normal() * 0.15);
  const contrast = places.map((place) => -0.35 * place * random.between(0, 1.3) + random.normal() * 0.15);
  const seen = places.map(() => random.between(0.3, 0.9));
  const distance = random.chance(0.9) ? random.between(6, 25) : random.between(0, 6);
  const loyalty = random.chance(0.8) ? random.between(0, 4) : 0;
  const ownMean = random.normal() * 0.3;
  const ownSpread = random.between(0.7, 1.5);
  const heap = habit(random, round ? n : 0);
  const bias = places.map(() => random.normal() * 0.25);
  const party = {
    label: !world
      ? somewords(random, 1)
      : political
        ? random.pick([
            "party identification",
            "party",
            "party affiliation",
            "partisanship",
            "party leaning",
            "party id",
          ])
        : somewords(random, 1),
    n: random.pick([2, 3, 5, 7, 7, 7, 11]),
    mean: random.normal() * 0.3,
    spread: random.between(0.8, 1.8),
    latent: (traits, r) => line * traits[0] + Math.sqrt(Math.max(0, 1 - line * line)) * r.normal(),
  };
  const backdrop = attributes(random, { lead: random.chance(0.9) ? [party] : [] });
  return () => {
    const who = person(random, backdrop);
    const partyAt = backdrop.indexOf(party);
    const side = partyAt < 0 ? 0 : Number(who.written[partyAt][1]) / 50 - 1;
    const own = heaped(
      random,
      ordered(line * who.traits[0] + ownNoise * random.normal(), n, ownMean, ownSpread),
      n,
      heap,
    );
    const k = (2 * own) / (n - 1) - 1;
    const placed = places.map((_, i) =>
      heaped(random, ordered(centre[i] + contrast[i] * k + seen[i] * random.normal(), n), n, heap),
    );
    const stereotype = [0.5 + 0.33 * side, ...places.map((place) => 0.5 + 0.33 * place)].map((share) =>
      jitter(random, Math.round((n - 1) * share), n),
    );
    const labels = [phrase(me), ...names.map(phrase)];
    const beliefs = labels.map((label, i) => ({
      label,
      size: n,
      answer: i ? placed[i - 1] : own,
      stereotype: stereotype[i],
    }));
    const act = (answers) => {
      const far = answers.slice(1).map((at) => Math.abs(at - answers[0]) / (n - 1));
      return weighted(
        random,
        far.map((d, i) => Math.exp(-2 * distance * d + (loyalty * side * places[i]) / 2 + bias[i])),
      );
    };
    return { attributes: who.written, beliefs, action: { label: action, size: alternatives, act } };
  };
}
