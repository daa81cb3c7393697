import { expect, test } from "vitest";
import { judge, type SuiteReport } from "../suite-report.ts";

const report = (...statuses: string[]): SuiteReport => ({
  numTotalTests: statuses.length,
  numPassedTests: statuses.filter((status) => status === "passed").length,
  numFailedTests: statuses.filter((status) => status === "failed").length,
  testResults: [{ name: "a.test.ts", assertionResults: statuses.map((status, i) => ({ fullName: `t${i}`, status })) }],
});

const ok = { status: 0, ci: true };

test("a suite whose tests all passed is counted and has no problem", () => {
  expect(judge(report("passed", "passed"), ok)).toEqual({ passed: 2, failed: 0, problems: [], skipped: [] });
});

test("fails a suite that ran no test, although it exits with 0", () => {
  expect(judge(report(), ok)).toMatchObject({ failed: 1, problems: ["ran no test"] });
});

test("fails a suite that skipped every test, on any machine", () => {
  expect(judge(report("skipped", "pending"), { status: 0, ci: false })).toMatchObject({
    failed: 1,
    problems: ["skipped every test"],
  });
});

test("fails a suite that skipped one test in CI, and names it", () => {
  expect(judge(report("passed", "skipped"), ok)).toMatchObject({
    passed: 1,
    failed: 1,
    problems: ["skipped 1 that must run in CI: t1"],
  });
});

test("names a skipped test without failing outside CI", () => {
  expect(judge(report("passed", "todo"), { status: 0, ci: false })).toMatchObject({ failed: 0, skipped: ["t1"] });
});

test("fails a suite that wrote no report", () => {
  expect(judge(undefined, ok)).toMatchObject({ failed: 1, problems: ["wrote no report"] });
});

test("fails a suite whose tests passed but which ended badly (an unhandled rejection, a missed coverage floor)", () => {
  expect(judge(report("passed"), { status: 1, ci: true })).toMatchObject({
    failed: 1,
    problems: ["ended with status 1"],
  });
});

test("fails a suite whose coverage left a file out", () => {
  const output = "Failed to parse file:///lib/a.ts. Excluding it from coverage.";
  expect(judge(report("passed"), { ...ok, output })).toMatchObject({
    failed: 1,
    problems: ["left files out of coverage"],
  });
});

test("counts each failed test", () => {
  expect(judge(report("failed", "failed", "passed"), { status: 1, ci: true })).toMatchObject({ passed: 1, failed: 2 });
});
