import type { Drawer } from "./resample.js";

/** 0: belief or action unknown, 1: beliefs imply no action, 2: acts as implied, 3: acts otherwise. */
export type State = 0 | 1 | 2 | 3;

/**
 * People and their simulations as combinations of states (person, first simulation, second …), so that resampling
 * counts combinations, of which there are few.
 */
export class StatePairs {
  readonly #sources: number;
  readonly #combination: Int32Array;
  readonly #combinations: number;
  readonly #rows: Int32Array;
  readonly #counts: Int32Array;
  /** `stateOf[combination · sources + source]` */
  readonly #stateOf: Uint8Array;
  /** `exchangedTo[combination · sources + source]`: the combination after exchanging the person with that source. */
  readonly #exchangedTo: Int32Array;

  /** `states[source][person]`, none of them unknown for these people. */
  constructor(people: Int32Array, states: readonly Uint8Array[]) {
    const sources = (this.#sources = states.length);
    const places = new Map<string, number>();
    const seen: State[][] = [];
    const place = (combination: State[]) => {
      const key = combination.join("");
      let at = places.get(key);
      if (at === undefined) {
        places.set(key, (at = seen.length));
        seen.push(combination);
      }
      return at;
    };
    this.#combination = Int32Array.from(people, (i) => place(states.map((s) => s[i]! as State)));
    this.#rows = new Int32Array(people.length);
    // Exchanges of those that occur bring further combinations, whose own exchanges are never asked for.
    const own = seen.length;
    this.#exchangedTo = new Int32Array(own * sources);
    for (let c = 0; c < own; c++)
      for (let o = 0; o < sources; o++) {
        const exchanged = [...seen[c]!];
        [exchanged[0], exchanged[o]] = [exchanged[o]!, exchanged[0]!];
        this.#exchangedTo[c * sources + o] = place(exchanged);
      }
    this.#combinations = seen.length;
    this.#counts = new Int32Array(seen.length);
    this.#stateOf = Uint8Array.from(seen.flat());
  }

  everyone(): Int32Array {
    this.#counts.fill(0);
    for (const c of this.#combination) this.#counts[c]!++;
    return this.#counts;
  }

  /** As many people drawn with replacement. */
  resampled(drawer: Drawer): Int32Array {
    const counts = this.#counts.fill(0),
      combination = this.#combination;
    drawer.indices(this.#rows.length, this.#rows);
    for (const i of this.#rows) counts[combination[i]!]!++;
    return counts;
  }

  /** Everyone, each exchanged with a source drawn at random (or with none). */
  exchanged(drawer: Drawer): Int32Array {
    const counts = this.#counts.fill(0),
      sources = this.#sources,
      combination = this.#combination,
      to = this.#exchangedTo,
      rows = drawer.indices(sources, this.#rows);
    for (let i = 0; i < rows.length; i++) counts[to[combination[i]! * sources + rows[i]!]!]!++;
    return counts;
  }

  /** Gaps of people and (mean over) simulations; NaN where none is definite. With a drawer, simulations are drawn with replacement. */
  gaps(counts: Int32Array, drawer?: Drawer) {
    const sources = this.#sources;
    const acts = new Float64Array(sources),
      differs = new Float64Array(sources);
    for (let c = 0; c < this.#combinations; c++) {
      const count = counts[c]!;
      if (count)
        for (let s = 0; s < sources; s++) {
          const state = this.#stateOf[c * sources + s];
          if (state === 2) acts[s]! += count;
          else if (state === 3) differs[s]! += count;
        }
    }
    const k = sources - 1;
    const drawn = drawer && k > 1 ? drawer.indices(k, new Int32Array(k)) : undefined;
    let simulated = 0,
      definite = 0;
    for (let i = 0; i < k; i++) {
      const s = 1 + (drawn ? drawn[i]! : i);
      simulated += differs[s]! / (acts[s]! + differs[s]!) / k;
      definite += (acts[s]! + differs[s]!) / k;
    }
    return {
      human: differs[0]! / (acts[0]! + differs[0]!),
      humanDefinite: acts[0]! + differs[0]!,
      simulated,
      definite,
    };
  }
}
