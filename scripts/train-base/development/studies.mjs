/**
 * Development studies: the only ones that corpus designs and finetuning defaults were chosen on. Their laws are written
 * apart from the corpus (mixtures of attentive and inattentive people, thresholds, kinks) and most of their words are unknown to it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../setup.mjs";
import { clamp, logistic, percent } from "../corpus/measure.mjs";
import { letters } from "../vocabulary.mjs";

const round = (x, low, high) => clamp(Math.round(x), low, high);
const scale = (label, n) => ({
  label,
  size: `<${n}>`,
  options: Array.from({ length: n }, (_, k) => String(percent(k, n))),
});
const named = (label, n) => ({ label, size: "<nominal>", options: letters.slice(0, n) });

/** `person(random)` gives attributes (label, position text) and answers (option indices); `implied` is the belief–action rule; the action follows `beliefs` items (default: all but the last). */
export const studies = {
  /** A town elects its head: eleven-point line, three in ten pay no attention, answer the middle and vote by habit. */
  election: {
    items: [
      scale("own wix stance", 11),
      scale("harun wix stance", 11),
      scale("selwick wix stance", 11),
      scale("ballot", 2),
    ],
    implied: ([own, a, b]) =>
      Math.abs(own - a) === Math.abs(own - b) ? null : Math.abs(own - a) < Math.abs(own - b) ? 0 : 1,
    person(random) {
      const attentive = random.chance(0.7),
        ses = random.normal();
      const camp = round(2 + 1.6 * random.normal(), 0, 4),
        age = round(35 + 18 * random.normal(), 0, 70);
      const schooling = round(2.5 + ses + 0.8 * random.normal(), 0, 5),
        pay = round(6 + 2 * ses + 2 * random.normal(), 0, 11);
      const middle = () => random.chance(attentive ? 0.08 : 0.45);
      const own = middle() ? 5 : round(5 + 1.3 * (camp - 2) + 1.3 * random.normal() + 0.01 * (age - 35), 0, 10);
      const a = middle()
        ? 5
        : round((attentive ? 3 : 4.4) - 0.12 * (own - 5) + (attentive ? 1.3 : 2.3) * random.normal(), 0, 10);
      const b = middle()
        ? 5
        : round((attentive ? 7.2 : 5.8) - 0.15 * (own - 5) + (attentive ? 1.4 : 2.3) * random.normal(), 0, 10);
      const lean = attentive ? 0.9 * (Math.abs(own - a) - Math.abs(own - b)) + 0.8 * (camp - 2) : 1.3 * (camp - 2);
      return {
        attributes: [
          ["age", percent(age, 71)],
          ["schooling", percent(schooling, 6)],
          ["pay band", percent(pay, 12)],
          ["party camp", percent(camp, 5)],
        ],
        answers: [own, a, b, random.chance(logistic(lean)) ? 1 : 0],
      };
    },
  },
  /** Three garages, the wait expected at each (0–100 in fives, in round numbers), and where one drives: the shortest, mostly. */
  garages: {
    items: [
      scale("expected wait dorvan garage", 21),
      scale("expected wait mill garage", 21),
      scale("expected wait quay garage", 21),
      named("drive", 3),
    ],
    implied: (y) => {
      const low = Math.min(...y.slice(0, 3));
      return y.slice(0, 3).filter((v) => v === low).length > 1 ? null : y.indexOf(low);
    },
    person(random) {
      const resident = random.chance(0.4) ? 1 : 0,
        board = Math.floor(4 * random()),
        age = round(40 + 15 * random.normal(), 0, 70),
        haste = round(3 + 1.5 * random.normal(), 0, 6);
      const shared = 9 * random.normal();
      const waits = [40, 55, 30].map((mean, i) => {
        let x = mean + shared + (board === i + 1 ? 22 : 0) + (resident && i === 2 ? 12 : 0) + 17 * random.normal();
        if (random.chance(0.45)) x = 10 * Math.round(x / 10);
        else if (random.chance(0.2)) x = 50;
        return round(x / 5, 0, 20);
      });
      const utility = waits.map(
        (w, i) => -0.28 * w * (1 + 0.15 * (haste - 3)) + [0.4, 0, 0][i] - 0.05 * Math.max(0, w - 12),
      );
      let u = random() * utility.reduce((s, x) => s + Math.exp(x), 0),
        chosen = 0;
      while (chosen < 2 && (u -= Math.exp(utility[chosen])) > 0) chosen++;
      return {
        attributes: [
          ["age", percent(age, 71)],
          ["resident", 100 * resident],
          ["haste", percent(haste, 7)],
          ["board message", letters[board]],
        ],
        answers: [...waits, chosen],
      };
    },
  },
  /** Risk of catching something (five words) and wearing a mask, after one of two leaflets: a weak link, a strong habit. */
  masks: {
    items: [scale("perceived nerval infection risk", 5), scale("wear mask", 2)],
    implied: ([risk]) => (risk === 2 ? null : risk > 2 ? 1 : 0),
    person(random) {
      const leaflet = random.chance(0.5) ? 1 : 0,
        female = random.chance(0.5) ? 1 : 0,
        age = round(35 + 18 * random.normal(), 0, 70),
        ill = random.chance(0.2) ? 1 : 0,
        trust = round(5 + 2.4 * random.normal(), 0, 10);
      const risk = round(1.6 + 0.5 * leaflet + 0.9 * ill + 0.012 * (age - 35) + random.normal(), 0, 4);
      const done = random.chance(logistic(-0.3 + 0.55 * (risk - 2) + 0.5 * female + 0.18 * (trust - 5) + 0.4 * leaflet))
        ? 1
        : 0;
      return {
        attributes: [
          ["leaflet", 100 * leaflet],
          ["female", 100 * female],
          ["age", percent(age, 71)],
          ["chronic illness", 100 * ill],
          ["trust doctors", percent(trust, 11)],
        ],
        answers: [risk, done],
      };
    },
  },
  /** Confidence in three bodies on seven points, skewed, and a gift to a fund: who trusts them all gives. */
  fund: {
    items: [
      scale("confidence ombra", 7),
      scale("confidence courts", 7),
      scale("confidence relief corps", 7),
      scale("give fund", 2),
    ],
    implied: ([a, b, c]) => (a + b + c === 9 ? null : a + b + c > 9 ? 1 : 0),
    person(random) {
      const kind = random.chance(0.35),
        rural = Math.floor(3 * random()),
        faith = round(2 + 1.3 * random.normal(), 0, 4),
        income = round(4 + 2 * random.normal(), 0, 9);
      const base = (kind ? 4.4 : 2.6) + 0.3 * (faith - 2) - 0.2 * (rural - 1);
      const y = [0.3, -0.6, 0.9].map((shift) => round(base + shift + 1.1 * random.normal(), 0, 6));
      const give = random.chance(logistic(0.55 * (y[0] + y[1] + y[2] - 9.5) + 0.15 * (income - 4))) ? 1 : 0;
      return {
        attributes: [
          ["rural", percent(rural, 3)],
          ["faith", percent(faith, 5)],
          ["income", percent(income, 10)],
        ],
        answers: [...y, give],
      };
    },
  },
  /** Chance of hail, 0–100 in round numbers (many say 0, 50 or a ten), and a net over the orchard: weakly linked. */
  hail: {
    items: [scale("chance hail damage", 101), scale("buy net", 2)],
    implied: ([chance]) => (chance >= 10 && chance <= 20 ? null : chance > 20 ? 1 : 0),
    person(random) {
      const visit = Math.floor(3 * random()),
        age = round(35 + 16 * random.normal(), 0, 70),
        hit = random.chance(0.3) ? 1 : 0,
        trees = round(30 * Math.exp(0.8 * random.normal()), 0, 100);
      const x = 26 + 9 * visit + 14 * hit + 24 * random.normal();
      const chance = random.chance(0.12) ? 50 : random.chance(0.08) ? 0 : rounded(random, round(x, 0, 100));
      const buy = random.chance(logistic(-1.2 + 0.02 * chance + 0.6 * visit + 0.5 * hit)) ? 1 : 0;
      return {
        attributes: [
          ["visit", letters[visit]],
          ["age", percent(age, 71)],
          ["hit last year", 100 * hit],
          ["trees", percent(trees, 101)],
        ],
        answers: [chance, buy],
      };
    },
  },
  /** Guards expected at two gates and at both, 0–100 in round numbers, after a rumour; one slips in where fewer are, or goes home. */
  gates: {
    items: [
      scale("ander gate guarded", 101),
      scale("sorrel gate guarded", 101),
      scale("both guarded", 101),
      named("way", 3),
    ],
    implied: ([a, b, both]) => (both >= 70 ? 2 : a === b ? null : a < b ? 0 : 1),
    person(random) {
      const rumour = Math.floor(3 * random()),
        age = round(30 + 15 * random.normal(), 0, 62),
        bold = round(5 + 2.2 * random.normal(), 0, 10),
        woman = random.chance(0.5) ? 1 : 0;
      const doubt = random.chance(0.3) ? -1 : 1;
      const at = [0, 1].map((i) =>
        rounded(random, round(48 + (rumour === i + 1 ? 24 * doubt : 0) + 5 * i + 20 * random.normal(), 0, 100)),
      );
      const both = rounded(random, round((0.75 * at[0] * at[1]) / 100 + 12 + 14 * random.normal(), 0, 100));
      const careless = random.chance(0.08);
      const utility = [...at.map((x) => -x / 9), -(78 + 3 * (bold - 5)) / 9 + 0.3 * woman];
      if (both >= 70) utility[2] += 3;
      let u = random() * utility.reduce((s, x) => s + Math.exp(x), 0),
        chosen = 0;
      while (chosen < 2 && (u -= Math.exp(utility[chosen])) > 0) chosen++;
      return {
        attributes: [
          ["rumour", letters[rumour]],
          ["age", percent(age, 63)],
          ["boldness", percent(bold, 11)],
          ["woman", 100 * woman],
        ],
        answers: [...at, both, careless ? Math.floor(3 * random()) : chosen],
      };
    },
  },
  /** Words that mean what they mean: a left–right line of ten points, a socialist and a conservative leader, one of three undecided. */
  leaders: {
    items: [
      scale("own left right placement", 10),
      scale("conservative leader left right placement", 10),
      scale("socialist leader left right placement", 10),
      scale("vote socialist", 2),
    ],
    implied: ([own, a, b]) =>
      Math.abs(own - a) === Math.abs(own - b) ? null : Math.abs(own - a) < Math.abs(own - b) ? 0 : 1,
    person(random) {
      const lean = round(2 + 1.3 * random.normal(), 0, 4),
        age = round(35 + 18 * random.normal(), 0, 70),
        church = round(1.5 + 0.2 * lean + 1.2 * random.normal(), 0, 5),
        read = random.chance(0.6) ? 1 : 0;
      const own = random.chance(0.25)
        ? 4 + Math.floor(2 * random())
        : round(4.5 + 1.2 * (lean - 2) + 1.5 * random.normal(), 0, 9);
      const blur = read ? 1.4 : 2.1;
      const right = round(6.9 - 0.1 * (own - 4.5) + blur * random.normal(), 0, 9);
      const left = round(2.4 - 0.15 * (own - 4.5) + blur * random.normal(), 0, 9);
      const lead = Math.abs(own - right) - Math.abs(own - left) - 0.7 * (lean - 2);
      return {
        attributes: [
          ["age", percent(age, 71)],
          ["party leaning", percent(lean, 5)],
          ["religiosity", percent(church, 6)],
          ["newspaper", 100 * read],
        ],
        answers: [own, right, left, random.chance(logistic(lead)) ? 1 : 0],
      };
    },
  },
  /** Three verdicts on worded seven-point scales, whose options differ in appeal whatever is asked, and a signature: who likes the plan better than its rival signs. */
  panel: {
    items: [
      scale("verdict plan ostra", 7),
      scale("verdict plan belm", 7),
      scale("verdict mayor", 7),
      scale("sign ostra", 2),
    ],
    implied: ([a, b]) => (a === b ? null : a > b ? 1 : 0),
    person(random) {
      const quarter = Math.floor(3 * random()),
        age = round(35 + 17 * random.normal(), 0, 70),
        owner = random.chance(0.5) ? 1 : 0;
      const appeal = [1.4, 0.6, 1.2, 0.9, 1.5, 0.5, 0.9];
      const answer = (mean, sd) => {
        const x = appeal.map((a, k) => a * Math.exp(-0.5 * ((k - mean) / sd) ** 2));
        let u = random() * x.reduce((s, v) => s + v, 0),
          k = 0;
        while (k < 6 && (u -= x[k]) > 0) k++;
        return k;
      };
      const ostra = answer(2.6 + 0.9 * owner + 0.4 * (quarter - 1), 1.5),
        belm = answer(3.6 - 0.5 * owner, 1.6),
        mayor = answer(2.4 + 0.25 * ostra, 1.7);
      return {
        attributes: [
          ["quarter", letters[quarter]],
          ["age", percent(age, 71)],
          ["owner", 100 * owner],
        ],
        answers: [ostra, belm, mayor, random.chance(logistic(1.1 * (ostra - belm) + 0.3 * owner)) ? 1 : 0],
      };
    },
  },
  /** Chance that a dike breaks, 0–100 but said in tens by all but a few (half of these in fives), and a cellar emptied: weakly linked. */
  dike: {
    items: [scale("chance dike breaks", 101), scale("empty cellar", 2)],
    implied: ([chance]) => (chance >= 40 && chance <= 50 ? null : chance > 50 ? 1 : 0),
    person(random) {
      const siren = random.chance(0.5) ? 1 : 0,
        age = round(40 + 14 * random.normal(), 0, 70),
        low = Math.floor(4 * random());
      const x = clamp(34 + 10 * siren + 5 * (1.5 - low) + 20 * random.normal(), 0, 100);
      const u = random();
      const chance = u < 0.93 ? 10 * Math.round(x / 10) : u < 0.965 ? 5 * Math.round(x / 5) : Math.round(x);
      return {
        attributes: [
          ["siren", 100 * siren],
          ["age", percent(age, 71)],
          ["ground", percent(low, 4)],
        ],
        answers: [chance, random.chance(logistic(-0.9 + 0.02 * chance + 0.5 * siren)) ? 1 : 0],
      };
    },
  },
  /** A long questionnaire: delays expected of two ferries and of both (0–100 in fives), which one takes, and five things asked besides. */
  ferries: {
    beliefs: 3,
    items: [
      scale("morvan ferry delayed", 21),
      scale("tessel ferry delayed", 21),
      scale("both delayed", 21),
      named("take", 3),
      scale("seasick", 2),
      scale("trips last month", 6),
      scale("owns car", 2),
      scale("read bulletin", 2),
      scale("patience", 6),
    ],
    implied: ([a, b, both]) => (both >= 15 ? 2 : a === b ? null : a < b ? 0 : 1),
    person(random) {
      const bulletin = Math.floor(4 * random()),
        age = round(32 + 16 * random.normal(), 0, 62),
        calm = round(2.5 + 1.2 * random.normal(), 0, 5),
        islander = random.chance(0.35) ? 1 : 0;
      // Some give both the same number; many round.
      const say = (x) => (random.chance(0.4) ? 2 * Math.round(x / 10) : round(x / 5, 0, 20));
      const mood = 10 * random.normal();
      const first = say(clamp(38 + mood + (bulletin === 1 ? 18 : 0) - 6 * islander + 17 * random.normal(), 0, 100));
      const second = random.chance(0.15)
        ? first
        : say(clamp(46 + mood + (bulletin === 2 ? 18 : 0) + 17 * random.normal(), 0, 100));
      const both = say(clamp(4 * Math.min(first, second) + 4 + 13 * random.normal(), 0, 100));
      const utility = [-0.45 * first, -0.45 * second, -5.5 + 0.5 * islander + (both >= 15 ? 3.5 : 0)];
      let u = random() * utility.reduce((s, x) => s + Math.exp(x), 0),
        chosen = 0;
      while (chosen < 2 && (u -= Math.exp(utility[chosen])) > 0) chosen++;
      const sick = random.chance(0.22) ? 1 : 0;
      const trips = round(1.2 + 1.8 * islander + 1.1 * random.normal(), 0, 5);
      return {
        attributes: [
          ["bulletin", letters[bulletin]],
          ["age", percent(age, 63)],
          ["calm", percent(calm, 6)],
          ["islander", 100 * islander],
        ],
        answers: [
          first,
          second,
          both,
          chosen,
          sick,
          trips,
          random.chance(0.7 - 0.3 * islander) ? 1 : 0,
          random.chance(0.3) ? 1 : 0,
          round(calm + random.normal(), 0, 5),
        ],
      };
    },
  },
};

