/** What a training is said to need beside the memory that the operating system saw it take. */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";

const child = join(dirname(fileURLToPath(import.meta.url)), "memory-child.js");
const measure = (options: object) =>
  JSON.parse(execFileSync(process.execPath, [child, JSON.stringify(options)], { encoding: "utf8" })) as {
    taken: number;
    estimated: number;
  };

describe("memory of a LoRA training, 16 layers", () => {
  const layers = 16;
  const taken = new Map<string, number>();
  for (const [tokens, gradientCheckpointing] of [
    [100, false],
    [1000, false],
    [1000, true],
  ] as const)
    test(`${tokens} tokens${gradientCheckpointing ? ", layers computed twice" : ""}: the estimate is within a third`, () => {
      const { taken: bytes, estimated } = measure({ tokens, layers, gradientCheckpointing });
      taken.set(`${tokens} ${gradientCheckpointing}`, bytes);
      const ratio = estimated / bytes;
      assert.ok(ratio > 2 / 3 && ratio < 4 / 3, `estimated ${estimated}, taken ${bytes}`);
    });

  test("computing layers twice saves more than half of it", () => {
    assert.ok(taken.get("1000 true")! < 0.5 * taken.get("1000 false")!);
  });
});
