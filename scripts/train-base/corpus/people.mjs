/** Who answers: attributes with a shared cause, so that using them pays. */
import * as lexicon from "../vocabulary.mjs";
import { clamp, normalShare, ordered, percent } from "./measure.mjs";

/** Word meanings for everything that has no meaning in the world: fixed random directions, the same in every study. */
const meanings = new Map();
export function meaning(word) {
  if (!meanings.has(word)) {
    let h = 0x811c9dc5;
    for (const character of word) h = Math.imul(h ^ character.codePointAt(0), 0x01000193);
    const uniform = () => {
      h = (h + 0x6d2b79f5) | 0;
      let t = Math.imul(h ^ (h >>> 15), 1 | h);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
    meanings.set(
      word,
      [0, 1, 2].map(() => (uniform() + uniform() + uniform() + uniform() - 2) * 1.73),
    );
  }
  return meanings.get(word);
}
export const dot = (a, b) => a[0] * b[0] + a[1] * b[1] + a[2] * b[2];

const POOL = [
  ["age", [15, 60, 80]],
  ["education", [4, 5, 7, 8, 17]],
  ["household income", [5, 10, 16, 24]],
  ["income", [5, 7, 12, 20]],
  ["gender", [2]],
  ["female", [2]],
  ["sex", [2]],
  ["married", [2]],
  ["household size", [8, 12]],
  ["news", [8, 8, 5]],
  ["television news", [8]],
  ["newspaper", [8]],
  ["place size", [101]],
  ["population", [101, 14]],
  ["urban", [2, 3]],
  ["religiosity", [5, 7]],
  ["risk aversion", [2, 5, 11]],
  ["risk attitude", [5, 11]],
  ["political interest", [4, 5]],
  ["literacy", [2, 4]],
  ["land area", [30, 101]],
  ["health", [5]],
  ["experience", [20]],
  ["trust", [5, 11]],
  ["knowledge", [5, 6]],
  ["left right", [7, 11]],
  ["ideology", [5, 7]],
  ["party identification", [3, 7]],
];

/**
 * The attributes of one study: a few demographics or unknown words, each a coarse view of a person's three latent
 * traits. `ideology` adds a party item whose low end is left.
 */
export function attributes(random, { count = 2 + Math.floor(random() * 6), nominal = 0.25, lead = [] } = {}) {
  const used = new Set(lead.map((a) => a.label));
  const list = [...lead];
  for (let guard = 0; list.length < count + lead.length && guard < 50; guard++) {
    let label, n;
    const listed = random.chance(0.7);
    if (listed) [label, n] = ((entry) => [entry[0], random.pick(entry[1])])(random.pick(POOL));
    else [label, n] = [somewords(random, 1 + Math.floor(random() * 2)), random.pick([2, 3, 5, 7, 11, 101])];
    if (used.has(label)) continue;
    used.add(label);
    const unordered = random.chance(listed ? 0.05 : nominal);
    list.push({
      label,
      n: unordered ? 3 + Math.floor(random() * 4) : n,
      nominal: unordered,
      load: random.chance(0.35) ? [0, 0, 0] : scaled(meaning(label), random.between(0.2, 1.2), random, 0.5),
      mean: random.normal() * 0.4,
      spread: random.between(0.7, 1.3),
      effects: unordered ? Array.from({ length: 7 }, () => random.normal()) : null,
    });
  }
  return random.shuffle(list);
}

export const scaled = (vector, by, random, noise = 0.6) => vector.map((x) => (x + noise * random.normal()) * by);

/** A person: latent traits, and per attribute the token it is written as and a standardised value for laws to use. */
export function person(random, attributes, cluster) {
  const traits = [0, 1, 2].map((i) => random.normal() * (cluster ? 0.6 : 1) + (cluster ? cluster[i] : 0));
  const written = [];
  const values = [];
  for (const a of attributes) {
    const latent = a.latent
      ? a.latent(traits, random)
      : (dot(a.load, traits) + random.normal()) / Math.sqrt(dot(a.load, a.load) + 1);
    if (a.nominal) {
      const k = clamp(Math.floor(a.n * (0.65 * random() + 0.35 * normalShare(latent))), 0, a.n - 1);
      written.push([a.label, lexicon.letters[k]]);
      values.push(a.effects[k]);
    } else {
      const k = ordered(latent, a.n, a.mean, a.spread);
      written.push([a.label, String(percent(k, a.n))]);
      values.push(2.5 * ((k + 0.5) / a.n - 0.5));
    }
  }
  return { traits, written, values };
}

const OPEN = [...lexicon.attitudes, ...lexicon.demographics, ...lexicon.chance, ...lexicon.attract, ...lexicon.things];
/** A label of so many words, known or not. */
export const somewords = (random, n) =>
  Array.from({ length: n }, () => (random.chance(0.2) ? lexicon.pseudoword(random) : random.pick(OPEN))).join(" ");
