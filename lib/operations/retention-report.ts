import type { BegunExpiry } from "../engine/begun-expiry.ts";
import type { Alarm } from "../model/alarm.ts";
import { type ErrorCode, type Failure, isFailure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";

/** A part that is to go, and why. */
export interface DueCopy extends BegunExpiry {
  readonly because: string;
}

export interface RemovedFacts {
  readonly keyShredded: boolean;
  readonly objectsDeleted: number;
  /** Looked for and still there. */
  readonly objectsLeft: number;
  readonly lookedAt: EpochMs;
}

/** What became of a part that was to go. */
export type RetentionOutcome = DueCopy &
  (
    | (RemovedFacts & {
        /** `left`: nobody can read it any more, but objects of it are still in the store. */
        readonly outcome: "gone" | "left";
        /** Deadline minus the look; below zero it went too late. */
        readonly marginMs: number;
        /** Until when the store refuses to delete what is left. */
        readonly lockedUntil?: EpochMs;
        /** Why something is left, where it is neither locked nor needed by something that runs. */
        readonly reason?: string;
      })
    | {
        /**
         * `held`: by two people. `locked`: the store refuses until its lock ends. `waits`: it has a minimum, and the clock is not
         * trusted. `failed`: a store refused, or something else runs. `due`: a dry run would remove it.
         */
        readonly outcome: "held" | "locked" | "waits" | "failed" | "due";
        readonly reason: string;
        readonly code?: ErrorCode;
        readonly lockedUntil?: EpochMs;
      }
  );

/**
 * A copy that no point, archive or run speaks for. It may hold anything, so it is held to the class that ends first; what an
 * archive run that died left is of its own class, and may be locked as long. So is the document of an archive that cannot be
 * read, which has always failed to go.
 */
export interface UnknownCopy {
  readonly store: "hot" | "archive";
  readonly name: string;
  readonly version?: string;
  readonly bytes: number;
  readonly writtenAt: EpochMs;
  readonly deadline: EpochMs;
  readonly outcome: "kept" | "gone" | "failed" | "due";
  readonly reason?: string;
}

/** An alarm, and whether whoever the policy names was told. */
export interface RaisedAlarm extends Alarm {
  readonly sent: "sent" | "failed" | "nobody to tell";
  /** Why it could not be sent. */
  readonly reason?: string;
}

export interface RetentionReport {
  readonly dryRun: boolean;
  readonly startedAt: EpochMs;
  readonly finishedAt: EpochMs;
  readonly clock: { readonly offsetMs: number; readonly problem?: string };
  /** Every part that was to go, those of points first. */
  readonly parts: readonly RetentionOutcome[];
  /** What is due next, if anything is left after these. */
  readonly next: (Pick<DueCopy, "part" | "deadline"> & { readonly deleteAt: EpochMs }) | null;
  readonly unknown: readonly UnknownCopy[];
  readonly alarms: readonly RaisedAlarm[];
  /** What a person should look at: what the policy does not settle, and what could not be done. */
  readonly notices: readonly string[];
  /** What nothing named, deleted by this run. */
  readonly swept: { readonly objects: number; readonly bytes: number };
}

export const removedOutcome = (
  copy: DueCopy,
  facts: RemovedFacts,
  { lockedUntil, reason }: { readonly lockedUntil?: EpochMs | undefined; readonly reason?: string | undefined } = {},
): RetentionOutcome => ({
  ...copy,
  outcome: facts.objectsLeft === 0 ? "gone" : "left",
  ...facts,
  marginMs: copy.deadline - facts.lookedAt,
  ...(lockedUntil === undefined ? {} : { lockedUntil }),
  ...(reason === undefined ? {} : { reason }),
});

export const unremovedOutcome = (copy: DueCopy, failure: Failure): RetentionOutcome => ({
  ...copy,
  outcome: isFailure(failure, "PART_HELD") ? "held" : "failed",
  code: failure.code,
  reason: failure.message,
});
