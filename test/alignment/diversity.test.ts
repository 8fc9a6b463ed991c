// Diversity against scikit-bio 0.7, vegan 2.6 (R) and exact fractions; tolerance 1e-8 relative.
import assert from "node:assert/strict";
import { test } from "node:test";
import { chao1, correctedDivergence, entropy, hillNumber, rarefy } from "#src/alignment/index.js";
import { random } from "#src/study/index.js";
import { close, fixture } from "./fixture.js";

test("published values: scikit-bio's documentation of hill and chao1", () => {
  const expected: [number, number][] = [
    [0, 5],
    [0.5, 4.68423304],
    [1, 4.4359878],
    [2, 4.09090909],
    [10, 3.34923645],
    [Infinity, 3],
  ];
  for (const [q, value] of expected) close(hillNumber([1, 2, 3, 4, 5], q), value, 1e-8);
  assert.equal(chao1([0, 1, 1, 4, 2, 5, 2, 4, 1, 2]), 9.75);
  assert.equal(chao1([0, 1, 1, 4, 2, 5, 2, 4, 1, 2], { biasCorrected: false }), 10.5);
});

test("Hill numbers, entropy, Chao1 and rarefaction agree with scikit-bio and exact fractions", () => {
  for (const c of fixture("diversity-skbio").cases) {
    for (const [q, value] of Object.entries(c.hill)) close(hillNumber(c.counts, Number(q)), value as number, 1e-10);
    close(entropy(c.counts), c.shannonBits, 1e-10);
    close(chao1(c.counts), c.chao1, 1e-12);
    close(chao1(c.counts, { biasCorrected: false }), c.chao1Classic, 1e-12);
    rarefy(c.counts, c.sizes).forEach(({ expected, sd }, i) => {
      close(expected, c.expected[i], 1e-9);
      assert.ok(Math.abs(sd - c.sd[i]) < 1e-5, `sd ${sd} for ${c.sd[i]}`);
    });
  }
});

test("the same agree with vegan on the trees of Barro Colorado Island", () => {
  for (const [name, c] of Object.entries<any>(fixture("diversity-vegan"))) {
    if (name === "source") continue;
    c.orders.forEach((q: number, i: number) => close(hillNumber(c.counts, q), c.hill[i], 1e-10));
    close(hillNumber(c.counts, Infinity), c.hillInfinity, 1e-10);
    close(entropy(c.counts), c.shannonBits, 1e-10);
    close(chao1(c.counts), c.chao1, 1e-10);
    rarefy(c.counts, c.sizes).forEach(({ expected, sd }, i) => {
      close(expected, c.expected[i], 1e-9);
      assert.ok(Math.abs(sd - c.sd[i]) < 1e-5, `${name}: sd ${sd} for ${c.sd[i]}`);
    });
  }
});

test("properties: all of n gives all kinds, none gives none; Hill numbers fall with their order", () => {
  const counts = [7, 3, 3, 1, 1, 1];
  const [none, one, all] = rarefy(counts, [0, 1, 16]);
  assert.deepEqual([none!.expected, none!.sd], [0, 0]);
  close(one!.expected, 1);
  close(all!.expected, 6);
  const orders = [0, 0.5, 1, 1.5, 2, 5, Infinity].map((q) => hillNumber(counts, q));
  orders.slice(1).forEach((h, i) => assert.ok(h < orders[i]!));
  close(Math.log2(hillNumber(counts, 1)), entropy(counts), 1e-12);
  assert.equal(entropy([5]), 0);
});

test("the population's standard deviation is that of samples of the population", () => {
  const r = random(12),
    kinds = Array.from({ length: 150 }, (_, k) => 1 / (k + 3));
  for (const [n, m] of [
    [400, 400],
    [400, 200],
  ] as const) {
    const seen: number[] = [],
      said: number[] = [];
    for (let t = 0; t < 400; t++) {
      const counts = new Array<number>(150).fill(0);
      for (let i = 0; i < n; i++) counts[r.weighted(kinds)]!++;
      said.push(rarefy(counts, [m])[0]!.populationSd);
      const other = new Set<number>();
      for (let i = 0; i < m; i++) other.add(r.weighted(kinds));
      seen.push(other.size);
    }
    const mean = seen.reduce((a, b) => a + b) / seen.length;
    const sd = Math.sqrt(seen.reduce((a, x) => a + (x - mean) ** 2, 0) / (seen.length - 1));
    const average = said.reduce((a, b) => a + b) / said.length;
    // The standard deviation of 400 numbers is known to 3.5%; Colwell's formula is an approximation for m = n.
    if (m === n) assert.ok(Math.abs(average / sd - 1) < 0.2, `n = ${m}: said ${average}, seen ${sd}`);
    else assert.ok(average > 0.5 * sd && average < 1.3 * sd, `n = ${m}: said ${average}, seen ${sd}`);
  }
});

test("bad input is named", () => {
  assert.throws(() => hillNumber([0, 0], 1), /all counts are zero/);
  assert.throws(() => chao1([1, -1]), /count -1 of kind 1/);
  assert.throws(() => entropy([1.5]), /count 1.5 of kind 0/);
  assert.throws(() => rarefy([2, 2], [5]), /n = 5: expected a whole number from 0 to the 4/);
  assert.throws(() => hillNumber([1], -1), /order q/);
});

test("entropy with unseen kinds: infomeasure, and the paper's equation in 60 digits; divergence composed of them", () => {
  const f = fixture("unseen");
  for (const { counts, equation, package: other } of f.entropy) {
    const found = entropy(counts, { unseen: true }) * Math.LN2;
    close(found, equation, 1e-11, `${counts.length} kinds`);
    if (other !== null) close(found, other, 1e-9, "infomeasure");
  }
  for (const { p, q, divergence } of f.divergence) close(correctedDivergence(p, q), divergence, 1e-10);
});
