import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ReadTurn } from "../../lib/model/verification.ts";
import { cycleDaysOf, rotation, SLICES } from "../../lib/policy/rotation.ts";
import { DAY_MS, HOUR_MS, policyOf, term } from "./made-policy.ts";

const START = Date.UTC(2027, 0, 10, 4);
const page = (n: number): string =>
  `pages/money/20270110T020000Z-3f9a1c/${(n * 0x9e3779b1).toString(16).padStart(16, "0")}`;

interface Kept {
  readonly name: string;
  readonly writtenAt: number;
  readAt: number | undefined;
}

/** Runs at some times over things that come and go. @returns for each run the ages of what was there, and its share */
const runs = (times: readonly number[], cycleDays: number, thingsAt: (run: number) => readonly Kept[]) => {
  let turns: readonly ReadTurn[] = [];
  return times.map((now, run) => {
    const share = rotation(turns, cycleDays, now);
    ({ turns } = share);
    const things = thingsAt(run);
    let read = 0;
    for (const thing of things)
      if (share.reads(thing.name, thing.writtenAt)) {
        thing.readAt = now;
        read++;
      }
    return { now, share, read, oldest: Math.min(...things.map((thing) => thing.readAt ?? -Infinity)), things };
  });
};

test("whatever comes and goes, and whichever runs are missed: after any run everything was read within the cycle", () => {
  const gaps = fc.array(fc.integer({ min: 1, max: 4 * 24 }), { minLength: 1, maxLength: 40 });
  const cycles = fc.integer({ min: 2, max: 30 });
  fc.assert(
    fc.property(gaps, cycles, fc.infiniteStream(fc.integer({ min: 0, max: 3 })), (hours, cycleDays, changes) => {
      const times = hours.reduce<number[]>((all, gap) => [...all, (all.at(-1) ?? START) + gap * HOUR_MS], [START]);
      let kept: Kept[] = Array.from({ length: 40 }, (_, n) => ({
        name: page(n),
        writtenAt: START - DAY_MS * 90,
        readAt: undefined,
      }));
      let made = 40;
      const results = runs(times, cycleDays, (run) => {
        const [gone, fresh] = [changes.next().value as number, changes.next().value as number];
        kept = kept.slice(gone);
        // Written at some time since the run before.
        const writtenAt = run === 0 ? START : (times[run - 1] as number) + 1;
        for (let n = 0; n < fresh; n++) kept.push({ name: page(made++), writtenAt, readAt: undefined });
        return kept;
      });
      for (const { now, oldest, share } of results) {
        // Before a first ring nobody knows; from then on it is kept, and told.
        if (now - START < (cycleDays - 1) * DAY_MS) continue;
        expect(oldest).toBeGreaterThanOrEqual(now - cycleDays * DAY_MS);
        expect(share.allReadSince).toBeGreaterThanOrEqual(now - cycleDays * DAY_MS);
        expect(oldest).toBeGreaterThanOrEqual(share.allReadSince as number);
      }
    }),
    { numRuns: 200 },
  );
});

test("a day reads its share and not more, and all of a ring is read in as many days as the cycle has", () => {
  const things = Array.from({ length: 7000 }, (_, n) => ({ name: page(n), writtenAt: 0, readAt: undefined }));
  const times = Array.from({ length: 7 }, (_, day) => START + day * DAY_MS);
  const results = runs(times, 7, () => things);
  for (const { read } of results) {
    expect(read).toBeGreaterThan(1000);
    expect(read).toBeLessThan(1340);
  }
  expect(results[5]?.oldest).toBe(START);
  expect(results[4]?.share.allReadSince).toBeUndefined();
  expect(results[5]?.share.allReadSince).toBe(START);
});

test("what is new is read on its first day, with room for a store whose clock is behind", () => {
  const first = rotation([], 365, START);
  const name = [...Array(5000).keys()].map(page).find((one) => !first.reads(one, 0)) as string;
  expect(first.reads(name, START - 26 * HOUR_MS)).toBe(true);
  expect(first.reads(name, START - 27 * HOUR_MS)).toBe(false);
  const second = rotation(first.turns, 365, START + DAY_MS);
  const other = [...Array(5000).keys()].map(page).find((one) => !second.reads(one, 0)) as string;
  expect(second.reads(other, START - 10 * 60_000)).toBe(true);
  expect(second.reads(other, START - 10 * 60_000 - 1)).toBe(false);
});

test("everything was read when the last slice of a ring was, and not one slice before", () => {
  const count = Math.ceil(SLICES / 7);
  const since = (before: number) => rotation([{ at: START - DAY_MS, from: 0, count: before }], 8, START).allReadSince;
  expect(since(SLICES - count - 1)).toBeUndefined();
  expect(since(SLICES - count)).toBe(START - DAY_MS);
});

test("a cycle of a day reads everything each day", () => {
  const { reads, turns, allReadSince } = rotation([], 1, START);
  expect([...Array(500).keys()].every((n) => reads(page(n), 0))).toBe(true);
  expect([turns, allReadSince]).toEqual([[{ at: START, from: 0, count: SLICES }], START]);
});

test("a clock that was set back reads half a day's share, and never nothing", () => {
  const { turns } = rotation([{ at: START + DAY_MS, from: 100, count: 50 }], 8, START);
  expect(turns.at(-1)).toEqual({ at: START, from: 150, count: Math.ceil(SLICES / 14) });
});

test("the same turns, cycle and time choose the same", () => {
  const turns = [{ at: START - DAY_MS, from: 4000, count: 585 }];
  const [one, other] = [rotation(turns, 8, START), rotation(turns, 8, START)];
  expect(one.turns).toEqual(other.turns);
  for (let n = 0; n < 500; n++) expect(one.reads(page(n), 0)).toBe(other.reads(page(n), 0));
});

describe("the cycle is the whole days of the policy's term, none more", () => {
  test.each([
    ["P7D", 7],
    ["P1W", 7],
    ["PT47H", 1],
    ["PT6H", 1],
    ["P1M", 28],
    ["P1Y", 365],
  ])("%s is %i days", (text, days) => {
    const verification = { at: "04:00", readAllWithin: term(text), drillEvery: term("P7D") };
    expect(cycleDaysOf(policyOf([], { verification }))).toBe(days);
  });
});
