import { originalIds, Simulated } from "../study/index.js";
import type { Respondents } from "../study/index.js";

/** People and their simulations, row by row the same person. */
export interface Pairs {
  human: Respondents;
  /** One a finetuning seed (or a repeated simulation). */
  simulated: readonly Respondents[];
  /** What did not pair up, in words. */
  notes: string[];
}

/** One simulation, or several of the same people (finetuning seeds). */
export type Simulations = Respondents | readonly Respondents[];

/** Lines people up with their simulations by row id; people without a simulation (or the reverse) are left out and counted. */
export function pair(human: Respondents, simulations: Simulations): Pairs {
  const simulated = Array.isArray(simulations) ? (simulations as readonly Respondents[]) : [simulations as Respondents];
  if (!simulated.length) throw new Error("no simulated respondents were given: expected one simulation or a list");
  simulated.forEach((s, k) => {
    if (!Array.isArray(s?.ids))
      throw new Error(
        `simulated${simulated.length > 1 ? `[${k}]` : ""}: expected respondents, as simulation.run gives them, found ${String(s)}`,
      );
  });
  const notes: string[] = [];
  const places = simulated.map((s) => index(s));
  const own = index(human);
  const kept = human.ids.map((_, i) => i).filter((i) => places.every((p) => p.has(human.ids[i]!)));
  if (!kept.length)
    throw new Error(
      `no person has a simulation: the ${human.n} human ids (${sample(human.ids)}) and the simulated ones ` +
        `(${sample(simulated[0]!.ids)}) have none in common. Simulate the same people, ` +
        `or compare two unrelated samples with alignment.jsDistance on their counts`,
    );
  const lost = human.n - kept.length;
  const extra = simulated.reduce((m, s) => m + s.ids.filter((id) => !own.has(id)).length, 0);
  if (lost) notes.push(`${lost} of ${human.n} people have no simulation and are left out`);
  if (extra) notes.push(`${extra} simulated respondents stand for nobody in the human sample and are left out`);
  const seen = learnedFrom({ codebook: human.codebook, ids: kept.map((i) => human.ids[i]!) }, simulated);
  if (seen)
    notes.push(
      `${seen} of these people were among those the model learned from: it is judged on what it was shown; ` +
        `compare with people it has not seen`,
    );
  const take = (r: Respondents, at: Map<string, number>) =>
    r.n === kept.length && kept.every((i, k) => r.ids[k] === human.ids[i])
      ? r
      : r.take(kept.map((i) => at.get(human.ids[i]!)!));
  return { human: take(human, own), simulated: simulated.map((s, k) => take(s, places[k]!)), notes };
}

function index(r: Respondents): Map<string, number> {
  const at = new Map<string, number>();
  r.ids.forEach((id, i) => {
    if (at.has(id))
      throw new Error(`respondent id ${id} occurs twice (rows ${at.get(id)} and ${i}); ids must be unique`);
    at.set(id, i);
  });
  return at;
}

const sample = (ids: readonly string[]) => ids.slice(0, 3).join(", ") + (ids.length > 3 ? ", …" : "");

/** How many of these people a model (not a baseline) learned from. */
export function learnedFrom(people: Pick<Respondents, "codebook" | "ids">, simulated: readonly Respondents[]): number {
  const seen = new Set(
    simulated.flatMap((s) =>
      s instanceof Simulated && s.simulation.provider !== "baseline" ? s.simulation.trainedOn : [],
    ),
  );
  return seen.size ? originalIds(people).filter((id) => seen.has(id)).length : 0;
}
