import { expect, test } from "vitest";
import { groupPoints, reasonWords, removedWords } from "../../bin/expire.ts";
import { groupWords } from "../../bin/holds.ts";

const removed = (more: Partial<Parameters<typeof removedWords>[0][0]> = {}) => ({
  outcome: "gone",
  keyShredded: true,
  objectsDeleted: 3,
  objectsLeft: 0,
  marginMs: 7_200_000,
  ...more,
});

test("a day's parts that fared alike are one line, held days of a point another, and other parts each their own", () => {
  const parts = [
    { id: "p1", class: "raw", fate: "gone" },
    { id: "p1", class: "raw_2026-11-06", fate: "gone" },
    { id: "p2", class: "raw", fate: "gone" },
    { id: "p2", class: "raw_2026-11-06", fate: "held" },
    { id: "p3", class: "raw_2026-11-06", fate: "gone" },
    { id: "p3", class: "raw_2026-11-07", fate: "gone" },
    { id: "p2", class: "raw_2026-11-07", fate: "held" },
    { id: "p4", class: "raw_2026-11-06", fate: "held" },
  ].map(({ fate, ...part }) => ({ part: { store: "hot", ...part }, fate }) as const);
  const told = groupPoints(
    parts,
    ({ part }) => part,
    ({ fate }) => fate,
    ({ part, fate }) => (fate === "held" ? part.id : undefined),
  ).map(([first, ...others]) => {
    const words = groupWords([first.part, ...others.map(({ part }) => part)]);
    return `${words}: ${first.fate}`;
  });
  expect(told).toEqual([
    "class raw of point p1: gone",
    "class raw, day 2026-11-06 of 2 points: gone",
    "class raw of point p2: gone",
    "class raw, 2 days from 2026-11-06 to 2026-11-07 of point p2: held",
    "class raw_2026-11-07 of point p3: gone",
    "class raw_2026-11-06 of point p4: held",
  ]);
});

test("what was removed of several points is their sum, with the margin of the last of them", () => {
  expect(removedWords([removed()], "")).toBe(
    "3 objects deleted, key shredded, proven gone 2 h 00 min before its deadline",
  );
  expect(removedWords([removed(), removed({ marginMs: -60_000, keyShredded: false }), removed()], "")).toBe(
    "9 objects deleted, 2 keys shredded, proven gone 1 min 00 s AFTER its deadline",
  );
  const left = removed({ outcome: "left", objectsLeft: 2 });
  expect(removedWords([left, left], "a restore reads them")).toBe(
    "6 objects deleted, 2 keys shredded, unreadable 2 h 00 min before its deadline; 4 objects LEFT: a restore reads them",
  );
  expect(removedWords([removed({ keyShredded: false })], "")).toContain("key gone before");
});

test("one reason is told once, and of several the first", () => {
  expect(reasonWords(["disk full", "disk full"])).toBe("disk full");
  expect(reasonWords(["a may not be deleted", "b may not be deleted"])).toBe("a may not be deleted; and others alike");
});
