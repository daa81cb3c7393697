import { type ArchiveListing, listArchiveParts, type StoredArchivePart } from "../engine/archive/list-archive-parts.ts";
import { listBegun, removeBegun } from "../engine/begun-expiry.ts";
import type { FoldWorld } from "../engine/fold-chain.ts";
import { HoldRegister } from "../engine/hold-register.ts";
import { listIntents } from "../engine/intent.ts";
import { listPoints } from "../engine/points.ts";
import type { Alarm } from "../model/alarm.ts";
import { Failure, isFailure } from "../model/errors.ts";
import type { Hold } from "../model/hold.ts";
import type { Point } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import { DAY_MS, type EpochMs } from "../model/units.ts";
import { alarmsOf } from "../policy/alarms.ts";
import type { ClockControl } from "../policy/clock-control.ts";
import { dueArchivePartsOf } from "../policy/due-archive-parts.ts";
import { duePartsOf } from "../policy/due-parts.ts";
import { holdOn } from "../policy/holds.ts";
import type { Notifier } from "../ports/notifier.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import { type AuditWorld, lastRecordOf, recorded } from "./audit.ts";
import { controlClock } from "./clock-control.ts";
import { holdCheck } from "./holds.ts";
import { raiseAlarms } from "./raise-alarms.ts";
import { archiveCopyOf, removeArchived, waitingOutcome } from "./retention-archive.ts";
import { retentionEntries } from "./retention-entries.ts";
import { begunCopyOf, dueCopyOf, removeHot } from "./retention-hot.ts";
import {
  type DueCopy,
  type RetentionOutcome,
  type RetentionReport,
  removedOutcome,
  type UnknownCopy,
} from "./retention-report.ts";
import { letGoUnknown } from "./unknown-copies.ts";

export type { RetentionOutcome, RetentionReport } from "./retention-report.ts";

export interface RetentionWorld extends Omit<FoldWorld, "beforeDestroy"> {
  readonly audit: AuditWorld;
  /** Left out where the vault has no archive. */
  readonly archive?: RetainedStore | undefined;
  /** Left out where the policy names nobody to tell. */
  readonly notifier?: Notifier | undefined;
}

/**
 * The hourly worker: everything that is due by a policy goes, of points and of archives, and is proven gone. Holds are asked
 * before every destructive step. What cannot go keeps nothing else; it is told, and alarming from six hours before its deadline.
 *
 * Order: the clock is controlled; each part that is to go is written down; parts of points go, then what nothing names, then
 * archive parts, then copies that nobody knows; alarms; records. Stopped anywhere, the next run completes it, with its records.
 * Of two runs at once one finds that another fold is running, and leaves the parts of points to it.
 *
 * @param isClockChecked  somebody says that the clock is right, though the evidence has later records
 * @throws CLOCK_WRONG  nothing was done; EVIDENCE_*, STORE_* where nothing could be decided; the signal's reason
 */
export const runRetention = async (
  world: RetentionWorld,
  policy: Policy,
  { dryRun = false, isClockChecked = false }: { readonly dryRun?: boolean; readonly isClockChecked?: boolean } = {},
): Promise<RetentionReport> => {
  const mode = { dryRun, isClockChecked };
  if (dryRun) return run(world, policy, mode);
  const { audit, signal, vault } = world;
  const act = { act: "retention", signal } as const;
  const report = await recorded(audit, act, () => run(world, policy, mode), retentionEntries);
  // From here on they are in the evidence.
  for (const { part, outcome } of report.parts) if (outcome === "gone") await removeBegun(vault.hot, part);
  return report;
};

/** What is decided by, in all of one run. */
interface Given {
  readonly world: RetentionWorld & FoldWorld;
  readonly policy: Policy;
  readonly dryRun: boolean;
  readonly holds: readonly Hold[];
  readonly control: ClockControl;
}

interface Share {
  readonly outcomes: readonly RetentionOutcome[];
  readonly kept: readonly NonNullable<RetentionReport["next"]>[];
  readonly notices: readonly string[];
}

