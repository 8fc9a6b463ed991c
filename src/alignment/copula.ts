import { CholeskyDecomposition, Matrix } from "ml-matrix";
import { isOrdered, optionsOf, scoreOf } from "../study/index.js";
import type { Item, Random, Respondents, Value } from "../study/index.js";
import { normalQuantile } from "./normal.js";

/**
 * A Gaussian copula fitted on a pilot: answers keep the pilot's margins and its rank correlations with each other and
 * with people's attributes; new people are drawn given their attributes. Correlations of normal scores are shrunk
 * towards zero by the Schäfer–Strimmer (2005) intensity, since a pilot of thirty has few of them to give.
 * Nominal attributes enter as indicators; a nominal answer enters in the order of its options, which is arbitrary when
 * it has more than two.
 */
export function gaussianCopula<T>(
  pilot: Respondents,
  people: Respondents,
  answers: readonly Item[],
  encode: (item: Item) => (value: Value) => T,
): (random: Random) => Map<string, T[]> {
  const given = people.items("attribute", "treatment").filter((item) => pilot.has(item.name));
  const predictors = given.flatMap((item) => predictorScores(item, pilot, people));
  const margins = answers.map((item) => margin(item, pilot));
  const written = margins.map(({ sorted }, j) => sorted.map(encode(answers[j]!)));
  const scores = [...predictors.map((p) => p.pilot), ...margins.map((m) => m.scores)];
  const k = predictors.length,
    d = answers.length;
  const r = shrunkCorrelation(scores);
  const block = (rows: number, columns: number, fromRow: number, fromColumn: number) =>
    new Matrix(
      Array.from({ length: rows }, (_, i) =>
        Array.from({ length: columns }, (_, j) => r[fromRow + i]![fromColumn + j]!),
      ),
    );
  const rYY = block(d, d, k, k);
  let weights = Matrix.zeros(d, Math.max(k, 1));
  let residual = rYY;
  if (k > 0) {
    const rXY = block(k, d, 0, k);
    weights = new CholeskyDecomposition(block(k, k, 0, 0)).solve(rXY).transpose();
    residual = Matrix.sub(rYY, weights.mmul(rXY));
  }
  // Symmetric but for rounding, which the decomposition does not forgive.
  const symmetric = Matrix.add(residual, residual.transpose()).mul(0.5).add(Matrix.eye(d, d).mul(1e-9));
  const lower = new CholeskyDecomposition(symmetric).lowerTriangularMatrix.to2DArray();
  const w = weights.to2DArray();
  const centres = new Float64Array(people.n * d);
  for (let i = 0; i < people.n; i++)
    for (let j = 0; j < d; j++) {
      let sum = 0;
      for (let k = 0; k < predictors.length; k++) sum += w[j]![k]! * predictors[k]!.people[i]!;
      centres[i * d + j] = sum;
    }
  return (random) => {
    const noise = new Float64Array(people.n * d);
    for (let at = 0; at < noise.length; at++) noise[at] = random.normal();
    return new Map(
      answers.map((item, j) => {
        const { cuts } = margins[j]!,
          own = written[j]!,
          row = lower[j]!,
          out = new Array<T>(people.n);
        for (let i = 0; i < people.n; i++) {
          let z = centres[i * d + j]!;
          for (let l = 0; l <= j; l++) z += row[l]! * noise[i * d + l]!;
          let low = 0,
            high = cuts.length;
          while (low < high) {
            const middle = (low + high) >> 1;
            if (z < cuts[middle]!) high = middle;
            else low = middle + 1;
          }
          out[i] = own[low]!;
        }
        return [item.name, out];
      }),
    );
  };
}

/** The answers of the pilot in order, and each person's normal score on them (0 where missing). */
function margin(item: Item, pilot: Respondents) {
  const place = new Map(item.scale.kind === "nominal" ? optionsOf(item).map((o, k) => [o.value, k] as const) : []);
  const number = (v: Value) => (v === null ? NaN : isOrdered(item) ? scoreOf(item, v) : (place.get(v) ?? NaN));
  const column = pilot.column(item.name);
  const sorted = column.filter((v) => v !== null).sort((a, b) => number(a) - number(b));
  if (!sorted.length) throw new Error(`item ${item.name}: the pilot has no answers to fit a copula on`);
  const score = normalScore(sorted.map(number));
  // The k-th of m answers stands for scores between the normal quantiles of k/m and (k + 1)/m.
  const cuts = Float64Array.from({ length: sorted.length - 1 }, (_, k) => normalQuantile((k + 1) / sorted.length));
  return { sorted, cuts, scores: Float64Array.from(column, (v) => score(number(v))) };
}

/** Normal scores of an attribute, by the pilot's distribution, for the pilot and for the people to draw. */
function predictorScores(item: Item, pilot: Respondents, people: Respondents) {
  const columns = [pilot.column(item.name), people.column(item.name)] as const;
  const scored = (number: (v: Value) => number) => {
    const score = normalScore(columns[0].map(number).filter((x) => !Number.isNaN(x)));
    const [a, b] = columns.map((column) => Float64Array.from(column, (v) => score(number(v))));
    return { pilot: a!, people: b! };
  };
  if (isOrdered(item)) return [scored((v) => scoreOf(item, v))];
  return optionsOf(item)
    .slice(1)
    .map((o) => scored((v) => (v === null ? NaN : v === o.value ? 1 : 0)));
}

/** Standardised normal scores of mid-ranks; 0 for missing. Constant columns score 0 throughout. */
function normalScore(values: readonly number[]): (x: number) => number {
  const sorted = Float64Array.from(values).sort();
  const n = sorted.length;
  const raw = (x: number) => {
    let below = 0;
    while (below < n && sorted[below]! < x) below++;
    let upto = below;
    while (upto < n && sorted[upto]! === x) upto++;
    return normalQuantile((below + (upto - below) / 2 + 0.5) / (n + 1));
  };
  const own = Array.from(sorted, raw);
  const centre = own.reduce((a, b) => a + b, 0) / Math.max(n, 1);
  const sd = Math.sqrt(own.reduce((a, z) => a + (z - centre) ** 2, 0) / Math.max(n, 1));
  const memo = new Map<number, number>();
  return (x) => {
    if (Number.isNaN(x) || !(sd > 1e-9)) return 0;
    let z = memo.get(x);
    if (z === undefined) memo.set(x, (z = (raw(x) - centre) / sd));
    return z;
  };
}

/** Correlations of standardised columns, shrunk towards the identity by Schäfer & Strimmer's estimated intensity. */
function shrunkCorrelation(columns: readonly Float64Array[]): number[][] {
  const n = columns[0]!.length;
  let variances = 0,
    squares = 0;
  const r = columns.map((a, i) =>
    columns.map((b, j) => {
      if (i === j) return 1;
      let sum = 0,
        sumSquares = 0;
      for (let k = 0; k < n; k++) {
        const product = a[k]! * b[k]!;
        sum += product;
        sumSquares += product * product;
      }
      const m = sum / n;
      variances += (n / (n - 1) ** 3) * (sumSquares - n * m * m);
      squares += m * m;
      return m;
    }),
  );
  const intensity = n < 3 || squares === 0 ? 1 : Math.min(1, Math.max(0.01, variances / squares));
  return r.map((row, i) => row.map((x, j) => (i === j ? 1 : (1 - intensity) * x)));
}
