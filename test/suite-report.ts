/** What the vitest JSON reporter writes; only what is read here. */
export interface SuiteReport {
  readonly numTotalTests: number;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

export interface Judgement {
  readonly passed: number;
  /** Never 0 if there is a problem: whoever reads only the last line must not be misled. */
  readonly failed: number;
  readonly problems: readonly string[];
  /** Tests that did not run although their suite did, for the reader; a problem in CI. */
  readonly skipped: readonly string[];
}

/**
 * Judges a suite by what it reports, not by its exit status alone: a suite that ran nothing, or skipped everything,
 * exits with 0 and proves nothing.
 * @param report  undefined if the suite wrote none
 * @param ci  a machine that is set up for all tests, so that nothing may be skipped
 */
export const judge = (
  report: SuiteReport | undefined,
  { status, ci, output = "" }: { status: number; ci: boolean; output?: string },
): Judgement => {
  if (report === undefined) return { passed: 0, failed: 1, problems: ["wrote no report"], skipped: [] };
  const passed = report.numPassedTests;
  const skipped = report.testResults.flatMap((file) =>
    file.assertionResults
      .filter((test) => test.status !== "passed" && test.status !== "failed")
      .map((test) => test.fullName),
  );
  const problems = [
    ...(report.numTotalTests === 0 ? ["ran no test"] : []),
    ...(report.numTotalTests > 0 && passed + report.numFailedTests === 0 ? ["skipped every test"] : []),
    ...(ci && skipped.length > 0 ? [`skipped ${skipped.length} that must run in CI: ${skipped.join("; ")}`] : []),
    // vitest goes on without a file that it cannot parse, and the floor of coverage then means less than it says.
    ...(output.includes("Excluding it from coverage") ? ["left files out of coverage"] : []),
    ...(report.numFailedTests > 0 ? [`failed ${report.numFailedTests}`] : []),
    ...(status !== 0 && report.numFailedTests === 0 ? [`ended with status ${status}`] : []),
  ];
  return { passed, failed: problems.length > 0 ? Math.max(1, report.numFailedTests) : 0, problems, skipped };
};