const run = async (
  world: RetentionWorld,
  policy: Policy,
  { dryRun, isClockChecked }: { readonly dryRun: boolean; readonly isClockChecked: boolean },
): Promise<RetentionReport> => {
  const { vault, clock, audit, archive } = world;
  const startedAt = clock.now();
  const looking = { hot: vault.hot, clock, entropy: vault.entropy, audit };
  const control = await controlClock(looking, { dryRun, isChecked: isClockChecked });
  if (control.verdict === "behind") {
    if (!dryRun) await raiseAlarms(world.notifier, audit, behindAlarms(control));
    throw new Failure("CLOCK_WRONG", control.problem ?? "the clock went back");
  }
  const { holds, notices } = await readHolds(audit);
  const given = { world: { ...world, beforeDestroy: holdCheck(audit.evidence) }, policy, dryRun, holds, control };
  const hot = await runHot(given);
  const listing = archive === undefined ? NO_ARCHIVE : await listArchiveParts(archive);
  const archived = await runArchive(given, listing);
  const unknown = await letGoUnknown({ hot: vault.hot, archive, archived: listing }, policy, {
    now: clock.now(),
    dryRun,
  });
  const parts = [...hot.outcomes, ...archived.outcomes];
  const alarms = dryRun ? [] : alarmsIn(given, parts, unknown, clock.now());
  const [next = null] = [...hot.kept, ...archived.kept].toSorted((a, b) => a.deleteAt - b.deleteAt);
  return {
    dryRun,
    startedAt,
    finishedAt: clock.now(),
    clock: { offsetMs: control.offsetMs, ...(control.problem === undefined ? {} : { problem: control.problem }) },
    parts,
    next,
    unknown,
    alarms: await raiseAlarms(world.notifier, audit, alarms),
    notices: [...notices, ...hot.notices, ...archived.notices],
    swept: hot.swept,
  };
};

/** Nothing goes any more until somebody looks: that must not be told by an exit status alone. */
const behindAlarms = ({ problem }: ClockControl): readonly Alarm[] => [
  { level: "page", about: "clock", message: `${problem}; nothing is deleted until somebody has looked at it` },
];

/** Where holds cannot be read every part that is due is kept, each with that reason: this is only said beside it. */
const readHolds = async ({ evidence }: AuditWorld): Promise<Pick<Given, "holds"> & Pick<Share, "notices">> => {
  try {
    return { holds: await new HoldRegister(evidence).list(), notices: [] };
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { holds: [], notices: [`holds cannot be read, so nothing can be removed: ${error.message}`] };
  }
};

const runHot = async (given: Given): Promise<Share & Pick<RetentionReport, "swept">> => {
  const { world, policy, dryRun } = given;
  const { vault, clock } = world;
  const points = await listPoints(vault.hot);
  const { parts, notices } = duePartsOf(policy, points, clock.now());
  const due = parts.filter((one) => one.verdict !== "kept").map((one) => dueCopyOf(one));
  const begun = (await listBegun(vault.hot)).filter(({ part }) => part.store === "hot" && !isNamed(points, part));
  const leaving = [...due, ...begun.map((one) => begunCopyOf(one))];
  const kept = parts
    .filter((one) => one.verdict === "kept")
    .map((one) => ({ part: dueCopyOf(one).part, deleteAt: one.deleteAt, deadline: one.deadline }));
  const told = notices.map(({ point, message }) => `point ${point}: ${message}`);
  const nothing = { swept: { objects: 0, bytes: 0 }, kept, notices: told };
  if (dryRun) return { ...nothing, outcomes: leaving.map((copy) => plannedOutcome(given, copy)) };
  if (leaving.length === 0 && !(await somethingHappened(given, points))) return { ...nothing, outcomes: [] };
  const done = await removeHot(world, leaving);
  return { ...done, kept, notices: [...told, ...done.notices] };
};

