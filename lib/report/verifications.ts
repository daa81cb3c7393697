import { ERRORS, type ErrorCode, EXIT } from "../model/errors.ts";
import type { CheckRow, DayRow, InvariantRow, RestoreRow } from "../model/report.ts";
import type { Light } from "../model/verification.ts";
import { type DayRecord, recordedAs } from "./acts.ts";
import type { ReportEvidence } from "./evidence.ts";

export const daysOf = (records: readonly DayRecord[]): readonly DayRow[] =>
  records.map((record) => {
    const { day, light, tiers, invariants, rotation } = record.verification;
    return {
      ...recordedAs(record),
      day,
      light,
      points: rotation.points.length,
      objects: rotation.objects,
      bytes: rotation.bytes,
      rows: rotation.rows,
      problems: rotation.problems,
      allReadSince: rotation.allReadSince,
      broken: invariants.filter(({ result }) => result === "broken").map(({ id }) => id),
      reasons: tiers.flatMap(({ database, tier, reasons }) => reasons.map((one) => `${database} ${tier}: ${one}`)),
    };
  });

/** The light of each day that was verified: the worst, where it was verified more than once. */
export const dayLights = (days: readonly DayRow[]): ReadonlyMap<string, Light> => {
  const lights = new Map<string, Light>();
  for (const { day, light } of days) {
    const before = lights.get(day);
    lights.set(day, (["red", "yellow"] as const).find((worse) => worse === light || worse === before) ?? "green");
  }
  return lights;
};

export const checksOf = ({ records }: ReportEvidence): readonly CheckRow[] =>
  records.flatMap((record) => {
    if (record.outcome !== "done" || record.act !== "verify") return [];
    const { level, points, objects, bytes, rows, problems, elapsedMs } = record;
    return [{ ...recordedAs(record), level, points, objects, bytes, rows, problems, elapsedMs }];
  });

/** Drills and restores, also those that failed. A drill of a daily verification has a record of its own. */
export const restoresOf = ({ records }: ReportEvidence): readonly RestoreRow[] =>
  records.flatMap((record): readonly RestoreRow[] => {
    if (record.act !== "drill" && record.act !== "restore") return [];
    const about = { ...recordedAs(record), purpose: record.act } as const;
    if (record.outcome !== "done") {
      const result = foundDifference(record.code) ? "different" : record.outcome;
      return [{ ...about, of: record.point ?? "unknown", result, code: record.code }];
    }
    if (record.act === "drill") {
      const { part, tables, rows, plainBytes, restoreMs, elapsedMs } = record;
      return [{ ...about, of: part.id, result: "equal", tables, rows, plainBytes, restoreMs, elapsedMs }];
    }
    const { point, plan, rows, elapsedMs } = record;
    return [{ ...about, of: point, result: "done", rows, elapsedMs, plan }];
  });

/** A scratch server that is not there says nothing about a point; damage and other rows do. */
const foundDifference = (code: string): boolean =>
  Object.hasOwn(ERRORS, code) && ERRORS[code as ErrorCode].exit === EXIT.different;

export const invariantsOf = (records: readonly DayRecord[]): readonly InvariantRow[] => {
  const rows = new Map<string, InvariantRow>();
  for (const { verification } of records)
    for (const { id, result, found } of verification.invariants) {
      const before = rows.get(id) ?? { id, runs: 0, holds: 0, broken: 0, notApplicable: 0, found };
      const isBroken = result === "broken";
      rows.set(id, {
        id,
        runs: before.runs + 1,
        holds: before.holds + (result === "holds" ? 1 : 0),
        broken: before.broken + (isBroken ? 1 : 0),
        notApplicable: before.notApplicable + (result === "not applicable" ? 1 : 0),
        firstBroken: before.firstBroken ?? (isBroken ? verification.day : undefined),
        lastBroken: isBroken ? verification.day : before.lastBroken,
        found,
      });
    }
  return [...rows.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
};
