/**
 * Any questionnaire: two to six items with shared causes, effects of attributes and of earlier answers, on any scale.
 * Words carry the same meaning in every study, so that a label tells something before anyone has answered.
 */
import { attributes, person, scaled, meaning, dot, somewords } from "./people.mjs";
import { habit, heaped, jitter, logistic, normalShare, ordered } from "./measure.mjs";

export function attitudes(random, { round } = {}) {
  const backdrop = attributes(random);
  const k = 2 + Math.floor(random() * 5);
  const shared = random.chance(0.5) ? somewords(random, 1) : "";
  const common = random.pick([2, 4, 5, 5, 7, 7, 11, 21, 101]);
  const items = Array.from({ length: k }, (_, i) => {
    const label = [shared, somewords(random, random.pick([1, 1, 2]))].filter(Boolean).join(" ");
    const size = random.chance(0.7) ? common : random.pick([2, 3, 4, 5, 6, 7, 10, 11]);
    const nominal = random.chance(0.1);
    const own = {
      label,
      size: nominal ? 3 + Math.floor(random() * 3) : size,
      nominal,
      load: scaled(meaning(label.split(" ").at(-1)), random.between(0.3, 1.4), random),
      from: random.chance(0.6) ? [Math.floor(random() * backdrop.length), random.normal() * 0.9] : null,
      earlier: i && random.chance(0.5) ? [Math.floor(random() * i), random.normal() * 0.9] : null,
      noise: random.between(0.3, 1.2),
      mean: random.normal() * 0.5,
      spread: random.between(0.7, 1.8),
    };
    own.norm = Math.sqrt(
      dot(own.load, own.load) + (own.from?.[1] ?? 0) ** 2 + (own.earlier?.[1] ?? 0) ** 2 + own.noise ** 2,
    );
    return own;
  });
  // The last item may follow a rule of two earlier answers on one scale: the larger one, their sum, their difference.
  const rule =
    k >= 3 && random.chance(0.45)
      ? {
          kind: random.pick(["larger", "sum", "difference"]),
          sharp: random.between(3, 20),
          sign: random.chance(0.7) ? 1 : -1,
        }
      : null;
  if (rule) {
    for (const item of items.slice(0, -1)) Object.assign(item, { size: common === 2 ? 7 : common, nominal: false });
    Object.assign(items.at(-1), { size: 2, nominal: false });
  }
  const heap = habit(random, round ? common : 0);
  const clusters = random.chance(0.3) ? [0, 1].map(() => [0, 1, 2].map(() => random.normal())) : null;
  return () => {
    const who = person(random, backdrop, clusters && random.pick(clusters));
    const latent = [];
    const asked = items.map((item) => {
      const x =
        (dot(item.load, who.traits) +
          (item.from ? item.from[1] * who.values[item.from[0]] : 0) +
          (item.earlier ? item.earlier[1] * latent[item.earlier[0]] : 0) +
          item.noise * random.normal()) /
        item.norm;
      latent.push(x);
      const answer = item.nominal
        ? Math.min(item.size - 1, Math.floor(item.size * normalShare(x + 0.5 * random.normal())))
        : heaped(random, ordered(x, item.size, item.mean, item.spread), item.size, heap);
      let typical = 0;
      const toward = meaning(item.label.split(" ").at(-1));
      backdrop.forEach((a, j) => (typical += (dot(toward, meaning(a.label)) / 3) * who.values[j]));
      const share = 0.5 + Math.round(4 * (normalShare(0.6 * Math.max(-1.2, Math.min(1.2, typical))) - 0.5)) / 4;
      return {
        label: item.label,
        size: item.size,
        nominal: item.nominal,
        answer,
        stereotype: jitter(random, Math.round((item.size - 1) * share), item.size),
      };
    });
    if (!rule) return { attributes: who.written, beliefs: asked };
    const last = asked.pop();
    const act = ([a, b]) => {
      const top = items[0].size - 1;
      const lead = rule.sign * (rule.kind === "larger" ? b - a : rule.kind === "sum" ? a + b - top : a - b);
      return random.chance(logistic((rule.sharp * lead) / top + 0.7 * latent.at(-1))) ? 1 : 0;
    };
    return { attributes: who.written, beliefs: asked, action: { label: last.label, size: 2, act } };
  };
}
