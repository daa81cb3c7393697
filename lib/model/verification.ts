import type { Tier } from "./point.ts";
import type { EpochMs } from "./units.ts";

export type Light = "green" | "yellow" | "red";

/** A point that a schedule promised, and what there is of it. */
export interface PromisedPoint {
  /** By when it was to be there. */
  readonly expectedAt: EpochMs;
  readonly found: "present" | "late" | "missing" | "incomplete";
  /** A point's id, or an archive's. */
  readonly point?: string;
  /** Of an archive: the class whose part was promised. */
  readonly class?: string;
}

/** One verdict per database and tier. */
export interface TierVerdict {
  readonly database: string;
  readonly tier: Tier;
  readonly light: Light;
  /** Why it is not green; empty if it is. */
  readonly reasons: readonly string[];
  /** Since when anything was promised, as far as it is known: what is promised is reckoned from there. */
  readonly since?: EpochMs;
  /** Of archives: since when each class was captured. A class of which the database has no table is promised nothing. */
  readonly sinceByClass?: Readonly<Record<string, EpochMs>>;
  readonly promised: readonly PromisedPoint[];
}

/** One of the invariants I-01 to I-16 (docs/guide/daily-verification.md lists them). */
export interface InvariantResult {
  readonly id: string;
  /** `not applicable` says why in `found`: an invariant of something this vault does not have. */
  readonly result: "holds" | "broken" | "not applicable";
  /** What was looked at and what was found, in words and counts. */
  readonly found: string;
}

/**
 * What one run read of everything there is: slices of a ring (policy/rotation.ts), so that a few of these say when each
 * was last read.
 */
export interface ReadTurn {
  readonly at: EpochMs;
  readonly from: number;
  readonly count: number;
}

/** What a day's verification found. Recorded whole in the audit chain, and shown by status and the report. */
export interface DailyVerification {
  /** Business date, in the policy's time zone. */
  readonly day: string;
  readonly startedAt: EpochMs;
  readonly finishedAt: EpochMs;
  /** The worst of what follows. */
  readonly light: Light;
  readonly tiers: readonly TierVerdict[];
  readonly invariants: readonly InvariantResult[];
  /** What was read of what there is; `cycleDays` is the number within which all of it is. */
  readonly rotation: {
    readonly cycleDays: number;
    /** This run's share is the last; together they make up one ring, or all since the first run. */
    readonly turns: readonly ReadTurn[];
    /** Points of which it was proven anew that their layers hold exactly the keys that the database counted. */
    readonly points: readonly string[];
    readonly objects: number;
    readonly bytes: number;
    readonly rows: number;
    readonly problems: number;
    /** Oldest instant at which something that is there now was last read; left out if some of it never was. */
    readonly allReadSince?: EpochMs;
  };
  /** Left out on days without a drill. */
  readonly drill?: {
    readonly point: string;
    readonly rows: number;
    readonly equal: boolean;
    readonly restoreMs: number;
    readonly elapsedMs: number;
  };
}
