import fc from "fast-check";
import { expect, test } from "vitest";
import { formatAge, formatBytes, formatDuration, formatInstant, formatNumber, formatTable } from "../../bin/format.ts";

test.each([
  [0, "0 B"],
  [999, "999 B"],
  [1000, "1.0 kB"],
  [1500, "1.5 kB"],
  [9949, "9.9 kB"],
  [9950, "10 kB"],
  [999_499, "999 kB"],
  [999_500, "1.0 MB"],
  [64_000_000_000, "64 GB"],
  [2 ** 53, "9.0 PB"],
])("%d bytes are written %s", (bytes, text) => {
  expect(formatBytes(bytes)).toBe(text);
});

test("a size never shows four digits, and never more than 6 % off", () => {
  const factor: Record<string, number> = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12, PB: 1e15 };
  fc.assert(
    fc.property(fc.maxSafeNat(), (bytes) => {
      const [number = "", unit = ""] = formatBytes(bytes).split(" ");
      expect(number.replace(".", "").length).toBeLessThanOrEqual(3);
      expect(Math.abs(Number(number) * (factor[unit] ?? Number.NaN) - bytes)).toBeLessThanOrEqual(bytes * 0.06);
    }),
  );
});

test.each([
  [0, "0.0 s"],
  [430, "0.4 s"],
  [9949, "9.9 s"],
  [9950, "10 s"],
  [59_499, "59 s"],
  [59_500, "1 min 00 s"],
  [185_000, "3 min 05 s"],
  [3_599_500, "1 h 00 min"],
  [7_500_000, "2 h 05 min"],
  [100 * 3_600_000, "4 d 04 h"],
])("%d ms are written %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});

const MINUTE = 60_000;

test.each([
  [0, "just now"],
  [59_999, "just now"],
  [5 * MINUTE, "5 min ago"],
  [119 * MINUTE, "1 h ago"],
  [47 * 60 * MINUTE, "47 h ago"],
  [12 * 24 * 60 * MINUTE, "12 d ago"],
  [-30_000, "just now"],
  [-2 * MINUTE, "in the future"],
])("an age of %d ms is written %s", (ms, text) => {
  const now = 1_795_000_000_000;
  expect(formatAge({ at: now - ms, now })).toBe(text);
});

test("an instant is written in UTC, to the second", () => {
  expect(formatInstant(Date.UTC(2026, 10, 20, 16, 0, 5, 999))).toBe("2026-11-20 16:00:05Z");
});

test("a count is written with its noun in the right number", () => {
  expect([0, 1, 1234567].map((count) => formatNumber(count, "row"))).toEqual(["0 rows", "1 row", "1,234,567 rows"]);
});

test("a table aligns its columns, numbers to the right, without spaces at the end of a line", () => {
  expect(
    formatTable(
      [{ title: "table" }, { title: "rows", align: "right" }, { title: "note" }],
      [
        ["orders", "12", ""],
        ["zoë", "1,234", "no key"],
      ],
    ),
  ).toEqual(["table    rows  note", "orders     12", "zoë     1,234  no key"]);
});
