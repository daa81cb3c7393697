import type { AuditEntry, PartId, ScheduleName } from "./audit.ts";
import type { Tier } from "./point.ts";
import type { EpochMs } from "./units.ts";
import type { InvariantResult, Light, PromisedPoint } from "./verification.ts";

/** Instants of a period: the first is in it, the last is not. */
export interface ReportPeriod {
  readonly from: EpochMs;
  readonly to: EpochMs;
  /** The same as business dates, in the policy's time zone. */
  readonly firstDay: string;
  readonly endDay: string;
}

/** What the verdict has a light for each. */
export type ReportTopic = "backups" | "retention" | "verification" | "restores" | "holds" | "evidence";

/** Something a reader must know: red is a promise that was not kept, yellow is one that could not be shown, or that a person has to look at. */
export interface Finding {
  readonly about: ReportTopic;
  readonly light: Exclude<Light, "green">;
  /** Where the report tells more. */
  readonly section: number;
  readonly says: string;
  /** Which ones, the first few by name. */
  readonly which?: string;
}

export interface ReportVerdict {
  readonly light: Light;
  readonly sentence: string;
  readonly lights: readonly { readonly about: ReportTopic; readonly light: Light; readonly says: string }[];
  readonly findings: readonly Finding[];
}

/** What was looked at, and how much of it there is. */
export interface ExaminedRow {
  readonly store: string;
  readonly found: string;
  /** Objects that nothing names; left out where this report does not look for them itself. */
  readonly unknown?: number;
}

/** A class's rule, terms as ISO 8601 durations. */
export interface ScheduleRow {
  readonly class: string;
  readonly tables: readonly string[];
  readonly purpose: string;
  readonly legalBasis: string;
  readonly max: string;
  /** How long the rows of a day are kept where they leave by their age, and by which column they are of a day. */
  readonly rowAge?: string;
  readonly min?: string;
  readonly archive?: string;
  readonly lock?: string;
}

/** Where in the audit chain a row was read, so that a reader can look it up. */
interface Recorded {
  readonly seq: number;
  readonly at: EpochMs;
  readonly by: string;
}

export interface PolicyChangeRow extends Recorded {
  readonly sha256: string;
  readonly before?: string;
}

/** A point that was captured in the period; without `seq`, the vault has it and no record tells of its capture. */
export interface CaptureRow {
  readonly seq?: number;
  readonly database: string;
  readonly point: string;
  readonly tier: Tier;
  readonly release?: string;
  readonly commit?: string;
  readonly classes: readonly string[];
  readonly startedAt: EpochMs;
  readonly finishedAt: EpochMs;
  readonly rows: number;
  readonly storedBytes: number;
}

export interface ArchiveRow extends Recorded {
  readonly archive: string;
  readonly class: string;
  readonly schedule: ScheduleName;
  readonly point: string;
  readonly rows: number;
  readonly sealedBytes: number;
  readonly startedAt: EpochMs;
  readonly retainUntil: EpochMs;
  readonly deadline: EpochMs;
  readonly sha256: string;
  readonly version: string;
}

/** An act that failed or was refused: evidence of only the good runs is a gap. */
export interface FailureRow extends Recorded {
  readonly act: AuditEntry["act"];
  readonly outcome: "failed" | "refused";
  readonly code: string;
  readonly database?: string;
  readonly point?: string;
}

/** A part that is there when the report is made. */
export interface KeptRow {
  readonly part: PartId;
  readonly database: string;
  readonly tier: Tier;
  readonly startedAt: EpochMs;
  readonly rows: number;
  readonly sealedBytes: number;
  readonly deleteAt: EpochMs;
  readonly deadline: EpochMs;
  readonly lock?: string;
  readonly state: "kept" | "due" | "overdue" | "held" | "locked";
  readonly because: string;
}

/** A part that was made in the period and is not there, and no record says that it left. */
export interface LostRow extends Recorded {
  readonly part: PartId;
  readonly startedAt: EpochMs;
}

/** A point that was promised within the period and was not there on time. */
export interface MissedRow {
  readonly database: string;
  readonly tier: Tier;
  readonly expectedAt: EpochMs;
  readonly found: Exclude<PromisedPoint["found"], "present">;
  readonly point?: string;
  /** Business dates of the first and the last verification that told so. */
  readonly firstTold: string;
  readonly lastTold: string;
}

export interface DayRow extends Recorded {
  readonly day: string;
  readonly light: Light;
  readonly points: number;
  readonly objects: number;
  readonly bytes: number;
  readonly rows: number;
  readonly problems: number;
  readonly allReadSince?: EpochMs;
  readonly broken: readonly string[];
  readonly reasons: readonly string[];
}

export interface CheckRow extends Recorded {
  readonly level: "list" | "read";
  readonly points: number;
  readonly objects: number;
  readonly bytes: number;
  readonly rows: number;
  readonly problems: number;
  readonly elapsedMs: number;
}

/** A restore that proved something, or that somebody needed. */
export interface RestoreRow extends Recorded {
  readonly purpose: "drill" | "restore";
  readonly of: string;
  readonly result: "equal" | "different" | "done" | "failed" | "refused";
  readonly tables?: number;
  readonly rows?: number;
  readonly plainBytes?: number;
  readonly restoreMs?: number;
  readonly elapsedMs?: number;
  /** Hash of the plan that was applied. */
  readonly plan?: string;
  /** Of the failure. */
  readonly code?: string;
}

