/** Which of the people are learned from, and which are held out to validate on. */
import { random } from "../study/index.js";
import type { Respondents } from "../study/index.js";

/** n people of these, drawn with the seed. */
export function draw(people: Respondents, n: number, seed: number): Respondents {
  if (!Number.isInteger(n) || n < 1 || n > people.n)
    throw new Error(`n must be a whole number from 1 to ${people.n}, found ${n}`);
  const chosen = random(seed, "finetuning n").permutation(people.n).slice(0, n);
  return people.take(chosen.sort((a, b) => a - b));
}

export function divide(people: Respondents, share: number, seed: number): { learn: Respondents; held: Respondents } {
  if (!(share >= 0 && share <= 0.5)) throw new Error(`validation is a share from 0 to 0.5, found ${share}`);
  const held = share ? Math.max(1, Math.round(people.n * share)) : 0;
  if (held >= people.n) throw new Error(`${people.n} person(s) cannot be divided into training and validation`);
  const order = random(seed, "validation").permutation(people.n);
  const take = (indices: number[]) => people.take(indices.sort((a, b) => a - b));
  return { learn: take(order.slice(held)), held: take(order.slice(0, held)) };
}
