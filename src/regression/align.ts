/** People and simulations of them, in the same order. */
import type { Respondents, Simulated } from "../study/index.js";
import { EstimationError } from "./errors.js";

/** Keeps the people whom every simulation stands for, in the order of `human`; says whom it leaves out. */
export function alignById(
  human: Respondents,
  simulated: readonly Simulated[],
): { human: Respondents; simulated: Simulated[]; notes: string[] } {
  const places = simulated.map((s) => {
    const at = new Map<string, number>();
    s.ids.forEach((id, i) => {
      if (at.has(id))
        throw new EstimationError(
          "column",
          `the simulation holds respondent ${id} twice (rows ${at.get(id)! + 1} and ${i + 1}); ids must be unique`,
        );
      at.set(id, i);
    });
    return at;
  });
  const kept = [...human.ids.keys()].filter((i) => places.every((p) => p.has(human.ids[i]!)));
  if (!kept.length)
    throw new EstimationError(
      "too-few",
      `no simulated respondent stands for one of these people (ids ${human.ids.slice(0, 3).join(", ")} … against ${simulated[0]?.ids.slice(0, 3).join(", ")} …); simulate the same respondents`,
    );
  const same = (s: Respondents) => s.n === kept.length && kept.every((i, k) => s.ids[k] === human.ids[i]);
  return {
    human: same(human) ? human : human.take(kept),
    simulated: simulated.map((s, m) => (same(s) ? s : s.take(kept.map((i) => places[m]!.get(human.ids[i]!)!)))),
    notes:
      kept.length < human.n
        ? [`${human.n - kept.length} of ${human.n} people have no simulation and are left out.`]
        : [],
  };
}
