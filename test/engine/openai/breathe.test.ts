/** However many answers arrive together, the event loop turns in between. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { breathe } from "#src/engine/openai/breathe.js";

test("of hundreds of waiting callers at most a few work between two turns of the event loop", async () => {
  let inTurn = 0;
  let most = 0;
  let turns = 0;
  let done = false;
  const turn = () => {
    turns++;
    inTurn = 0;
    if (!done) setImmediate(turn);
  };
  setImmediate(turn);
  await Promise.all(
    Array.from({ length: 300 }, async () => {
      for (let i = 0; i < 3; i++) {
        await breathe();
        most = Math.max(most, ++inTurn);
      }
    }),
  );
  done = true;
  // Four of the slice that was open before, at most, and four of the next.
  assert.ok(most <= 8, `${most} worked in one turn`);
  assert.ok(turns >= 900 / 8, `${turns} turns`);
});