/** A percentage as people say it: most to the ten, some to the five or to a quarter. */
function rounded(random, x) {
  const u = random();
  const grid = u < 0.55 ? 10 : u < 0.8 ? 5 : u < 0.92 ? 25 : 1;
  return grid * Math.round(x / grid);
}

/** Real people of public surveys, where `real.py` has fetched them; pilots and people held out come from different halves. */
const fetched = join(root, "build", "development", "real.json");
if (existsSync(fetched))
  for (const [name, { items, beliefs, best, pool, held }] of Object.entries(JSON.parse(readFileSync(fetched, "utf8"))))
    studies[name] = {
      items,
      beliefs,
      real: { pool, held },
      implied: (answers) => {
        if (!best) return null;
        const top = Math.max(...best.map((i) => answers[i]));
        const chosen = best.flatMap((i, k) => (answers[i] === top ? [k] : []));
        return chosen.length === 1 ? chosen[0] : null;
      },
    };

/** So many people of a study, as `encode` takes them; of a real one from the half that `part` names. */
export function people(name, count, random, part = "pool") {
  const { items, person, real } = studies[name];
  const drawn = real && random.shuffle(real[part]);
  return Array.from({ length: real ? Math.min(count, drawn.length) : count }, (_, i) => {
    const { attributes, answers } = real ? drawn[i] : person(random);
    return {
      attributes: attributes.map(([label, text]) => [label, String(text)]),
      answers,
      items: items.map((item, i) => ({
        label: item.label,
        size: item.size,
        answer: item.options[answers[i]],
        action: i >= (studies[name].beliefs ?? items.length - 1),
      })),
    };
  });
}
