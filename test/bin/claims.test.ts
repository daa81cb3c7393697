import { expect, test } from "vitest";
import { findingLines, verdictLines } from "../../bin/claims.ts";

const REPORT = {
  level: "read",
  tables: 3,
  rows: 750,
  objects: 12,
  bytes: 4000,
  problems: [],
  proven: ["every chunk opens"],
  notProven: ["no database was restored"],
  elapsedMs: 1500,
} as const;

test("a verification says what it looked at, its notes, what is proven and what is not", () => {
  expect(findingLines(REPORT, "2 points", ["  1 part expired by policy"])).toEqual([
    "verified 2 points, level read: 12 objects, 4.0 kB, 750 rows in 1.5 s",
    "  1 part expired by policy",
    "  proven      every chunk opens",
    "  not proven  no database was restored",
    "no problem found",
  ]);
});

test("where rows were not opened none are counted", () => {
  expect(findingLines({ ...REPORT, level: "list" }, "1 archive part")[0]).toBe(
    "verified 1 archive part, level list: 12 objects, 4.0 kB in 1.5 s",
  );
});

test("each problem has its place, and beside one nothing is proven", () => {
  const problems = [
    { code: "OBJECT_MISSING", message: "chunk a is missing", point: "p1", table: "public.orders" },
    { code: "OBJECT_CORRUPT", message: "pack b is damaged", archive: "shop/2026-11-01/financial" },
    { code: "KEY_SHREDDED", message: "a key is gone" },
  ] as const;
  expect(findingLines({ ...REPORT, problems }, "2 points").slice(1)).toEqual([
    "  PROBLEM OBJECT_MISSING: chunk a is missing in point p1, table public.orders",
    "  PROBLEM OBJECT_CORRUPT: pack b is damaged in shop/2026-11-01/financial",
    "  PROBLEM KEY_SHREDDED: a key is gone",
    "  not proven  no database was restored",
    "3 problems found",
  ]);
  expect(verdictLines({ problems: ["one"], proven: ["nothing"], notProven: [] })).toEqual(["1 problem found"]);
});
