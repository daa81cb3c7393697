import fc from "fast-check";
import { expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { appendRecord } from "../../lib/operations/audit.ts";
import { measuredRate, rateOfDrills } from "../../lib/operations/measured-rate.ts";
import { manualClock } from "../faults/manual-clock.ts";

/** Two seconds to begin, then this many megabytes in each. */
const drillOf = (megabytesPerSecond: number, seconds = 10) => ({
  plainBytes: megabytesPerSecond * 1e6 * seconds,
  restoreMs: 2_000 + seconds * 1_000,
});

test("no drill, and drills too short to tell, measure nothing", () => {
  expect(rateOfDrills([])).toBeUndefined();
  expect(rateOfDrills([{ plainBytes: 433_457, restoreMs: 700 }])).toBeUndefined();
  expect(rateOfDrills([{ plainBytes: 1e9, restoreMs: 3_999 }])).toBeUndefined();
  expect(rateOfDrills([{ plainBytes: 0, restoreMs: 10_000 }])).toBeUndefined();
  expect(rateOfDrills([{ plainBytes: 2e6, restoreMs: 4_000 }])?.bytesPerSecond).toBe(1e6);
});

test.each([
  ["one drill", [50], 50, 1.5],
  ["two that are close", [50, 51], 50, 1.5],
  ["two that are far apart", [20, 50], 20, 2.5],
  ["three that are close", [50, 51, 52], 51, 1.2],
  ["three of which one was slow", [50, 20, 52], 50, 2.5],
])("%s: the rate in the middle, and a factor that reaches the farthest", (_, rates, middle, factor) => {
  const rate = rateOfDrills(rates.map((one) => drillOf(one)));
  expect(rate).toEqual({ bytesPerSecond: middle * 1e6, source: "measured", factor });
});

test("whatever was measured, every drill lies between the estimate divided by its factor and times it", () => {
  const rates = fc.array(fc.integer({ min: 1, max: 500 }), { minLength: 1, maxLength: 5 });
  fc.assert(
    fc.property(rates, (measured) => {
      const { bytesPerSecond = 0, factor = 0 } = rateOfDrills(measured.map((one) => drillOf(one))) ?? {};
      for (const one of measured) {
        expect(one * 1e6).toBeGreaterThanOrEqual((bytesPerSecond / factor) * 0.999);
        expect(one * 1e6).toBeLessThanOrEqual(bytesPerSecond * factor * 1.001);
      }
    }),
  );
});

test("the newest drills count, and those that were too short are passed over", async () => {
  const clock = manualClock();
  const evidence = memoryStore(clock);
  const world = { evidence, vaultId: "v", clock, actor: "nightly" };
  expect(await measuredRate(evidence)).toBeUndefined();
  for (const drill of [...[10, 90, 90, 90, 90, 90].map((one) => drillOf(one)), drillOf(900, 1)])
    await appendRecord(world, {
      outcome: "done",
      act: "drill",
      part: { store: "hot", id: "p" },
      tables: 1,
      rows: 1,
      ...drill,
      elapsedMs: 1,
    });
  expect(await measuredRate(evidence)).toEqual({ bytesPerSecond: 90e6, source: "measured", factor: 1.2 });
});
