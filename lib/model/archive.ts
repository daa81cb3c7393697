import type { ScheduleName } from "./audit.ts";
import type { EpochMs } from "./units.ts";

/** An object of an archive, by the version that was written. */
export interface ArchivedObject {
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  /** sha-256 of the object as it lies in the store, hex. */
  readonly sha256: string;
}

/**
 * One class of one point, whole, for long: `archives/<database>/<businessDate>/<class>/part.json` in the archive store.
 * Written last; until it is there, there is no archive part. It holds no row value and needs no key to read, so that
 * retention can delete what it names without the right to decrypt.
 */
export interface ArchivePart {
  readonly format: 1;
  readonly kind: "archive part";
  readonly vaultId: string;
  readonly database: string;
  /** The business date it stands for, in the policy's time zone: `2026-11-01`. With the database the archive's id. */
  readonly businessDate: string;
  readonly class: string;
  readonly schedule: ScheduleName;
  /** The point it was made of. */
  readonly pointId: string;
  /** Of the capture: what terms count from. An archive inherits it. */
  readonly startedAt: EpochMs;
  readonly finishedAt: EpochMs;
  readonly tables: number;
  readonly rows: number;
  readonly plainBytes: number;
  readonly sealedBytes: number;
  readonly times: ArchiveTimes;
  /** Everything it is made of but this document: packs, sealed manifest, README. */
  readonly objects: readonly ArchivedObject[];
}

/** `retainUntil <= deleteAt < deadline`; deletion lies in between. */
export interface ArchiveTimes {
  /** Until when the store itself refuses to delete it. */
  readonly retainUntil: EpochMs;
  /** `none`: the class is not locked, and `retainUntil` is the capture's own start. */
  readonly lock: "none" | "governance" | "compliance";
  /** A statute wants it until then; left out where the class has no minimum, or a schedule that keeps longer meets it. */
  readonly keepUntil?: EpochMs;
  readonly deleteAt: EpochMs;
  readonly deadline: EpochMs;
}
