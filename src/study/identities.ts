/** Who de-identified people are: known to this process alone, so that nobody is learned from and answered for unnoticed. */
import type { Respondents } from "./respondents.js";
import type { Codebook } from "./types.js";

/** By the codebook that a de-identified table and all that is taken from it share. Not part of any data. */
const known = new WeakMap<Codebook, ReadonlyMap<string, string>>();

/** Notes that people under this codebook have new ids (new → old). */
export function rememberIds(codebook: Codebook, old: ReadonlyMap<string, string>): void {
  known.set(codebook, old);
}

/** Another codebook of the same people (a further arm, say). */
export function sameIds(codebook: Codebook, as: Codebook): void {
  const old = known.get(as);
  if (old) known.set(codebook, old);
}

/** The ids under which people were loaded, in the order of `ids`; where nothing was de-identified here, the ids themselves. */
export function originalIds({ codebook, ids }: Pick<Respondents, "codebook" | "ids">): string[] {
  const old = known.get(codebook);
  return ids.map((id) => old?.get(id) ?? id);
}
