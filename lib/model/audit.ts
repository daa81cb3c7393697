import type { Tier } from "./point.ts";
import type { EpochMs } from "./units.ts";

/** A class's part of a point of the hot store, or of an archive: what expires, is held and is deleted as one. */
export interface PartId {
  readonly store: "hot" | "archive";
  /** A point's id, or an archive's (`shop/2026-11-01`). */
  readonly id: string;
  readonly class: string;
}

/**
 * What was done, and the facts that a reader of evidence needs: counts, ids, instants and digests. Never a row value, a key,
 * a secret or the name of a person whose data it is about. Every field is one that JSON can say; what is not there is left out.
 */
export type Act =
  | {
      readonly act: "capture";
      readonly point: string;
      readonly tier: Tier;
      readonly release?: string;
      readonly commit?: string;
      readonly classes: readonly string[];
      readonly tables: number;
      readonly rows: number;
      readonly storedBytes: number;
      readonly startedAt: EpochMs;
      readonly finishedAt: EpochMs;
    }
  | {
      readonly act: "archive";
      readonly part: PartId;
      readonly businessDate: string;
      readonly schedule: ScheduleName;
      readonly point: string;
      readonly rows: number;
      readonly sealedBytes: number;
      readonly startedAt: EpochMs;
      readonly retainUntil: EpochMs;
      readonly deadline: EpochMs;
      /** sha-256 of the archive part's document, and the version it was stored as. */
      readonly sha256: string;
      readonly version: string;
    }
  /** One part is gone, or was tried to be removed. */
  | {
      readonly act: "expire";
      readonly part: PartId;
      readonly tier: Tier;
      readonly startedAt: EpochMs;
      readonly deadline: EpochMs;
      readonly keyShredded: boolean;
      readonly objectsDeleted: number;
      /** Looked for and still there; 0 is the proof of absence. */
      readonly objectsLeft: number;
      readonly lookedAt: EpochMs;
      /** Deadline minus lookedAt; below zero it went too late. */
      readonly marginMs: number;
    }
  /** A run of the worker that expires what is due. */
  | {
      readonly act: "retention";
      readonly due: number;
      readonly gone: number;
      readonly held: number;
      readonly overdue: number;
      readonly unknown: number;
      readonly startedAt: EpochMs;
      readonly finishedAt: EpochMs;
      /** Our clock minus the store's. */
      readonly clockOffsetMs?: number;
      /** Why nothing with a minimum was deleted by this clock; left out if it was trusted. */
      readonly clockProblem?: string;
    }
  | { readonly act: "sweep"; readonly objects: number; readonly bytes: number }
  | {
      readonly act: "hold";
      readonly step: "requested" | "approved" | "release requested" | "released";
      readonly hold: string;
      readonly parts: readonly PartId[];
    }
  | {
      readonly act: "verify";
      readonly level: "list" | "read";
      readonly points: number;
      readonly objects: number;
      readonly bytes: number;
      readonly rows: number;
      readonly problems: number;
      readonly elapsedMs: number;
    }
  /** A restore into a scratch database that was compared row by row; restore estimates come from those of points. */
  | {
      readonly act: "drill";
      readonly part: Pick<PartId, "store" | "id">;
      readonly tables: number;
      readonly rows: number;
      readonly plainBytes: number;
      readonly restoreMs: number;
      readonly elapsedMs: number;
    }
  | {
      readonly act: "restore";
      readonly point: string;
      readonly plan: string;
      readonly rows: number;
      readonly elapsedMs: number;
    }
  | { readonly act: "release"; readonly release: string; readonly commit: string; readonly point: string }
  /** The verdict of a day (model/verification.ts), whole: the day's invariants are part of the evidence. */
  | { readonly act: "daily verification"; readonly verification: unknown }
  /** A run saw another policy than the run before it. */
  | { readonly act: "policy"; readonly sha256: string; readonly before?: string; readonly policy: unknown }
  | { readonly act: "alarm"; readonly part: PartId; readonly deadline: EpochMs; readonly reason: string }
  /** An archive part's data key was handed out, to be kept where Lastgood is not. */
  | { readonly act: "key export"; readonly part: PartId }
  | { readonly act: "report"; readonly from: EpochMs; readonly to: EpochMs; readonly sha256: string };

export type ActName = Act["act"];

/** How often an archive is taken; the longest one that falls on a business date labels it. */
export type ScheduleName = "daily" | "weekly" | "monthly" | "yearly";

/** What is recorded of an act. One that failed or was refused says what it was about as far as it was known. */
export type AuditEntry = { readonly database?: string } & (
  | ({ readonly outcome: "done" } & Act)
  | {
      readonly outcome: "failed" | "refused";
      readonly act: ActName;
      /** Code of the failure (model/errors.ts), or `BUG`. */
      readonly code: string;
      readonly point?: string;
    }
);

/**
 * One link of the audit chain, as it lies in the evidence store. Its digest is over the object's bytes; the next record
 * holds it.
 */
export type AuditRecord = {
  readonly format: 1;
  readonly kind: "audit record";
  /** From 1, without a gap. */
  readonly seq: number;
  /** sha-256 of the object of record seq - 1, hex; 64 zeros in the first. */
  readonly previous: string;
  readonly vaultId: string;
  readonly at: EpochMs;
  /** Who ran it: a user of the machine, or an AWS principal. */
  readonly actor: string;
} & AuditEntry;
