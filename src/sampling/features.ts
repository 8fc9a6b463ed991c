import { isOrdered, scoreOf, type Item, type Respondents } from "../study/index.js";

/**
 * Respondents as points: one block of coordinates an item, so that the squared Euclidean distance of two people is the
 * mean over items of squared differences (an ordered item scaled by its range among these people; 1 for two
 * different answers to a nominal one), as in Gower's coefficient (1971) but Euclidean. A missing answer to an ordered
 * item stands at the mean; a missing nominal one is an answer of its own.
 */
export function features(
  respondents: Respondents,
  names?: readonly string[],
): { points: Float64Array[]; items: string[] } {
  const items = names ? names.map((n) => respondents.item(n)) : respondents.items("attribute", "treatment");
  if (items.length === 0)
    throw new Error(
      `${respondents.codebook.name} has no attributes or treatments; name the items to compare people by`,
    );
  const scale = 1 / Math.sqrt(items.length);
  const blocks = items.map((item) => block(respondents, item).map((column) => column.map((v) => v * scale)));
  const coordinates = blocks.flat();
  const points = respondents.ids.map((_, i) => Float64Array.from(coordinates, (column) => column[i]!));
  return { points, items: items.map((i) => i.name) };
}

function block(respondents: Respondents, item: Item): number[][] {
  const values = respondents.column(item.name);
  if (!isOrdered(item))
    // 1/√2 in two coordinates makes two different answers a distance of 1 apart.
    return [...new Set(values)].map((level) => values.map((v) => (v === level ? Math.SQRT1_2 : 0)));
  const scores = values.map((v) => scoreOf(item, v));
  const present = scores.filter((s) => !Number.isNaN(s));
  let low = Infinity,
    high = -Infinity,
    sum = 0;
  for (const s of present) {
    if (s < low) low = s;
    if (s > high) high = s;
    sum += s;
  }
  const mean = sum / present.length;
  const range = high - low;
  return [scores.map((s) => (range > 0 ? ((Number.isNaN(s) ? mean : s) - low) / range : 0))];
}

export function squaredDistance(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let j = 0; j < a.length; j++) sum += (a[j]! - b[j]!) ** 2;
  return sum;
}
