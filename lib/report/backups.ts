import type { AuditRecord } from "../model/audit.ts";
import type { ArchiveRow, CaptureRow, FailureRow, MissedRow } from "../model/report.ts";
import { type DayRecord, recordedAs } from "./acts.ts";
import { isIn, type ReportEvidence } from "./evidence.ts";

/**
 * Points captured in the period: those that a record tells of, and those that are in the vault without one. By their start,
 * so that a capture over midnight counts once, in the period in which it began.
 */
export const capturesOf = ({ records, points, period }: ReportEvidence): readonly CaptureRow[] => {
  const rows: CaptureRow[] = [];
  for (const record of records)
    if (record.outcome === "done" && record.act === "capture" && isIn(period, record.startedAt))
      rows.push({
        seq: record.seq,
        database: record.database ?? "",
        point: record.point,
        tier: record.tier,
        release: record.release,
        commit: record.commit,
        classes: record.classes,
        startedAt: record.startedAt,
        finishedAt: record.finishedAt,
        rows: record.rows,
        storedBytes: record.storedBytes,
      });
  const told = new Set(rows.map(({ point }) => point));
  for (const point of points)
    if (!told.has(point.id) && isIn(period, point.startedAt))
      rows.push({
        database: point.database,
        point: point.id,
        tier: point.tier,
        release: point.release,
        commit: point.commit,
        classes: [...point.parts, ...(point.expired ?? [])].map((part) => part.class).toSorted(),
        startedAt: point.startedAt,
        finishedAt: point.finishedAt,
        rows: point.parts.reduce((sum, part) => sum + part.rows, 0),
        storedBytes: point.stored.bytes,
      });
  return rows.toSorted((a, b) => a.startedAt - b.startedAt);
};

export const archivesOf = ({ records }: ReportEvidence): readonly ArchiveRow[] =>
  records.flatMap((record) =>
    record.outcome === "done" && record.act === "archive"
      ? [
          {
            ...recordedAs(record),
            archive: record.part.id,
            class: record.part.class,
            schedule: record.schedule,
            point: record.point,
            rows: record.rows,
            sealedBytes: record.sealedBytes,
            startedAt: record.startedAt,
            retainUntil: record.retainUntil,
            deadline: record.deadline,
            sha256: record.sha256,
            version: record.version,
          },
        ]
      : [],
  );

export const failuresOf = ({ records }: ReportEvidence): readonly FailureRow[] =>
  records.flatMap((record: AuditRecord) =>
    record.outcome === "done"
      ? []
      : [
          {
            ...recordedAs(record),
            act: record.act,
            outcome: record.outcome,
            code: record.code,
            database: record.database,
            point: record.point,
          },
        ],
  );

/** Each promised point that was not there on time, once: a verification tells of a gap every day as long as it would be kept. */
export const missedOf = ({ period }: ReportEvidence, days: readonly DayRecord[]): readonly MissedRow[] => {
  const rows = new Map<string, MissedRow>();
  for (const { verification } of days)
    for (const { database, tier, promised } of verification.tiers)
      for (const { expectedAt, found, point } of promised) {
        if (!isIn(period, expectedAt)) continue;
        const key = JSON.stringify([database, tier, expectedAt]);
        const before = rows.get(key);
        // What was missing and came later was late.
        if (found === "present") {
          if (before !== undefined) rows.set(key, { ...before, found: "late", point });
          continue;
        }
        const firstTold = before?.firstTold ?? verification.day;
        rows.set(key, { database, tier, expectedAt, found, point, firstTold, lastTold: verification.day });
      }
  return [...rows.values()].toSorted((a, b) => a.expectedAt - b.expectedAt);
};
