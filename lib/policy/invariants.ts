import type { ArchivePart } from "../model/archive.ts";
import type { Act, PartId } from "../model/audit.ts";
import type { Hold } from "../model/hold.ts";
import { formatDuration, formatInstant, formatNumber } from "../model/measure.ts";
import { partsInWords } from "../model/part-groups.ts";
import type { Point } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import { type EpochMs, HOUR_MS } from "../model/units.ts";
import type { InvariantResult } from "../model/verification.ts";
import { classify, type TableName } from "./classify.ts";
import { CLOCK_OFFSET_MS_MAX } from "./clock-control.ts";
import { dueArchivePartsOf } from "./due-archive-parts.ts";
import { duePartsOf } from "./due-parts.ts";
import { holdOn, isHolding, reviewsDue } from "./holds.ts";
import { keptUntil } from "./minimum.ts";
import { unknownTimes } from "./unknown-copies.ts";

/** A run each day, and room for one that takes long: a check that is older is one that was missed. */
export const CHECK_MS_MAX = 26 * HOUR_MS;
const NAMES_MAX = 3;

/** An archive part that was found. */
export interface FoundArchive extends ArchivePart {
  readonly id: string;
}

/** What was found on a day, before anybody judges it. Lists name what was found; empty ones say that it was looked for. */
export interface DayFacts {
  readonly now: EpochMs;
  readonly points: readonly Point[];
  readonly archives: readonly FoundArchive[];
  readonly holds: readonly Hold[];
  /** Why the register of holds cannot be read; undefined if it can. */
  readonly holdsBroken: string | undefined;
  /** Tables of the newest point of each database, with the class whose part they are in, or whose days' parts. */
  readonly tables: readonly (TableName & { readonly class: string })[];
  /** Objects that points and archives name and that are missing or damaged. */
  readonly damaged: number;
  /** Objects that nothing names, and when the oldest was written by its store's clock. A sweep takes them away. */
  readonly unnamed: { readonly objects: number; readonly oldestAt: EpochMs | undefined };
  /** The same of the archive store, where nothing is swept, and by when the first of them must be gone (unknown-copies.ts). */
  readonly unknownArchived: { readonly objects: number; readonly deadline: EpochMs | undefined };
  /** Objects that Lastgood did not make: the first of them, and how many. */
  readonly strangers: { readonly names: readonly string[]; readonly total: number };
  /** Objects of the hot store and keys of parts that the listings showed. */
  readonly listed: number;
  /** Wrapped keys of parts that nothing names, and when their store says that they were written. */
  readonly keysWithoutPart: readonly { readonly name: string; readonly writtenAt: EpochMs }[];
  /** Keys and objects of parts that their points say have left. */
  readonly leftOfExpired: readonly string[];
  /** Wrapped keys that stand beside their tombstones. */
  readonly shreddedKeysThatStand: readonly string[];
  /** Parts that the audit chain says are gone: which were looked for, and which of them are there. */
  readonly gone: { readonly lookedFor: readonly ExpiredPart[]; readonly found: readonly PartId[] };
  readonly chain: ChainFacts;
  /** Store's clock less ours when the newest record was written; undefined before the first. */
  readonly clockOffsetMs: number | undefined;
  /** When the run before this one ended. */
  readonly checkedBefore: EpochMs | undefined;
}

export type ExpiredPart = Extract<Act, { readonly act: "expire" }>;

export interface ChainFacts {
  /** Records whose links were followed today. */
  readonly followed: number;
  readonly lastSeq: number;
  /** Why it does not hold, in words; undefined if it does. */
  readonly broken: string | undefined;
  /** What is known of signed heads, in words; `broken` if one does not hold. */
  readonly heads: { readonly found: string; readonly broken: boolean };
}

type Verdict = Omit<InvariantResult, "id">;

/** Judges a day by the invariants, each with what was looked at. What this vault does not have is not applicable, and says why. */
export const invariantsOf = (policy: Policy, facts: DayFacts): readonly InvariantResult[] =>
  Object.entries(CHECKS).map(([id, check]) => ({ id, ...check(policy, facts) }));

const notApplicable = (found: string): Verdict => ({ result: "not applicable", found });

/** Holds if nothing was found against it. */
const judged = (against: readonly string[], holds: string): Verdict =>
  against.length === 0 ? { result: "holds", found: holds } : { result: "broken", found: against.join("; ") };

const some = (names: readonly string[]): string =>
  names.length <= NAMES_MAX
    ? names.join(", ")
    : `${names.slice(0, NAMES_MAX).join(", ")} and ${names.length - NAMES_MAX} more`;

const partName = ({ id, class: name }: Pick<PartId, "id" | "class">): string => `${id}/${name}`;

/** The same of parts, the days of a class as one. */
const someParts = (parts: readonly PartId[]): string => some(partsInWords(parts, partName));

const NO_LEDGER = notApplicable("there is no ledger of erasures yet: rows leave with the last point that shows them");

