import type { ComplianceReport } from "../model/report.ts";
import { approvalsOf, dayRecordsOf, policyChangesOf } from "./acts.ts";
import { archivesOf, capturesOf, failuresOf, missedOf } from "./backups.ts";
import { type ReportEvidence, withinPeriod } from "./evidence.ts";
import { alarmsOf, expiriesOf, holdsOf, lostOf, overdueOf, runsOf } from "./retention.ts";
import { verdictOf } from "./verdict.ts";
import { checksOf, daysOf, invariantsOf, restoresOf } from "./verifications.ts";

/** The report that evidence gives. The same evidence gives the same report. */
export const compileReport = (evidence: ReportEvidence): ComplianceReport => {
  const { period, kept, integrity } = evidence;
  const within = withinPeriod(evidence);
  const told = dayRecordsOf(evidence);
  // A day's verification may run on the next one.
  const days = told.filter(({ verification: { day } }) => day >= period.firstDay && day < period.endDay);
  const expiries = expiriesOf(evidence);
  const facts = {
    format: 1,
    kind: "compliance report",
    number: evidence.number,
    previous: evidence.previous,
    vaultId: evidence.vaultId,
    controller: evidence.controller,
    timeZone: evidence.timeZone,
    databases: evidence.databases,
    period,
    madeAt: evidence.madeAt,
    madeBy: evidence.madeBy,
    version: evidence.version,
    policySha256: evidence.policySha256,
    examined: evidence.examined,
    notices: evidence.notices,
    schedule: evidence.schedule,
    tiers: evidence.tiers,
    policyChanges: policyChangesOf(within),
    captures: capturesOf(evidence),
    archives: archivesOf(within),
    failures: failuresOf(within),
    kept,
    lost: lostOf(evidence),
    missed: missedOf(evidence, told),
    days: daysOf(days),
    checks: checksOf(within),
    restores: restoresOf(within),
    expiries,
    runs: runsOf(within),
    alarms: alarmsOf(within),
    overdue: overdueOf(kept, expiries, evidence),
    holds: holdsOf(evidence),
    approvals: approvalsOf(within),
    invariants: invariantsOf(days),
    integrity: { ...integrity, firstSeq: within.records[0]?.seq, lastSeq: within.records.at(-1)?.seq },
  } as const;
  return { ...facts, verdict: verdictOf(facts, evidence) };
};
