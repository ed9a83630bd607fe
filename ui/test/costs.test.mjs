// What a time is compared with on the page of costs.
import assert from "node:assert/strict";
import { test } from "node:test";
import { load } from "./load.mjs";

const { before, spanOf } = await load("pages/costs/time.ts");

for (const [name, period, now, zone, from, to, whole] of [
  ["a month that is not over, to the same moment", "", "2026-11-22T15:30:00Z", "UTC", "2026-10-01T00:00:00Z", "2026-10-22T15:30:00Z", false],
  ["the first minute of a month", "", "2026-11-01T00:00:00Z", "UTC", "2026-10-01T00:00:00Z", "2026-10-01T00:00:00Z", false],
  ["a day that the month before has not", "", "2026-03-31T10:00:00Z", "UTC", "2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z", false],
  ["the same in a leap year", "", "2028-03-29T10:00:00Z", "UTC", "2028-02-01T00:00:00Z", "2028-02-29T10:00:00Z", false],
  ["January, with December", "", "2026-01-15T06:00:00Z", "UTC", "2025-12-01T00:00:00Z", "2025-12-15T06:00:00Z", false],
  ["a zone ahead of UTC, where the next month has begun", "", "2026-10-31T16:00:00Z", "Asia/Tokyo", "2026-09-30T15:00:00Z", "2026-09-30T16:00:00Z", false],
  ["clocks that went back in between", "", "2026-11-10T12:00:00Z", "America/New_York", "2026-10-01T04:00:00Z", "2026-10-10T11:00:00Z", false],
  ["three months, the last of which is not over", "3m", "2026-11-22T15:30:00Z", "UTC", "2026-06-01T00:00:00Z", "2026-08-22T15:30:00Z", false],
  ["twelve months", "12m", "2026-11-22T15:30:00Z", "UTC", "2024-12-01T00:00:00Z", "2025-11-22T15:30:00Z", false],
  ["the last month, whole with whole", "last", "2026-11-22T15:30:00Z", "UTC", "2026-09-01T00:00:00Z", "2026-10-01T00:00:00Z", true],
  ["a month of the past", "2026-02", "2026-11-22T15:30:00Z", "UTC", "2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z", true],
])
  test(name, () => {
    const at = new Date(now);
    const got = before(spanOf(period, at, zone), at, zone);
    assert.equal(got.months, { "3m": 3, "12m": 12 }[period] ?? 1);
    assert.deepEqual({ from: got.from.toISOString(), to: got.to.toISOString(), whole: got.whole }, { from: new Date(from).toISOString(), to: new Date(to).toISOString(), whole });
  });
