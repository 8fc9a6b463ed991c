/** The corpus: a study is drawn, then its respondents. Four families, mixed; none holds an item or law of a shipped study. */
import { spatial } from "./spatial.mjs";
import { extreme } from "./extreme.mjs";
import { threshold } from "./threshold.mjs";
import { attitudes } from "./attitudes.mjs";

export const families = { spatial, extreme, threshold, attitudes };
export const defaultMix = { spatial: 0.3, extreme: 0.25, threshold: 0.15, attitudes: 0.3 };

/** A study: a function from mode ("<model>" collapsed, "<survey>" diverse) to one respondent's questionnaire. */
export function study(random, { mix = defaultMix, world = true } = {}) {
  let u = random() * Object.values(mix).reduce((a, b) => a + b);
  for (const [name, share] of Object.entries(mix)) if ((u -= share) <= 0) return families[name](random, { world });
  return attitudes(random);
}

/**
 * A questionnaire as tokens: mode, attributes, items, each answer closed by ";". `answers` are the positions whose next
 * token is an answer. `src/simulation/templates/compact.ts` writes the same from a codebook.
 */
export function encode(mode, respondent, idsOf) {
  const ids = [...idsOf(mode)];
  for (const [label, value] of respondent.attributes) ids.push(...idsOf(label), ...idsOf(value));
  const answers = [];
  for (const item of respondent.items) {
    ids.push(...idsOf(item.label), ...idsOf(item.size));
    const [target] = idsOf(item.answer);
    answers.push({ at: ids.length - 1, target, action: Boolean(item.action) });
    ids.push(target, ...idsOf(";"));
  }
  return { ids, answers };
}
