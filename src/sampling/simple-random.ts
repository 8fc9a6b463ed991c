import { random, type Respondents } from "../study/index.js";
import { checkSize, split, type SamplingOptions, type Split } from "./split.js";

/** Draws `n` people at random, each with the same probability n/N. Nested: with the same seed, 60 contain the 30. */
export function simpleRandom(respondents: Respondents, options: SamplingOptions & { n: number }): Split {
  const { n } = options;
  checkSize(respondents, n);
  const drawn = random(options.seed ?? 1, "simple random")
    .permutation(respondents.n)
    .slice(0, n);
  const inclusion = drawn.map(() => n / respondents.n);
  return split(respondents, drawn, { ...options, method: `simple random sample of ${n}`, inclusion });
}
