import type { AuditRecord } from "../model/audit.ts";
import type { Hold } from "../model/hold.ts";
import type { Point } from "../model/point.ts";
import type {
  ComplianceReport,
  ExaminedRow,
  KeptRow,
  RecordProof,
  ReportIntegrity,
  ReportPeriod,
  ScheduleRow,
} from "../model/report.ts";
import type { EpochMs } from "../model/units.ts";

/** All that a report is made of, fetched: nothing here is looked up again. */
export interface ReportEvidence
  extends Pick<
    ComplianceReport,
    | "number"
    | "previous"
    | "vaultId"
    | "controller"
    | "timeZone"
    | "databases"
    | "madeAt"
    | "madeBy"
    | "version"
    | "policySha256"
    | "notices"
    | "tiers"
  > {
  readonly period: ReportPeriod;
  readonly schedule: readonly ScheduleRow[];
  readonly examined: readonly ExaminedRow[];
  /** Records of the audit chain from the period's beginning on, in order: what is told after its end may be about it. */
  readonly records: readonly AuditRecord[];
  /** Of records that tell of an expiry, by their number. */
  readonly proofs: ReadonlyMap<number, RecordProof>;
  /** Points of the vault, whenever they were captured. */
  readonly points: readonly Pick<
    Point,
    "id" | "database" | "tier" | "release" | "commit" | "startedAt" | "finishedAt" | "parts" | "expired" | "stored"
  >[];
  readonly kept: readonly KeptRow[];
  readonly holds: readonly Hold[];
  /** Business dates of the period that are over, in order: the days on which a verification was promised. */
  readonly days: readonly string[];
  /** The longest time between two drills that the policy allows. */
  readonly drillEvery: { readonly term: string; readonly ms: number };
  readonly integrity: Omit<ReportIntegrity, "firstSeq" | "lastSeq">;
}

/** The same with no record from after the period. */
export const withinPeriod = (evidence: ReportEvidence): ReportEvidence => ({
  ...evidence,
  records: evidence.records.filter(({ at }) => isIn(evidence.period, at)),
});

/** Whether an instant lies within a period. */
export const isIn = ({ from, to }: Pick<ReportPeriod, "from" | "to">, at: EpochMs): boolean => at >= from && at < to;
