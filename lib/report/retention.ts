import type { AuditRecord, PartId } from "../model/audit.ts";
import type { Hold } from "../model/hold.ts";
import type { AlarmRow, ExpiryRow, HoldRow, KeptRow, LostRow, OverdueRow, RetentionRunRow } from "../model/report.ts";
import type { EpochMs } from "../model/units.ts";
import { recordedAs } from "./acts.ts";
import { isIn, type ReportEvidence } from "./evidence.ts";

/** What left in the period, and what should have left in it and did so later. */
export const expiriesOf = ({ records, proofs, period }: ReportEvidence): readonly ExpiryRow[] =>
  records.flatMap((record) =>
    record.outcome === "done" && record.act === "expire" && (isIn(period, record.at) || isIn(period, record.deadline))
      ? [
          {
            ...recordedAs(record),
            part: record.part,
            database: record.database,
            tier: record.tier,
            startedAt: record.startedAt,
            deadline: record.deadline,
            lookedAt: record.lookedAt,
            keyShredded: record.keyShredded,
            objectsDeleted: record.objectsDeleted,
            objectsLeft: record.objectsLeft,
            marginMs: record.marginMs,
            proof: proofs.get(record.seq),
          },
        ]
      : [],
  );

/** What was made in the period, is not there, and left without a record. Nobody can say so where the chain is broken. */
export const lostOf = ({ records, points, kept, period, integrity }: ReportEvidence): readonly LostRow[] => {
  if (integrity.broken !== undefined) return [];
  const known = new Set(kept.map(({ part }) => partKey(part)));
  // The policy does not speak of every point that is there.
  for (const point of points)
    for (const ref of point.parts) known.add(partKey({ store: "hot", id: point.id, class: ref.class }));
  for (const record of records)
    if (record.outcome === "done" && record.act === "expire") known.add(partKey(record.part));
  return records.flatMap((record) => {
    if (record.outcome !== "done" || !("startedAt" in record) || !isIn(period, record.startedAt)) return [];
    return madeBy(record)
      .filter((part) => !known.has(partKey(part)))
      .map((part) => ({ ...recordedAs(record), part, startedAt: record.startedAt }));
  });
};

const madeBy = (record: Extract<AuditRecord, { outcome: "done" }>): readonly PartId[] => {
  if (record.act === "archive") return [record.part];
  return record.act === "capture"
    ? record.classes.map((name) => ({ store: "hot", id: record.point, class: name }))
    : [];
};

export const runsOf = ({ records }: ReportEvidence): readonly RetentionRunRow[] =>
  records.flatMap((record) => {
    if (record.outcome !== "done" || record.act !== "retention") return [];
    const { due, gone, held, overdue, unknown } = record;
    return [{ ...recordedAs(record), due, gone, held, overdue, unknown }];
  });

export const alarmsOf = ({ records }: ReportEvidence): readonly AlarmRow[] =>
  records.flatMap((record) =>
    record.outcome === "done" && record.act === "alarm"
      ? [{ ...recordedAs(record), part: record.part, deadline: record.deadline, reason: record.reason }]
      : [],
  );

/** Copies that outlived their deadline: those that are there, those of which objects were left, and those that went late. */
export const overdueOf = (
  kept: readonly KeptRow[],
  expiries: readonly ExpiryRow[],
  { holds, madeAt: now }: Pick<ReportEvidence, "holds" | "madeAt">,
): readonly OverdueRow[] => {
  const rows: OverdueRow[] = [];
  const add = (row: Omit<OverdueRow, "heldBy">): void => {
    const hold = holds.find(
      (one) => heldAt(one, row.deadline) && one.parts.some((part) => partKey(part) === partKey(row.part)),
    );
    rows.push({ ...row, ...(hold && { heldBy: hold.id }) });
  };
  for (const { part, deadline, because } of kept)
    if (deadline <= now) add({ part, deadline, lateMs: now - deadline, state: "still there", because });
  for (const { part, deadline, marginMs, objectsLeft } of newestOf(expiries).values())
    if (objectsLeft > 0 && deadline <= now) {
      const because = `${objectsLeft} of its objects were found when it was last looked for`;
      add({ part, deadline, lateMs: now - deadline, state: "objects left", because });
    } else if (objectsLeft === 0 && marginMs < 0)
      add({ part, deadline, lateMs: -marginMs, state: "gone late", because: "proven gone after its deadline" });
  return rows.toSorted((a, b) => b.lateMs - a.lateMs);
};

const heldAt = ({ approved, released }: Hold, at: EpochMs): boolean =>
  approved !== undefined && approved.at <= at && (released === undefined || released.at >= at);

/** The last that was recorded of each part: an expiry that was completed later counts as of then. */
export const newestOf = (expiries: readonly ExpiryRow[]): ReadonlyMap<string, ExpiryRow> =>
  new Map(expiries.map((row) => [partKey(row.part), row]));

export const partKey = ({ store, id, class: name }: PartId): string => JSON.stringify([store, id, name]);

/** Parts that a hold let outlive their deadline. */
export const heldParts = (overdue: readonly OverdueRow[]): ReadonlySet<string> =>
  new Set(overdue.flatMap(({ part, heldBy }) => (heldBy === undefined ? [] : [partKey(part)])));

/** Holds that were in force at some moment of the period, or wait for somebody. */
export const holdsOf = ({ holds, period, madeAt }: ReportEvidence): readonly HoldRow[] =>
  holds
    .filter(({ requested, released }) => requested.at < period.to && (released?.at ?? madeAt) >= period.from)
    .map((hold) => ({
      hold: hold.id,
      state: stateOf(hold),
      basis: hold.basis,
      matter: hold.matter,
      parts: hold.parts,
      reviewAt: hold.reviewAt,
      requestedBy: hold.requested.by,
      requestedAt: hold.requested.at,
      approvedBy: hold.approved?.by,
      approvedAt: hold.approved?.at,
      releasedBy: hold.released?.by,
      releasedAt: hold.released?.at,
      reason: hold.releaseRequested?.reason,
    }));

const stateOf = ({ approved, releaseRequested, released }: Hold): HoldRow["state"] => {
  if (released !== undefined) return "released";
  if (approved === undefined) return "requested";
  return releaseRequested === undefined ? "holding" : "release requested";
};
