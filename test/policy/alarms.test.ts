import { expect, test } from "vitest";
import type { Hold } from "../../lib/model/hold.ts";
import { ALARM_BEFORE_MS, alarmsOf, type Unremoved } from "../../lib/policy/alarms.ts";
import type { ClockControl } from "../../lib/policy/clock-control.ts";

const DEADLINE = Date.UTC(2027, 0, 10);
const PART = { store: "hot", id: "p1", class: "people" } as const;
const OK: ClockControl = { verdict: "ok", offsetMs: 0, trusted: DEADLINE };
const FACTS = { unremoved: [], unknown: [], holds: [], clock: OK };
const unremoved = (more: Partial<Unremoved> = {}): Unremoved => ({
  part: PART,
  deadline: DEADLINE,
  reason: "the disk is full",
  ...more,
});
const levelsAt = (now: number, one = unremoved()) =>
  alarmsOf({ ...FACTS, unremoved: [one] }, now).map(({ level }) => level);

test("a part that could not be removed alarms from six hours before its deadline, and is a page from it on", () => {
  expect(levelsAt(DEADLINE - ALARM_BEFORE_MS - 1)).toEqual([]);
  expect(levelsAt(DEADLINE - ALARM_BEFORE_MS)).toEqual(["alarm"]);
  expect(levelsAt(DEADLINE - 1)).toEqual(["alarm"]);
  expect(levelsAt(DEADLINE)).toEqual(["page"]);
});

test("one that is locked to its deadline or beyond alarms at once: nobody can keep that deadline", () => {
  const early = DEADLINE - 30 * ALARM_BEFORE_MS;
  expect(levelsAt(early, unremoved({ lockedUntil: DEADLINE - 1 }))).toEqual([]);
  expect(levelsAt(early, unremoved({ lockedUntil: DEADLINE }))).toEqual(["alarm"]);
});

test("an alarm says of which part, by when and why; what is broken comes first", () => {
  const archived = { store: "archive", id: "shop/2026-12-01", class: "money" } as const;
  const alarms = alarmsOf(
    { ...FACTS, unremoved: [unremoved({ part: archived, deadline: DEADLINE + 1000 }), unremoved()] },
    DEADLINE,
  );
  expect(alarms).toEqual([
    {
      level: "page",
      about: "part",
      part: PART,
      deadline: DEADLINE,
      message:
        "class people of point p1 was to be gone by 2027-01-10T00:00:00.000Z and is still there: the disk is full",
    },
    {
      level: "alarm",
      about: "part",
      part: archived,
      deadline: DEADLINE + 1000,
      message:
        "class money of archive shop/2026-12-01 must be gone by 2027-01-10T00:00:01.000Z and could not be removed: the disk is full",
    },
  ]);
});

test("of several that are broken, and of several that are not, each come in the order they were found", () => {
  const found = [1, 0, 0, 1].map((late, i) =>
    unremoved({ part: { ...PART, id: `p${i}` }, deadline: DEADLINE + late * 1000 }),
  );
  const alarms = alarmsOf({ ...FACTS, unremoved: found }, DEADLINE);
  expect(alarms.map(({ level, part }) => [level, part?.id])).toEqual([
    ["page", "p1"],
    ["page", "p2"],
    ["alarm", "p0"],
    ["alarm", "p3"],
  ]);
});

test("so do a copy that nobody knows, a hold past its review date for each of its parts, and a clock", () => {
  const hold: Hold = {
    id: "h",
    basis: "b",
    matter: "case 7",
    parts: [PART, { ...PART, class: "money" }],
    reviewAt: DEADLINE,
    requested: { by: "ann", at: 0 },
    approved: { by: "ben", at: 1 },
  };
  const unknown = [{ name: "dump.sql", deadline: DEADLINE, reason: "forbidden" }];
  const clock: ClockControl = { ...OK, verdict: "failed", problem: "the clock is wrong" };
  const alarms = alarmsOf({ unremoved: [], unknown, holds: [hold], clock }, DEADLINE);
  expect(alarms.map(({ level, about, part }) => [level, about, part?.class])).toEqual([
    ["page", "unknown copy", undefined],
    ["alarm", "hold", "people"],
    ["alarm", "hold", "money"],
    ["alarm", "clock", undefined],
  ]);
  expect(alarms.map(({ message }) => message)).toEqual([
    "object dump.sql, which nothing speaks for, must be gone by 2027-01-10T00:00:00.000Z and could not be deleted: forbidden",
    ...Array.from(
      hold.parts,
      () => "hold h (case 7) was to be reviewed by 2027-01-10T00:00:00.000Z; it goes on until two people release it",
    ),
    "the clock is wrong; nothing that has a minimum is deleted by this clock",
  ]);
  const before = alarmsOf({ unremoved: [], unknown, holds: [hold], clock: OK }, DEADLINE - 1);
  expect(before.map(({ level, about }) => [level, about])).toEqual([["alarm", "unknown copy"]]);
});
