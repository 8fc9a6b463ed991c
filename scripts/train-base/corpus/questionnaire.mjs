/**
 * A questionnaire of two to twelve questions in blocks, as real ones are: a block has one scale, one cause behind its
 * items and margins of any shape people's answers have (`answerShapes`: skewed, two groups, heaped, the middle, some options
 * more inviting than others); some people give the same answer again (straightlining: Krosnick 1991, Applied Cognitive Psychology 5);
 * and in half of them something is chosen or done in the end that follows from a block: the option rated best or
 * worst, what is nearest to one's own position, or yes where the answers are high.
 */
import { answerShapes } from "#src/finetuning/margins.js";
import * as lexicon from "../vocabulary.mjs";
import { attributes, dot, meaning, person, scaled, somewords } from "./people.mjs";
import { jitter, logistic, normalShare, weighted } from "./measure.mjs";
import { treatmentOf } from "./extreme.mjs";

/** The option in whose share of the population a standard normal latent falls. */
function option(x, shares) {
  let below = normalShare(x);
  for (let k = 0; k < shares.length - 1; k++) if ((below -= shares[k]) < 0) return k;
  return shares.length - 1;
}

/** Options differ in how inviting they are, whatever the item (Schwarz et al. 1991). */
function inviting(random, n) {
  const sd = random.chance(0.5) ? random.between(0, 0.7) : 0;
  return Array.from({ length: n }, () => Math.exp(sd * random.normal()));
}

function reweighted(shares, appeal) {
  const values = Array.from(shares, (v, k) => v * appeal[k]);
  const total = values.reduce((a, b) => a + b, 0);
  return values.map((v) => v / total);
}

function block(random, { count, size, backdrop, offset }) {
  const shapes = answerShapes(random, size, count);
  const appeal = inviting(random, size);
  const stem = random.chance(0.6) ? somewords(random, 1) : "";
  const first = random.chance(0.5);
  const cause = random.between(0, 1.2);
  const away = random.chance(0.3);
  const items = Array.from({ length: count }, (_, i) => {
    const own = somewords(random, random.pick([1, 1, 2]));
    const label = (first ? [stem, own] : [own, stem]).filter(Boolean).join(" ");
    const item = {
      label,
      size,
      shares: reweighted(shapes[i], appeal),
      // Items of a block may be worded the other way round, or, as with rivals, be opposed.
      cause: (i && away && random.chance(0.5) ? -1 : 1) * cause,
      load: scaled(meaning(own.split(" ").at(-1)), random.between(0, 0.9), random),
      effects: backdrop.map(() => (random.chance(0.35) ? random.normal() * 0.6 : 0)),
      earlier: offset + i && random.chance(0.3) ? [Math.floor(random() * (offset + i)), random.normal() * 0.6] : null,
      noise: random.between(0.4, 1.2),
    };
    item.norm = Math.sqrt(
      item.cause ** 2 +
        dot(item.load, item.load) +
        item.effects.reduce((sum, e) => sum + e * e, 0) +
        (item.earlier?.[1] ?? 0) ** 2 +
        item.noise ** 2,
    );
    return item;
  });
  return { items, again: random.chance(0.4) ? random.between(0, 0.35) : 0 };
}

/** What is done in the end, given a block's answers as parts of their scale. */
function ending(random, size, count, world) {
  const sharp = random.chance(0.85) ? random.between(5, 25) : random.between(0, 5);
  const label = world
    ? random.pick([...lexicon.acts.slice(0, 18), ...lexicon.vote, ...lexicon.protect, "decision", "choice"])
    : somewords(random, random.pick([1, 2]));
  const kinds = count >= 2 ? ["best", "best", "worst", "high"] : ["high"];
  const kind = random.pick(count === 3 && size >= 5 ? [...kinds, "nearest", "nearest"] : kinds);
  if (kind === "high") {
    const at = random.between(0.3, 0.7),
      sign = random.chance(0.8) ? 1 : -1,
      lean = random.normal() * 0.5;
    const act = (parts, pull) =>
      random.chance(logistic(lean + pull + sign * sharp * 0.5 * (parts.reduce((a, b) => a + b, 0) / count - at)))
        ? 1
        : 0;
    return { label, options: 2, act };
  }
  const none = kind !== "nearest" && random.chance(0.3);
  const options = kind === "nearest" ? 2 : count + (none ? 1 : 0);
  const limit = random.between(0.4, 0.9);
  const bias = Array.from({ length: options }, () => random.normal() * 0.4);
  const act = (parts) => {
    const good =
      kind === "nearest"
        ? parts.slice(1).map((x) => -Math.abs(x - parts[0]))
        : parts.map((x) => (kind === "best" ? x : 1 - x));
    const scores = none ? [...good, limit] : good;
    const top = Math.max(...scores);
    return weighted(
      random,
      scores.map((s, k) => Math.exp(sharp * (s - top) + bias[k])),
    );
  };
  return { label, options, act };
}

export function questionnaire(random, { world }) {
  const backdrop = attributes(random, { lead: random.chance(0.4) ? [treatmentOf(random)] : [] });
  const blocks = [];
  let length = 0;
  const wanted = random.pick([1, 2, 3, 3, 4, 4, 5, 6, 8, 11]);
  while (length < wanted) {
    const count = Math.min(wanted - length, random.pick([1, 2, 3, 3, 4, 6]));
    const size = random.pick([3, 4, 4, 5, 5, 6, 7, 7, 9, 10, 11, 11, 21, 25, 101, 101]);
    blocks.push({ ...block(random, { count, size, backdrop, offset: length }), count, size });
    length += count;
  }
  const source = Math.floor(random() * blocks.length);
  const from = blocks.slice(0, source).reduce((sum, b) => sum + b.count, 0);
  const { count, size } = blocks[source];
  const end = random.chance(0.5) && count <= 4 ? ending(random, size, count, world) : null;
  const pulls = backdrop.map(() => (random.chance(0.3) ? random.normal() * 0.6 : 0));
  return () => {
    const who = person(random, backdrop);
    const latent = [];
    const beliefs = [];
    for (const { items, again } of blocks) {
      const shared = random.normal();
      items.forEach((item, i) => {
        let x = item.cause * shared + dot(item.load, who.traits) + item.noise * random.normal();
        item.effects.forEach((e, j) => (x += e * who.values[j]));
        if (item.earlier) x += item.earlier[1] * latent[item.earlier[0]];
        x /= item.norm;
        latent.push(x);
        const answer = i && random.chance(again) ? beliefs.at(-1).answer : option(x, item.shares);
        let typical = 0;
        const toward = meaning(item.label.split(" ").at(-1));
        backdrop.forEach((a, j) => (typical += (dot(toward, meaning(a.label)) / 3) * who.values[j]));
        const share = 0.5 + Math.round(4 * (normalShare(0.6 * Math.max(-1.2, Math.min(1.2, typical))) - 0.5)) / 4;
        const stereotype = jitter(random, Math.round((item.size - 1) * share), item.size);
        beliefs.push({ label: item.label, size: item.size, answer, stereotype });
      });
    }
    if (!end) return { attributes: who.written, beliefs };
    const pull = pulls.reduce((sum, p, j) => sum + p * who.values[j], 0);
    const act = (answers) =>
      end.act(
        answers.slice(from, from + count).map((k) => k / (size - 1)),
        pull,
      );
    return { attributes: who.written, beliefs, action: { label: end.label, size: end.options, act } };
  };
}
