import assert from "node:assert/strict";
import { test, type TestContext } from "node:test";
import { check, studentSeed } from "proband/classroom";

function quiet(t: TestContext): string[] {
  const lines: string[] = [];
  t.mock.method(console, "log", (line: string) => void lines.push(line));
  t.mock.method(console, "error", () => assert.fail("a check must not write to standard error"));
  return lines;
}

test("a passed check prints one line and returns nothing", (t) => {
  const lines = quiet(t);
  assert.equal(check("one and one", 1 + 1, 2), undefined);
  check("a condition", () => true, { hint: "none needed" });
  check("numbers within a tolerance", 0.3001, 0.3, { tolerance: 1e-3 });
  check("structures", { a: [1, 2], b: "x" }, { b: "x", a: [1, 2] });
  assert.deepEqual(lines, ["✓ one and one", "✓ a condition", "✓ numbers within a tolerance", "✓ structures"]);
});

test("a failed check throws with what was expected, what was found and the hint", (t) => {
  quiet(t);
  assert.throws(() => check("the mean", 3, 2.5, { hint: "divide by n" }), {
    name: "CheckFailed",
    message: "✗ the mean: expected 2.5, found 3. Hint: divide by n",
  });
  assert.throws(
    () =>
      check(
        "runs",
        () => {
          throw new TypeError("no");
        },
        1,
      ),
    /your code threw TypeError: no/,
  );
  assert.throws(() => check("a condition", false), /does not hold/);
  assert.throws(() => check("a condition", (() => 1) as unknown as () => boolean), /expected true or false, found 1/);
});

test("seeds: own, the same everywhere, and no two alike among 10,000 names", () => {
  assert.equal(studentSeed("Ada Lovelace", "week 1"), studentSeed("  ada   LOVELACE ", "week 1"));
  assert.notEqual(studentSeed("Ada Lovelace", "week 1"), studentSeed("Ada Lovelace", "week 2"));
  assert.equal(new Set(Array.from({ length: 10_000 }, (_, i) => studentSeed(`student ${i}`))).size, 10_000);
  assert.throws(() => studentSeed("  "), /write your name/);
});
