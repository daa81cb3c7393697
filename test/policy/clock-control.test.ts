import { describe, expect, test } from "vitest";
import { CLOCK_OFFSET_MS_MAX, clockControl, SILENCE_MS_MAX } from "../../lib/policy/clock-control.ts";

const NOW = Date.UTC(2027, 0, 10);

test.each([
  [0, "ok"],
  [CLOCK_OFFSET_MS_MAX, "ok"],
  [-CLOCK_OFFSET_MS_MAX, "ok"],
  [CLOCK_OFFSET_MS_MAX + 1, "failed"],
  [-CLOCK_OFFSET_MS_MAX - 1, "failed"],
])("a clock that is %i ms from the store's is %s", (offsetMs, verdict) => {
  const control = clockControl({ now: NOW, storeNow: NOW - offsetMs, recordedAt: NOW - 1000 });
  expect(control).toMatchObject({ verdict, offsetMs, trusted: Math.min(NOW, NOW - offsetMs) });
  expect(control.problem === undefined).toBe(verdict === "ok");
});

test("whose clock is ahead is said", () => {
  expect(clockControl({ now: NOW, storeNow: NOW - 90_000 }).problem).toBe("the clock is 90 s ahead of the store's");
  expect(clockControl({ now: NOW, storeNow: NOW + 90_000 }).problem).toBe("the clock is 90 s behind the store's");
});

describe("against the newest record", () => {
  const at = (recordedAt: number, storeNow = NOW) => clockControl({ now: NOW, storeNow, recordedAt });
  test("a clock may be behind it by as much as two machines' clocks differ, and no more", () => {
    expect(at(NOW + CLOCK_OFFSET_MS_MAX).verdict).toBe("ok");
    expect(at(NOW + CLOCK_OFFSET_MS_MAX + 1)).toMatchObject({ verdict: "behind" });
    expect(at(NOW + 3_600_000).problem).toBe(
      "the clock says 2027-01-10T00:00:00.000Z, and the evidence has a record of 2027-01-10T01:00:00.000Z: the clock went back",
    );
  });
  test("what somebody has checked is not refused, and is not trusted with minimums", () => {
    const control = clockControl({ now: NOW, storeNow: NOW, recordedAt: NOW + 3_600_000, isChecked: true });
    expect(control).toMatchObject({ verdict: "failed", trusted: NOW });
    expect(clockControl({ now: NOW, storeNow: NOW, recordedAt: NOW, isChecked: true }).verdict).toBe("ok");
  });
  test("after a silence nothing later than the record is trusted", () => {
    expect(at(NOW - SILENCE_MS_MAX)).toMatchObject({ verdict: "ok", trusted: NOW });
    expect(at(NOW - SILENCE_MS_MAX - 1)).toEqual({
      verdict: "failed",
      offsetMs: 0,
      trusted: NOW - SILENCE_MS_MAX - 1,
      problem: "nothing was recorded for 26 hours: nothing ran, or the clock was set forward",
    });
  });
  test("an offset is told though the silence is too", () => {
    expect(at(NOW - 40 * 3_600_000, NOW - 50 * 3_600_000)).toMatchObject({
      verdict: "failed",
      offsetMs: 50 * 3_600_000,
      trusted: NOW - 50 * 3_600_000,
    });
  });
});