/** RFC 9162: with the record's own bytes and this path anybody reckons the root that the report signs. */
export interface RecordProof {
  readonly index: number;
  readonly size: number;
  /** Hex, from the leaf's sibling up. */
  readonly path: readonly string[];
}

export interface ExpiryRow extends Recorded {
  readonly part: PartId;
  readonly database?: string;
  readonly tier: Tier;
  readonly startedAt: EpochMs;
  readonly deadline: EpochMs;
  readonly lookedAt: EpochMs;
  readonly keyShredded: boolean;
  readonly objectsDeleted: number;
  readonly objectsLeft: number;
  readonly marginMs: number;
  readonly proof?: RecordProof;
}

export interface OverdueRow {
  readonly part: PartId;
  readonly deadline: EpochMs;
  readonly lateMs: number;
  readonly state: "still there" | "objects left" | "gone late";
  /** The hold that was on it at its deadline: then it had to outlive that. */
  readonly heldBy?: string;
  readonly because: string;
}

export interface AlarmRow extends Recorded {
  readonly part: PartId;
  readonly deadline: EpochMs;
  readonly reason: string;
}

export interface RetentionRunRow extends Recorded {
  readonly due: number;
  readonly gone: number;
  readonly held: number;
  readonly overdue: number;
  readonly unknown: number;
}

export interface HoldRow {
  readonly hold: string;
  readonly state: "requested" | "holding" | "release requested" | "released";
  readonly basis: string;
  readonly matter: string;
  readonly parts: readonly PartId[];
  readonly reviewAt: EpochMs;
  readonly requestedBy: string;
  readonly requestedAt: EpochMs;
  readonly approvedBy?: string;
  readonly approvedAt?: EpochMs;
  readonly releasedBy?: string;
  readonly releasedAt?: EpochMs;
  readonly reason?: string;
}

/** Something that a person did or allowed. */
export interface ApprovalRow extends Recorded {
  readonly what: string;
  readonly about: string;
}

export interface InvariantRow {
  readonly id: InvariantResult["id"];
  readonly runs: number;
  readonly holds: number;
  readonly broken: number;
  readonly notApplicable: number;
  /** Business dates. */
  readonly firstBroken?: string;
  readonly lastBroken?: string;
  /** What the newest run found. */
  readonly found: string;
}

/** What the report rests on: the audit chain, whole, as it was read for the report. */
export interface ReportIntegrity {
  /** Records that were read and hold together, from number 1 on. */
  readonly records: number;
  /** Those within the period; both left out if it has none. */
  readonly firstSeq?: number;
  readonly lastSeq?: number;
  /** sha-256 of the last record read, and the root of the Merkle tree over all of them, hex. */
  readonly lastDigest: string;
  readonly root: string;
  /** Newest signed head there was. */
  readonly head?: { readonly size: number; readonly root: string; readonly at: EpochMs };
  /** Why reading ended before the end of the chain. */
  readonly broken?: string;
  readonly keyId: string;
  readonly publicKey: string;
}

/**
 * What is in evidence of a period: plain JSON, and the authoritative form. It is signed as the one canonical text of it; page
 * and tables are drawn from it. It claims no compliance with any law: it says what is shown and what is not.
 */
export interface ComplianceReport {
  readonly format: 1;
  readonly kind: "compliance report";
  /** From 1, without a gap in a vault. */
  readonly number: number;
  /** sha-256 of the report before it, hex; 64 zeros in the first. */
  readonly previous: string;
  readonly vaultId: string;
  readonly controller: string;
  readonly timeZone: string;
  readonly databases: readonly string[];
  readonly period: ReportPeriod;
  readonly madeAt: EpochMs;
  readonly madeBy: string;
  readonly version: string;
  readonly policySha256: string;
  readonly verdict: ReportVerdict;
  readonly examined: readonly ExaminedRow[];
  /** What the policy leaves open about things in the vault, and what could not be read. */
  readonly notices: readonly string[];
  readonly schedule: readonly ScheduleRow[];
  readonly tiers: { readonly hotEvery: string; readonly hotWindow: string; readonly releaseWindow: string };
  readonly policyChanges: readonly PolicyChangeRow[];
  readonly captures: readonly CaptureRow[];
  readonly archives: readonly ArchiveRow[];
  readonly failures: readonly FailureRow[];
  readonly kept: readonly KeptRow[];
  readonly lost: readonly LostRow[];
  readonly missed: readonly MissedRow[];
  readonly days: readonly DayRow[];
  readonly checks: readonly CheckRow[];
  readonly restores: readonly RestoreRow[];
  readonly expiries: readonly ExpiryRow[];
  readonly runs: readonly RetentionRunRow[];
  readonly alarms: readonly AlarmRow[];
  readonly overdue: readonly OverdueRow[];
  readonly holds: readonly HoldRow[];
  readonly approvals: readonly ApprovalRow[];
  readonly invariants: readonly InvariantRow[];
  readonly integrity: ReportIntegrity;
}