const CHECKS: Readonly<Record<string, (policy: Policy, facts: DayFacts) => Verdict>> = {
  /** Nothing outlives its deadline without a hold. */
  "I-01": (policy, { now, points, archives, holds, unnamed, unknownArchived }) => {
    const hot = duePartsOf(policy, points, now).parts;
    const overdue = [
      ...hot
        .filter((part) => part.verdict === "overdue")
        .map(({ point, class: name }): PartId => ({ store: "hot", id: point, class: name })),
      ...dueArchivePartsOf(policy, archives, now, { verdict: "ok", trusted: now })
        .parts.filter(({ deadline }) => now >= deadline)
        .map(({ part }) => part),
    ];
    const free = overdue.filter((part) => holdOn(holds, part) === undefined);
    const unnamedBy = unnamed.oldestAt === undefined ? Infinity : unknownTimes(policy, unnamed.oldestAt).deadline;
    const unknownBy = Math.min(unnamedBy, unknownArchived.deadline ?? Infinity);
    return judged(
      [
        ...(free.length === 0 ? [] : [`${formatNumber(free.length, "part")} past the deadline: ${someParts(free)}`]),
        ...(now < unknownBy ? [] : [`what nothing names should have been gone by ${formatInstant(unknownBy)}`]),
      ],
      `${formatNumber(hot.length + archives.length, "part")}, none past its deadline${overdue.length === 0 ? "" : ` but ${overdue.length} that a hold keeps`}`,
    );
  },

  /** Locks end before deletion, and deletion comes before the deadline. */
  "I-02": (_, { archives }) => {
    const wrong = archives.filter(
      ({ times: { retainUntil, deleteAt, deadline } }) => retainUntil > deleteAt || deleteAt >= deadline,
    );
    if (archives.length === 0) return notApplicable("nothing is locked: there is no archive part");
    return judged(
      wrong.length === 0 ? [] : [`locked longer than may be: ${some(wrong.map(partName))}`],
      `${formatNumber(archives.length, "archive part")}: locked until before deletion, deleted before the deadline`,
    );
  },

  /** What was found is what is catalogued, both ways. */
  "I-03": (_, { now, points, archives, damaged, unnamed, unknownArchived, strangers, listed }) => {
    const isOld = unnamed.oldestAt !== undefined && unnamed.oldestAt < now - CHECK_MS_MAX;
    return judged(
      [
        ...(damaged === 0 ? [] : [`${formatNumber(damaged, "named object")} missing or damaged`]),
        ...(strangers.total === 0
          ? []
          : [`${formatNumber(strangers.total, "object")} that Lastgood did not make: ${some(strangers.names)}`]),
        ...(isOld
          ? [
              `${formatNumber(unnamed.objects, "object")} that nothing names, the oldest since ${formatInstant(unnamed.oldestAt)}`,
            ]
          : []),
      ],
      `${formatNumber(points.length, "point")} and ${formatNumber(archives.length, "archive part")} with all they name, ${formatNumber(listed, "object")} listed${unnamed.objects === 0 ? "" : `; ${formatNumber(unnamed.objects, "object")} that nothing names wait for the next sweep`}${unknownArchived.objects === 0 ? "" : `; ${formatNumber(unknownArchived.objects, "object")} of the archive that nothing names go when nothing locks them`}`,
    );
  },

  /** What is recorded as gone is gone. */
  "I-04": (_, { gone, leftOfExpired }) =>
    judged(
      [
        ...(gone.found.length === 0 ? [] : [`recorded as gone and there: ${someParts(gone.found)}`]),
        ...(leftOfExpired.length === 0 ? [] : [`left of parts that are said to have gone: ${some(leftOfExpired)}`]),
      ],
      `${formatNumber(gone.lookedFor.length, "part")} that had expired looked for, none found`,
    ),

  /** No key outlives what it opens. */
  "I-05": (_, { now, points, archives, keysWithoutPart, shreddedKeysThatStand }) => {
    const old = keysWithoutPart.filter(({ writtenAt }) => writtenAt < now - CHECK_MS_MAX).map(({ name }) => name);
    return judged(
      [
        ...(old.length === 0 ? [] : [`${formatNumber(old.length, "wrapped key")} of no part: ${some(old)}`]),
        ...(shreddedKeysThatStand.length === 0
          ? []
          : [`wrapped keys that were destroyed and stand again: ${some(shreddedKeysThatStand)}`]),
      ],
      `wrapped keys of ${formatNumber(
        points.reduce((sum, point) => sum + point.parts.length, archives.length),
        "part",
      )}, none without its part${keysWithoutPart.length === 0 ? "" : ` but ${keysWithoutPart.length} of captures that were stopped, which wait for the next sweep`}`,
    );
  },

  /** Holds are of two people, with a basis and a review to come. */
  "I-06": (_, { now, holds, holdsBroken }) => {
    const holding = holds.filter(isHolding);
    const single = holding.filter((hold) => hold.approved?.by === hold.requested.by || hold.basis.trim() === "");
    const unreviewed = reviewsDue(holds, now);
    return judged(
      [
        ...(holdsBroken === undefined ? [] : [holdsBroken]),
        ...(single.length === 0 ? [] : [`without a basis or a second person: ${some(single.map((one) => one.id))}`]),
        ...(unreviewed.length === 0 ? [] : [`review is overdue: ${some(unreviewed.map((one) => one.id))}`]),
      ],
      holding.length === 0
        ? "nothing is held"
        : `${formatNumber(holding.length, "hold")}, each of two people, with a basis and a review to come`,
    );
  },

  "I-07": () => NO_LEDGER,
  "I-08": () => NO_LEDGER,
  "I-09": () => NO_LEDGER,

  /** The chain of evidence has no gap, and its heads hold. */
  "I-10": (_, { chain: { broken, followed, lastSeq, heads } }) => {
    if (broken !== undefined || heads.broken) return judged([broken ?? heads.found], "");
    if (lastSeq === 0) return notApplicable("nothing was recorded yet");
    return judged([], `record ${lastSeq} is the last; ${formatNumber(followed, "link")} followed; ${heads.found}`);
  },

  /** Every table has one class, and is in its part. */
  "I-11": (policy, { tables, points }) => {
    const wrong = tables.flatMap((table) => {
      if (!policy.databases.includes(table.database)) return [];
      const found = classify(policy.classes, table);
      const name = `${table.database}:${table.schema}.${table.name}`;
      if (!("class" in found)) return [`${name} (${found.fix})`];
      return found.class.name === table.class
        ? []
        : [`${name} was captured as ${table.class} and is ${found.class.name} by the policy`];
    });
    const unknown = [...new Set(points.map((point) => point.database))].filter(
      (name) => !policy.databases.includes(name),
    );
    return judged(
      [
        ...(wrong.length === 0 ? [] : [`tables without the right class: ${some(wrong)}`]),
        ...(unknown.length === 0 ? [] : [`databases that the policy does not name: ${some(unknown)}`]),
      ],
      `${formatNumber(tables.length, "table")} of the newest points, each in the part of its class`,
    );
  },

  "I-12": () => notApplicable("instance snapshots are not looked at from here: the stack's own rules delete them"),

  /** Nothing went before its minimum. */
  "I-13": (policy, { gone }) => {
    const archived = gone.lookedFor.filter(({ part }) => part.store === "archive");
    const minimums = policy.classes.filter((one) => one.min !== undefined);
    if (minimums.length === 0) return notApplicable("no class has a minimum");
    const early = archived.filter(({ part, startedAt, lookedAt, deadline }) => {
      const min = minimums.find((one) => one.name === part.class)?.min;
      if (min === undefined) return false;
      const until = keptUntil(min, startedAt, policy.timeZone);
      // A schedule that keeps shorter than the minimum leaves it to one that keeps longer.
      return until < deadline && lookedAt < until;
    });
    return judged(
      early.length === 0 ? [] : [`gone before the minimum: ${some(early.map(({ part }) => partName(part)))}`],
      `${formatNumber(archived.length, "archive part")} that had expired, none before the minimum of its class`,
    );
  },

  /** A copy counts from what it is a copy of. */
  "I-14": (_, { points, archives }) => {
    const origins = new Map(points.map((point) => [point.id, point.startedAt]));
    const known = archives.filter(({ pointId }) => origins.has(pointId));
    const wrong = known.filter(({ pointId, startedAt }) => origins.get(pointId) !== startedAt);
    if (archives.length === 0) return notApplicable("there is no copy: no archive part was made");
    return judged(
      wrong.length === 0 ? [] : [`counts from another instant than its point: ${some(wrong.map(partName))}`],
      `${formatNumber(known.length, "archive part")} whose points are there count from the capture`,
    );
  },

  /** Clocks agree, and the check itself is run. */
  "I-15": (_, { now, clockOffsetMs, checkedBefore }) => {
    const missed = checkedBefore === undefined ? 0 : now - checkedBefore;
    return judged(
      [
        ...(Math.abs(clockOffsetMs ?? 0) > CLOCK_OFFSET_MS_MAX
          ? [`the store's clock is ${formatDuration(Math.abs(clockOffsetMs as number))} off ours`]
          : []),
        ...(missed < -CLOCK_OFFSET_MS_MAX
          ? [`our clock stands before the check of ${formatInstant(checkedBefore as number)}`]
          : []),
        ...(missed > CHECK_MS_MAX ? [`the check before this one ended ${formatDuration(missed)} ago`] : []),
      ],
      `${clockOffsetMs === undefined ? "no record to compare clocks by" : `the store's clock is within ${formatDuration(CLOCK_OFFSET_MS_MAX)} of ours`}; ${checkedBefore === undefined ? "this is the first check" : `the check before this one ended ${formatDuration(Math.max(0, missed))} ago`}`,
    );
  },

  "I-16": () => NO_LEDGER,
};
