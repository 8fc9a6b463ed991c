// Dates without a time zone are those of the reader's clock: JavaScript of the widget manager reads and writes local fields
// (serialize_naive of @jupyter-widgets/controls, widget_datetime.ts); those with one are UTC.
import assert from "node:assert/strict";
import { test } from "node:test";
import * as w from "#src/widgets/node/index.js";

test("a naive time is the clock's, another is UTC's, wherever the kernel runs", () => {
  const zone = process.env["TZ"];
  try {
    for (const [TZ, utc] of [
      ["America/New_York", 17],
      ["Asia/Tokyo", 3],
    ] as const) {
      process.env["TZ"] = TZ;
      const noon = new Date(1996, 10, 5, 12, 0, 0, 0);
      const naive = new w.models.NaiveDatetime({ value: noon });
      const aware = new w.models.Datetime({ value: noon });
      const expected = { year: 1996, month: 10, date: 5, hours: 12, minutes: 0, seconds: 0, milliseconds: 0 };
      assert.deepEqual(naive.packed().state["value"], expected, TZ);
      assert.deepEqual(aware.packed().state["value"], { ...expected, hours: utc }, TZ);
    }
  } finally {
    if (zone === undefined) delete process.env["TZ"];
    else process.env["TZ"] = zone;
  }
});
