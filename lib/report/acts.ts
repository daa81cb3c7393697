import type { AuditRecord, PartId } from "../model/audit.ts";
import { partsInWords } from "../model/part-groups.ts";
import type { ApprovalRow, PolicyChangeRow } from "../model/report.ts";
import type { DailyVerification } from "../model/verification.ts";
import type { ReportEvidence } from "./evidence.ts";

export const recordedAs = ({ seq, at, actor }: AuditRecord) => ({ seq, at, by: actor });

/** A part as a person says it: `personal of 20260901T020000Z`. */
export const partWords = (part: PartId): string => `${part.class} of ${part.id}`;

export type DayRecord = AuditRecord & { readonly verification: DailyVerification };

/** The daily verifications, as they were recorded. */
export const dayRecordsOf = ({ records }: ReportEvidence): readonly DayRecord[] =>
  records.flatMap((record) =>
    // Whoever recorded it wrote a DailyVerification, and the chain says that nobody changed it since.
    record.outcome === "done" && record.act === "daily verification" ? [record as DayRecord] : [],
  );

export const policyChangesOf = ({ records }: ReportEvidence): readonly PolicyChangeRow[] =>
  records.flatMap((record) =>
    record.outcome === "done" && record.act === "policy"
      ? [{ ...recordedAs(record), sha256: record.sha256, before: record.before }]
      : [],
  );

/** What a person did or allowed that the rest of the evidence depends on. */
export const approvalsOf = ({ records }: ReportEvidence): readonly ApprovalRow[] =>
  records.flatMap((record) => {
    const said = record.outcome === "done" ? approvalIn(record) : undefined;
    return said === undefined ? [] : [{ ...recordedAs(record), ...said }];
  });

const approvalIn = (
  record: Extract<AuditRecord, { outcome: "done" }>,
): Pick<ApprovalRow, "what" | "about"> | undefined => {
  switch (record.act) {
    case "hold":
      return {
        what: `hold ${record.step}`,
        about: `${record.hold}: ${partsInWords(record.parts, partWords).join(", ")}`,
      };
    case "policy":
      return {
        what: record.before === undefined ? "policy first seen" : "policy changed",
        about: `policy ${record.sha256.slice(0, 16)}`,
      };
    case "restore":
      return { what: "restored", about: `point ${record.point} by plan ${record.plan}` };
    case "key export":
      return { what: "data key exported", about: partWords(record.part) };
    case "release":
      return { what: "release opened", about: `release ${record.release} at point ${record.point}` };
    case "report":
      return { what: "report made", about: `report ${record.sha256.slice(0, 16)}` };
    default:
      return undefined;
  }
};
