import type { Item, Respondents, Value } from "../study/index.js";

/** A belief structure: one combination of answers to all beliefs, and how many gave it. */
export interface Structure {
  answers: Record<string, Value>;
  count: number;
}

/** The belief structures of these respondents (of actions, where there are no beliefs), commonest first. Respondents who left a belief out have none and are counted in `missing`. */
export function beliefStructures(
  respondents: Respondents,
  options: { items?: readonly string[] } = {},
): { structures: Structure[]; n: number; missing: number; items: Item[] } {
  const beliefs = respondents.items("belief");
  const items =
    options.items?.map((n) => respondents.item(n)) ?? (beliefs.length ? beliefs : respondents.items("action"));
  if (!items.length)
    throw new Error(
      `there are no beliefs or actions to make structures of; the columns are ${respondents.names.join(", ")}`,
    );
  const columns = items.map((item) => respondents.column(item.name));
  const found = new Map<string, Structure>();
  let missing = 0;
  for (let i = 0; i < respondents.n; i++) {
    const answers: Value[] = columns.map((c) => c[i] ?? null);
    if (answers.includes(null)) {
      missing++;
      continue;
    }
    const key = JSON.stringify(answers);
    const seen = found.get(key);
    if (seen) seen.count++;
    else found.set(key, { answers: Object.fromEntries(items.map((item, j) => [item.name, answers[j]!])), count: 1 });
  }
  const structures = [...found.values()].sort((a, b) => b.count - a.count);
  return { structures, n: respondents.n - missing, missing, items };
}
