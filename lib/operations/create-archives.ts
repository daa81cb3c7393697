import { type ArchiveListing, listArchiveParts, type StoredArchivePart } from "../engine/archive/list-archive-parts.ts";
import { type MadeArchivePart, makeArchivePart } from "../engine/archive/make-archive-part.ts";
import { findPoint, getPart, listPoints, newestGeneration } from "../engine/points.ts";
import { holdingPages } from "../engine/restore/hold-pages.ts";
import type { Vault } from "../engine/vault.ts";
import type { AuditEntry } from "../model/audit.ts";
import { Failure, isFailure, type SentFailure, sentFailure } from "../model/errors.ts";
import type { Policy } from "../model/policy.ts";
import type { ReportProgress } from "../model/progress.ts";
import { archiveTimes } from "../policy/archive-times.ts";
import { businessDateOf } from "../policy/business-date.ts";
import { type DueArchive, dueArchives } from "../policy/due-archives.ts";
import { schedulesOf } from "../policy/schedules.ts";
import type { Clock } from "../ports/clock.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import { type AuditWorld, appendRecord, readRecordsBack, recorded } from "./audit.ts";

export type { DueArchive };

export interface CreateWorld {
  readonly vault: Vault;
  readonly archive: RetainedStore;
  readonly clock: Clock;
  readonly audit: AuditWorld;
  readonly progress: ReportProgress;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

export type ArchiveOutcome = DueArchive &
  (
    | {
        /** `there`: another run was faster. */
        readonly outcome: "made" | "there";
        readonly tables: number;
        readonly rows: number;
        readonly plainBytes: number;
        readonly sealedBytes: number;
        readonly objects: number;
      }
    | { readonly outcome: "failed"; readonly failure: SentFailure }
  );

/** Which archives a policy wants now, in order of business dates; changes nothing. @throws OBJECT_CORRUPT, STORE_* */
export const archivesDue = async (
  { vault, archive, clock }: Pick<CreateWorld, "vault" | "archive" | "clock">,
  policy: Policy,
): Promise<readonly DueArchive[]> => {
  const { parts } = await listArchiveParts(archive);
  return dueArchives(policy, await listPoints(vault.hot), parts, clock.now());
};

/**
 * One class of one point, whether it is due or not: by the longest schedule that the class is archived by.
 * @param wanted  a point's id, the beginning of one, a release, or `latest`
 * @throws POINT_NOT_FOUND; USAGE  the policy does not archive the class, or would delete it at once
 */
export const archiveOf = async (
  { vault, clock }: Pick<CreateWorld, "vault" | "clock">,
  policy: Policy,
  wanted: string,
  className: string,
): Promise<DueArchive> => {
  const point = await findPoint(vault.hot, wanted);
  const dataClass = policy.classes.find((one) => one.name === className);
  const [schedule] = dataClass === undefined ? [] : schedulesOf(dataClass);
  if (dataClass === undefined || schedule === undefined || !policy.databases.includes(point.database))
    throw new Failure("USAGE", `the policy does not archive class ${className} of database ${point.database}`, {
      hint: "give the class an archive in the policy, or name another class with --class",
    });
  const times = archiveTimes(policy, dataClass, schedule, point);
  if (times.deleteAt <= clock.now())
    throw new Failure(
      "USAGE",
      `an archive of point ${point.id}, class ${className}, would have to be deleted at once`,
      {
        hint: "choose a later point",
      },
    );
  const businessDate = businessDateOf(point.startedAt, policy.timeZone);
  return { database: point.database, class: className, businessDate, schedule, pointId: point.id, times };
};

/**
 * Makes archives, one after the other, and records each. One that fails is told, and the others are made; what an earlier run
 * made and could not record any more is recorded now, and what lies in the archive and should not is told. Stopped anywhere,
 * running it again goes on.
 * @throws STORE_*, EVIDENCE_*, the signal's reason
 */
export const createArchives = async (
  world: CreateWorld,
  due: readonly DueArchive[],
): Promise<readonly ArchiveOutcome[]> => {
  const listing = await listArchiveParts(world.archive);
  warnOf(world, listing);
  await recordForgotten(world, listing);
  const outcomes: ArchiveOutcome[] = [];
  for (const one of due) {
    const { signal } = world;
    const about = { act: "archive", database: one.database, point: one.pointId, signal } as const;
    try {
      const { part, outcome } = await recorded(
        world.audit,
        about,
        () => createOne(world, one),
        (made) => (made.outcome === "made" ? entryOf(made.part) : []),
      );
      const { tables, rows, plainBytes, sealedBytes, objects } = part;
      outcomes.push({ ...one, outcome, tables, rows, plainBytes, sealedBytes, objects: objects.length + 1 });
    } catch (error) {
      if (signal.aborted || !isFailure(error) || error.code === "EVIDENCE_UNWRITTEN") throw error;
      outcomes.push({ ...one, outcome: "failed", failure: sentFailure(error) });
    }
  }
  return outcomes;
};

/** Its pages are held, so that a sweep beside it spares them when the point leaves meanwhile. */
const createOne = (world: CreateWorld, due: DueArchive): Promise<MadeArchivePart> =>
  holdingPages(world, async (hold) => {
    const { vault } = world;
    const point = await newestGeneration(vault.hot, due.pointId);
    const ref = point?.parts.find((one) => one.class === due.class);
    if (point === undefined || ref === undefined)
      throw new Failure("POINT_NOT_FOUND", `point ${due.pointId} has no part ${due.class} any more`);
    const part = await getPart(vault, point, ref);
    await hold([part]);
    const { businessDate, schedule, times } = due;
    return makeArchivePart(world, { point, part, businessDate, schedule, times });
  });

const entryOf = (part: StoredArchivePart): AuditEntry => ({
  outcome: "done",
  act: "archive",
  database: part.database,
  part: { store: "archive", id: part.id, class: part.class },
  businessDate: part.businessDate,
  schedule: part.schedule,
  point: part.pointId,
  rows: part.rows,
  sealedBytes: part.sealedBytes,
  startedAt: part.startedAt,
  retainUntil: part.times.retainUntil,
  deadline: part.times.deadline,
  sha256: part.documentSha256,
  version: part.documentVersion,
});

const warnOf = ({ warn }: CreateWorld, { unknown, damaged }: ArchiveListing): void => {
  for (const { failure } of damaged) warn(`an archive cannot be read: ${failure.message}`);
  for (const { name, leftOf } of unknown)
    if (leftOf === undefined) warn(`object ${name} of the archive is not of Lastgood: move it out`);
};

/** A run that died is run again within this. */
const FORGOTTEN_MS = 7 * 24 * 3_600_000;
/** Another run may be about to record what it made; and the store's clock may differ from ours. */
const RECORDING_MS = 3_600_000;

/** A process may die between an archive's document and its record: the evidence must have both. */
const recordForgotten = async ({ audit, clock }: CreateWorld, { parts }: ArchiveListing): Promise<void> => {
  const now = clock.now();
  const isRecent = ({ writtenAt }: StoredArchivePart): boolean =>
    writtenAt > now - FORGOTTEN_MS && writtenAt < now - RECORDING_MS;
  const unrecorded = new Map(parts.filter(isRecent).map((part) => [part.documentSha256, part]));
  if (unrecorded.size === 0) return;
  for await (const record of readRecordsBack(audit.evidence)) {
    if (record.at < now - FORGOTTEN_MS - RECORDING_MS) break;
    if (record.outcome === "done" && record.act === "archive") unrecorded.delete(record.sha256);
  }
  for (const part of unrecorded.values()) await appendRecord(audit, entryOf(part));
};
