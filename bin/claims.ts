import type { VerifyReport } from "../lib/operations/verify.ts";
import { formatBytes, formatDuration, formatNumber } from "./format.ts";

interface Claims {
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
}

/** What a check has shown, and what it has not. */
export const claimLines = ({ proven, notProven }: Claims): readonly string[] => [
  ...proven.map((claim) => `  proven      ${claim}`),
  ...notProven.map((claim) => `  not proven  ${claim}`),
];

/** How a verification ends. Where there is a problem, nothing is claimed to be proven. */
export const verdictLines = ({
  problems,
  proven,
  notProven,
}: Claims & { readonly problems: readonly unknown[] }): readonly string[] => [
  ...claimLines({ proven: problems.length === 0 ? proven : [], notProven }),
  problems.length === 0 ? "no problem found" : `${formatNumber(problems.length, "problem")} found`,
];

/**
 * What a verification of points or archives found.
 * @param verified  what was looked at: `3 points`
 */
export const findingLines = (
  report: Omit<VerifyReport, "points" | "expired">,
  verified: string,
  notes: readonly string[] = [],
): readonly string[] => {
  const { level, objects, bytes, rows, problems, elapsedMs } = report;
  const opened = level === "list" ? "" : `, ${formatNumber(rows, "row")}`;
  return [
    `verified ${verified}, level ${level}: ${formatNumber(objects, "object")}, ${formatBytes(bytes)}${opened} in ${formatDuration(elapsedMs)}`,
    ...notes,
    ...problems.map(
      ({ code, message, point, archive, table }) =>
        `  PROBLEM ${code}: ${message}${[point && ` in point ${point}`, archive && ` in ${archive}`, table && `, table ${table}`].filter(Boolean).join("")}`,
    ),
    ...verdictLines(report),
  ];
};