const isNamed = (points: readonly Point[], part: DueCopy["part"]): boolean =>
  points.some(({ id, parts }) => id === part.id && parts.some((ref) => ref.class === part.class));

/**
 * Whether layers are to be folded and the vault to be swept although nothing is to go: since the last run a capture may have
 * brought back what that had merged, or died. Once a day in any case.
 */
const somethingHappened = async ({ world }: Given, points: readonly Point[]): Promise<boolean> => {
  const { vault, clock, audit } = world;
  const last = await lastRecordOf(audit.evidence, "retention");
  if (last === undefined || Math.floor(last.at / DAY_MS) < Math.floor(clock.now() / DAY_MS)) return true;
  if (points.some(({ finishedAt }) => finishedAt >= last.startedAt)) return true;
  return (await listIntents(vault.hot)).length > 0;
};

const NO_ARCHIVE: ArchiveListing = { parts: [], unknown: [], damaged: [] };

const runArchive = async (given: Given, listing: ArchiveListing): Promise<Share> => {
  const { world, policy, dryRun, control } = given;
  const { archive, vault, clock } = world;
  const { parts, notices } = dueArchivePartsOf(policy, listing.parts, clock.now(), control);
  const outcomes: RetentionOutcome[] = [];
  for (const verdict of parts.filter((one) => one.verdict !== "kept")) {
    const copy = archiveCopyOf(verdict);
    const stored = listing.parts.find(({ id, class: name }) => id === copy.part.id && name === copy.part.class);
    const waiting = waitingOutcome(verdict);
    if (waiting !== undefined) outcomes.push(waiting);
    else if (dryRun) outcomes.push(plannedOutcome(given, copy));
    else
      outcomes.push(
        await removeArchived({ ...world, archive: archive as RetainedStore }, stored as StoredArchivePart, copy),
      );
  }
  const listed = new Set(listing.parts.map((one) => `${one.id}/${one.class}`));
  // Gone with its last object, and not recorded: the run that removed it died in between.
  const begun = (await listBegun(vault.hot)).filter(
    ({ part }) => part.store === "archive" && !listed.has(`${part.id}/${part.class}`),
  );
  const lookedAt = clock.now();
  for (const one of begun)
    outcomes.push(
      removedOutcome(begunCopyOf(one), { keyShredded: false, objectsDeleted: 0, objectsLeft: 0, lookedAt }),
    );
  return {
    outcomes,
    kept: parts
      .filter((one) => one.verdict === "kept")
      .map(({ part, deleteAt, deadline }) => ({ part, deleteAt, deadline })),
    notices: notices.map(({ part, message }) => `archive ${part.id}: ${message}`),
  };
};

const plannedOutcome = ({ holds }: Given, copy: DueCopy): RetentionOutcome => {
  const hold = holdOn(holds, copy.part);
  return hold === undefined
    ? { ...copy, outcome: "due", reason: copy.because }
    : { ...copy, outcome: "held", reason: `held by ${hold.id}: ${hold.basis}, ${hold.matter}` };
};

const reasonOf = (one: RetentionOutcome): string =>
  one.reason ?? ("objectsLeft" in one ? `${one.objectsLeft} objects of it are left` : "");

const alarmsIn = (
  { holds, control }: Given,
  parts: readonly RetentionOutcome[],
  unknown: readonly UnknownCopy[],
  now: EpochMs,
): readonly Alarm[] =>
  alarmsOf(
    {
      unremoved: parts
        .filter(({ outcome }) => outcome !== "gone" && outcome !== "held")
        .map((one) => ({
          part: one.part,
          deadline: one.deadline,
          ...(one.lockedUntil === undefined ? {} : { lockedUntil: one.lockedUntil }),
          reason: reasonOf(one),
        })),
      unknown: unknown
        .filter(({ outcome }) => outcome === "failed")
        .map(({ name, deadline, reason = "" }) => ({ name, deadline, reason })),
      holds,
      clock: control,
    },
    now,
  );
