/** The corpus: a study is drawn, then its respondents. Four families, mixed; none holds an item or law of a shipped study. */
import { spatial } from "./spatial.mjs";
import { extreme } from "./extreme.mjs";
import { threshold } from "./threshold.mjs";
import { attitudes } from "./attitudes.mjs";
import { percent } from "./measure.mjs";
import { letters } from "../vocabulary.mjs";

export const families = { spatial, extreme, threshold, attitudes };
export const defaultMix = { spatial: 0.3, extreme: 0.25, threshold: 0.15, attitudes: 0.3 };

/** A study: a function that draws one respondent. */
export function study(random, { mix = defaultMix, world = true } = {}) {
  let u = random() * Object.values(mix).reduce((a, b) => a + b);
  for (const [name, share] of Object.entries(mix)) if ((u -= share) <= 0) return families[name](random, { world });
  return attitudes(random);
}

/**
 * A questionnaire in one of two modes. "<survey>": what the respondent answered. "<model>": what a model trained to be
 * agreeable would say: each belief's stereotype, after the respondent's own earlier answers or after stereotypes
 * (`own`). Actions follow from the beliefs written, by the study's law, in both modes: only beliefs collapse.
 */
export function interview(random, mode, { attributes, beliefs, order, action }, own = random.chance(0.5)) {
  const written = beliefs.map((belief) => (mode === "<survey>" || own ? belief.answer : belief.stereotype));
  let items = beliefs.map((belief, i) => ({
    label: belief.label,
    size: belief.nominal ? "<nominal>" : `<${belief.size}>`,
    answer: word(belief, written[i]),
    target: word(belief, mode === "<survey>" ? belief.answer : belief.stereotype),
  }));
  if (order) items = order.map((i) => items[i]);
  if (action) {
    const answer = word({ size: action.size, nominal: action.size > 2 }, action.act(written));
    items.push({
      label: action.label,
      size: action.size > 2 ? "<nominal>" : "<2>",
      answer,
      target: answer,
      action: true,
    });
  }
  return { attributes, items };
}

const word = ({ size, nominal }, k) => (nominal ? letters[k] : String(percent(k, size)));

/**
 * A questionnaire as tokens: mode, attributes, items, each answer closed by ";". `answers` are the positions whose next
 * token is an answer. `src/simulation/templates/compact.ts` writes the same from a codebook.
 */
export function encode(mode, { attributes, items }, idsOf) {
  const ids = [...idsOf(mode)];
  for (const [label, value] of attributes) ids.push(...idsOf(label), ...idsOf(value));
  const answers = [];
  for (const item of items) {
    ids.push(...idsOf(item.label), ...idsOf(item.size));
    const [target] = idsOf(item.target ?? item.answer);
    answers.push({ at: ids.length - 1, target, action: Boolean(item.action) });
    ids.push(...idsOf(item.answer), ...idsOf(";"));
  }
  return { ids, answers };
}
