import { basename } from "node:path";
import { expect, test } from "vitest";
import { filesUnder } from "./source-files.ts";

const LINES_MAX = 40;
const PARTS = [/question/i, /knew/i, /chose/i, /gave up/i, /change our mind/i];

const records = filesUnder(["lib/decisions"], ".md");

test("decisions are numbered without a gap or a double", () => {
  expect(records.length).toBeGreaterThan(0);
  const numbers = records.map((record) => basename(record.path).slice(0, 4));
  expect(numbers).toEqual(records.map((_, i) => String(i + 1).padStart(4, "0")));
});

test.each(records)("$path has a decision for its title, answers the five questions and is short", ({ text }) => {
  expect(text).toMatch(/^# \S.*\n\n/);
  for (const part of PARTS) expect(text).toMatch(part);
  expect(text.split("\n").length).toBeLessThanOrEqual(LINES_MAX);
});
