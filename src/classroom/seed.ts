import { random } from "../study/index.js";

/**
 * A seed of one's own: the same name and assignment give the same seed on every machine, other names give other numbers
 * (of 2³¹; two of 30 students share one with probability 2 × 10⁻⁷). Case and spaces around the name do not matter.
 */
export function studentSeed(name: string, assignment = ""): number {
  const clean = name.normalize("NFKC").trim().toLowerCase().replace(/\s+/g, " ");
  if (!clean)
    throw new Error(
      'write your name or student number between the quotation marks, for example studentSeed("Ada Lovelace")',
    );
  return random(0, "student", assignment, clean).integer(2 ** 31 - 1) + 1;
}
