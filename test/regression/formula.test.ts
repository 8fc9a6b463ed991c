// Formulas and design matrices against patsy (models.py); rules of Chambers & Hastie (1992).
import assert from "node:assert/strict";
import { test } from "node:test";
import { design, parseFormula, type Data } from "proband/regression";
import { close, fixture } from "./support.js";

const { data, cases } = fixture<{
  data: Record<string, (number | string)[]>;
  cases: { formula: string; patsy: string; names: string[]; matrix: number[][] }[];
}>("design");

for (const c of cases)
  test(`${c.formula}: the columns patsy makes`, () => {
    const d = design(data as Data, c.formula);
    assert.equal(d.k, c.matrix.length, `columns ${d.names.join(", ")} against ${c.names.join(", ")}`);
    // The order differs (patsy puts categorical terms first); every column of one must be a column of the other.
    const ours = Array.from({ length: d.k }, (_, j) => [...d.x.subarray(j * d.n, (j + 1) * d.n)]);
    for (const [i, column] of c.matrix.entries())
      assert.ok(
        ours.some((o) => o.every((v, k) => Math.abs(v - column[k]!) < 1e-12 * (1 + Math.abs(column[k]!)))),
        `no column equals patsy's ${c.names[i]}`,
      );
  });

test("columns have readable names", () => {
  assert.deepEqual(design(data as Data, "~ a*x + C(b, ref='q') + poly(z, 2)").names, [
    "(Intercept)",
    "a[v]",
    "x",
    "b[p]",
    "b[r]",
    "poly(z, 2)[1]",
    "poly(z, 2)[2]",
    "a[v]:x",
  ]);
});

test("what a formula means", () => {
  const terms = (s: string) => parseFormula(s).terms.map((t) => t.name);
  assert.deepEqual(terms("y ~ a*b"), ["a", "b", "a:b"]);
  assert.deepEqual(terms("y ~ a*b*c - a:b:c"), ["a", "b", "c", "a:b", "a:c", "b:c"]);
  assert.deepEqual(terms("y ~ (a + b)^2"), ["a", "b", "a:b"]);
  assert.deepEqual(terms("y ~ a / b"), ["a", "a:b"]);
  assert.deepEqual(terms("y ~ b:a + a:b"), ["b:a"]);
  assert.deepEqual(terms("y ~ `odd name` + Q('other name')"), ["`odd name`", "`other name`"]);
  assert.equal(parseFormula("y ~ a - 1").intercept, false);
  assert.equal(parseFormula("y ~ 0 + a").intercept, false);
  assert.equal(parseFormula("y ~ a").intercept, true);
  assert.deepEqual(parseFormula("log(y) ~ a + offset(log(n))").columns, ["y", "a", "n"]);
});

test("the same columns for other rows: levels and polynomials stay as learned", () => {
  const d = design(data as Data, "~ poly(x, 2) + b");
  const again = d.apply(data as Data);
  close(again.x, d.x, 1e-15);
  const few = d.apply([{ x: 3, b: "q" }]);
  const at = data.x!.indexOf(3);
  close(few.x.subarray(0, 3), [1, d.x[d.n + at]!, d.x[2 * d.n + at]!], 1e-12);
  assert.throws(() => d.apply([{ x: 3, b: "new" }]), /column b, row 1: the level "new" does not occur .*p, q, r/);
});

test("a mistake in a formula is pointed at", () => {
  assert.throws(() => parseFormula("y ~ a +"), /character 8: expected a name/);
  assert.throws(() => parseFormula("y a"), /expected "~"/);
  assert.throws(() => parseFormula("y ~ a $ b"), /character 6: expected a name, a number or an operator/);
  assert.throws(() => parseFormula("y ~ 2 + a"), /0 or 1 \(the intercept\)/);
  assert.throws(() => parseFormula("y ~ a^b"), /whole number after \^/);
  assert.throws(() => parseFormula("y ~ ."), /names of the columns/);
  assert.throws(() => design(data as Data, "~ q"), /there is no column q; .*|columns are a, b, x, z/);
  assert.throws(() => design(data as Data, "~ X"), /did you mean x\?/);
  assert.throws(() => design(data as Data, "~ C(b, ref='w')"), /column b has no level "w" here; it has p, q, r/);
  assert.throws(() => design(data as Data, "~ log(a)"), /column a is categorical .* I\(a == 'u'\)/);
  assert.throws(() => design(data as Data, "~ foo(x)"), /foo\(\) is not known .* known are log/);
  assert.throws(() => design(data as Data, "~ log(x - 2)"), /log\(x - 2\) is -?(Infinity|NaN) for row/);
});
