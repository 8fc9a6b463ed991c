/** The corpus: a study is drawn, then its respondents. Six families, mixed; none holds an item or law of a shipped study. */
import { spatial } from "./spatial.mjs";
import { extreme } from "./extreme.mjs";
import { threshold } from "./threshold.mjs";
import { drill } from "./drill.mjs";
import { attitudes } from "./attitudes.mjs";
import { choice } from "./choice.mjs";
import { percent } from "./measure.mjs";
import { letters } from "../vocabulary.mjs";

export const families = {
  spatial,
  extreme,
  threshold,
  attitudes,
  drill,
  choice,
  drillLow: (random) => drill(random, { low: true }),
};
export const defaultMix = { spatial: 0.3, extreme: 0.25, threshold: 0.12, attitudes: 0.23, drill: 0.1 };

/** A study: a function that draws one respondent. */
export function study(random, { mix = defaultMix, world = true, round = false } = {}) {
  let u = random() * Object.values(mix).reduce((a, b) => a + b);
  for (const [name, share] of Object.entries(mix))
    if ((u -= share) <= 0) return families[name](random, { world, round });
  return attitudes(random, { round });
}

/**
 * A questionnaire in one of two modes. "<survey>": what the respondent answered. "<model>": what a model trained to be
 * agreeable would say: each belief's stereotype, after the respondent's own earlier answers or after stereotypes
 * (`own`). Actions follow from the beliefs written, by the study's law, in both modes: only beliefs collapse.
 */
export function interview(
  random,
  mode,
  { attributes, beliefs, action, actions = action ? [action] : [] },
  own = random.chance(0.5),
) {
  const written = beliefs.map((belief) => (mode === "<survey>" || own ? belief.answer : belief.stereotype));
  const items = beliefs.map((belief, i) => ({
    label: belief.label,
    size: belief.nominal ? "<nominal>" : `<${belief.size}>`,
    answer: word(belief, written[i]),
    target: word(belief, mode === "<survey>" ? belief.answer : belief.stereotype),
    given: belief.given,
  }));
  for (const { label, size, scale, act } of actions) {
    const answer = word({ size: scale ?? size, nominal: !scale && size > 2 }, act(written));
    items.push({
      label,
      size: scale ? `<${scale}>` : size > 2 ? "<nominal>" : "<2>",
      answer,
      target: answer,
      action: true,
    });
  }
  return { attributes, items };
}

const word = ({ size, nominal }, k) => (nominal ? letters[k] : String(percent(k, size)));

/** At most so many earlier answers are repeated. */
const RECAP = 12;

/**
 * A questionnaire as tokens: mode, attributes, items, each answer closed by ";". `answers` are the positions whose next
 * token is an answer. `src/simulation/templates/compact.ts` writes the same from a codebook.
 */
export function encode(mode, { attributes, items }, idsOf) {
  const ids = [...idsOf(mode)];
  for (const [label, value] of attributes) ids.push(...idsOf(label), ...idsOf(value));
  const answers = [];
  items.forEach((item, i) => {
    // Earlier answers are repeated, the first one last: whatever the question, the k-th answer then stands k tokens
    // before the place where the model answers, and a small model need not search for it.
    const before = items
      .slice(0, Math.min(i, RECAP))
      .reverse()
      .flatMap((earlier) => idsOf(earlier.answer));
    ids.push(...idsOf(item.label), ...idsOf(item.size), ...before, ...idsOf("="));
    const [target] = idsOf(item.target ?? item.answer);
    if (!item.given) answers.push({ at: ids.length - 1, target, action: Boolean(item.action) });
    ids.push(...idsOf(item.answer), ...idsOf(";"));
  });
  return { ids, answers };
}
