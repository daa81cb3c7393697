import { expect, test } from "vitest";
import { explainedLines } from "../../bin/commands/policy-explain.ts";
import type { ExplainedPart, PolicyExplained } from "../../lib/operations/policy.ts";

const DAY = Date.UTC(2026, 10, 20);
const NOTHING: PolicyExplained = { classes: [], rowAges: [], archives: [], tables: [], expiries: [], notices: [] };

/** What is shown of parts and notices, with single blanks. */
const shown = (explained: Partial<PolicyExplained>): readonly string[] =>
  explainedLines({ ...NOTHING, ...explained })
    .filter((line) => /note|point|raw/.test(line))
    .map((line) => line.trim().replaceAll(/ +/g, " "));

const part = (point: string, name: string, more: Partial<ExplainedPart> = {}): ExplainedPart => ({
  point,
  database: "shop",
  tier: "hot",
  class: name,
  verdict: "kept",
  deleteAt: DAY,
  deadline: DAY,
  because: "its age",
  ...more,
});

const ENDS = "2026-11-20 00:00:00Z 2026-11-20 00:00:00Z";

test("a day's rows that go together are one line for all points, and every other part is one of its own", () => {
  const expiries = [
    part("p1", "raw"),
    part("p1", "raw_2026-11-06"),
    part("p2", "raw"),
    part("p2", "raw_2026-11-06"),
    part("p3", "raw_2026-11-06", { because: "the window" }),
  ];
  expect(shown({ expiries })).toEqual([
    `p1 shop hot raw kept ${ENDS} its age`,
    `2 points shop hot raw_2026-11-06 kept ${ENDS} its age`,
    `p2 shop hot raw kept ${ENDS} its age`,
    `p3 shop hot raw_2026-11-06 kept ${ENDS} the window`,
  ]);
});

test("what is left open of several points in the same words is told once", () => {
  const notices = ["p1", "p2", "p3"].map((point) => ({ point, message: "class raw is old" }));
  expect(shown({ notices: [...notices, { point: "p2", message: "a clock is wrong" }] })).toEqual([
    "note p1 and 2 points more: class raw is old",
    "note p2: a clock is wrong",
  ]);
});

test("ages of rows are shown with the days that a capture takes", () => {
  const times = { deleteAt: DAY, deadline: DAY };
  const days = { firstDay: "2026-11-07", lastDay: "2026-11-20", days: 14 };
  expect(shown({ rowAges: [{ class: "raw", column: "at", max: "P14D", ...days, times }] })).toEqual([
    `raw at P14D 14 2026-11-07 2026-11-20 ${ENDS}`,
  ]);
});
