import { canonicalJson, plainJson } from "../engine/canonical-json.ts";
import { sha256 } from "../engine/document.ts";
import { keyIdOf } from "../engine/signature.ts";
import { Failure } from "../model/errors.ts";
import type { DataClass, Minimum, Policy } from "../model/policy.ts";
import type { ComplianceReport, ReportPeriod, ScheduleRow } from "../model/report.ts";
import type { EpochMs } from "../model/units.ts";
import { addDays, businessDateOf, daysBetween, startOfDay } from "../policy/business-date.ts";
import { goneBy } from "../policy/deadlines.ts";
import { schedulesOf } from "../policy/schedules.ts";
import { writeTerm } from "../policy/term.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { Signature, Signer } from "../ports/signer.ts";
import { compileReport } from "../report/compile-report.ts";
import { csvNameOf, csvOf } from "../report/csv.ts";
import { renderPage } from "../report/html/page.ts";
import { tablesOf } from "../report/tables.ts";
import { type AuditWorld, appendRecord, recorded } from "./audit.ts";
import { recordPolicy } from "./entries.ts";
import { lastReportNumber, reportName, signatureName } from "./kept-reports.ts";
import { gatherChain, whatBreaks } from "./report-chain.ts";
import { gatherVault, type VaultPlaces } from "./report-evidence.ts";

const FIRST_PREVIOUS = "0".repeat(64);
/** Each try loses to somebody who made a report just then. */
const TRIES_MAX = 20;
/** A century: what is longer is a slip of the keyboard. */
const DAYS_MAX = 36_600;

export interface ReportWorld extends Omit<VaultPlaces, "evidence"> {
  readonly audit: AuditWorld;
  readonly signer: Signer;
  /** Of Lastgood itself. */
  readonly version: string;
}

export interface SignedReport {
  readonly report: ComplianceReport;
  /** The report as its one canonical text: what is signed, stored and handed out. */
  readonly json: string;
  /** Of that text, hex. */
  readonly sha256: string;
  readonly signature: Signature;
  /** Its name in the evidence store. */
  readonly name: string;
  /** Why it is not in the audit chain: that is broken, which the report says too. */
  readonly unrecorded?: string;
}

/**
 * The period between two business dates of a policy; the second is not in it.
 * @throws USAGE  one is no date, or the first is not before the second
 */
export const reportPeriod = ({ timeZone }: Policy, firstDay: string, endDay: string): ReportPeriod => {
  for (const [option, day] of [
    ["--from", firstDay],
    ["--to", endDay],
  ] as const)
    if (!isDay(day))
      throw new Failure("USAGE", `${option} is "${day}", expected a day`, { hint: `write it as ${option} 2026-11-01` });
  const days = daysBetween(firstDay, endDay);
  if (days <= 0)
    throw new Failure("USAGE", `the period from ${firstDay} to ${endDay} has no day`, {
      hint: "--to is the day after the last one: for November 2026 --from 2026-11-01 --to 2026-12-01",
    });
  if (days > DAYS_MAX) throw new Failure("USAGE", `the period has ${days} days, at most ${DAYS_MAX} are possible`);
  return { from: startOfDay(firstDay, timeZone), to: startOfDay(endDay, timeZone), firstDay, endDay };
};

const isDay = (text: string): boolean =>
  /^\d{4}-\d{2}-\d{2}$/.test(text) &&
  !Number.isNaN(Date.parse(text)) &&
  new Date(`${text}T00:00:00Z`).toISOString().startsWith(text);

/**
 * Compiles what is in evidence of a period, signs it, keeps it in the evidence store and records that. A broken chain or a
 * damaged object is in the report, not in its way.
 * @throws EVIDENCE_UNWRITTEN, STORE_*, and what the signer throws
 */
export const makeReport = async (world: ReportWorld, policy: Policy, period: ReportPeriod): Promise<SignedReport> => {
  const { audit } = world;
  await whatBreaks(() => recordPolicy(audit, policy));
  const made = await recorded(
    audit,
    { act: "report" },
    () => writeReport(world, policy, period),
    () => [],
  );
  const { from, to } = period;
  const entry = { outcome: "done", act: "report", from, to, sha256: made.sha256 } as const;
  const unrecorded = await whatBreaks(() => appendRecord(audit, entry));
  return { ...made, ...(unrecorded !== undefined && { unrecorded }) };
};

const writeReport = async (world: ReportWorld, policy: Policy, period: ReportPeriod): Promise<SignedReport> => {
  const { signer, audit } = world;
  const { evidence } = audit;
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const report = await compile(world, policy, period, await nextNumber(evidence));
    const json = canonicalJson(plainJson(report));
    const bytes = Buffer.from(json, "utf8");
    const name = reportName(report.number);
    // The create-only put is the lock: who loses is the next one.
    if ((await evidence.put(name, [bytes])) === "exists") continue;
    const signature = await signer.sign(bytes);
    await evidence.put(signatureName(report.number), [Buffer.from(canonicalJson({ ...signature }), "utf8")]);
    return { report: JSON.parse(json) as ComplianceReport, json, sha256: sha256(bytes), signature, name };
  }
  throw new Failure("EVIDENCE_UNWRITTEN", `others made a report first ${TRIES_MAX} times`, {
    hint: "run again when less is going on",
  });
};

export interface ReportFile {
  readonly name: string;
  readonly bytes: string | Uint8Array;
}

/** Files that a report is handed out as: itself, what verifies it, and what is drawn from it. */
export const reportFiles = ({ report, json, sha256: digest, signature }: SignedReport): readonly ReportFile[] => [
  { name: "report.json", bytes: json },
  { name: "report.json.sig", bytes: Buffer.from(signature.signature, "base64") },
  { name: "public-key.pem", bytes: report.integrity.publicKey },
  { name: "report.html", bytes: renderPage(report, digest) },
  ...tablesOf(report).map((table) => ({ name: csvNameOf(table), bytes: csvOf(table) })),
];

/** The number that is free, and the digest of the report before it. */
const nextNumber = async (evidence: ObjectStore): Promise<Pick<ComplianceReport, "number" | "previous">> => {
  const last = await lastReportNumber(evidence);
  const bytes = last === 0 ? undefined : await evidence.get(reportName(last));
  return { number: last + 1, previous: bytes === undefined ? FIRST_PREVIOUS : sha256(bytes) };
};

const compile = async (
  world: ReportWorld,
  policy: Policy,
  period: ReportPeriod,
  numbered: Pick<ComplianceReport, "number" | "previous">,
): Promise<ComplianceReport> => {
  const { audit, signer, version } = world;
  const { evidence, vaultId, clock, actor } = audit;
  const madeAt = clock.now();
  const publicKey = await signer.publicKey();
  const keyId = keyIdOf(publicKey);
  if (keyId === undefined) throw new TypeError("the signer has a public key that nobody can verify by");
  const chain = await gatherChain(evidence, { vaultId, publicKey, from: period.from });
  const found = await gatherVault({ ...world, evidence }, policy, madeAt);
  const { hot, release, verification, timeZone } = policy;
  return compileReport({
    ...numbered,
    ...found,
    examined: [...found.examined, { store: "evidence", found: `${chain.integrity.records} records` }, UNLISTED_KEYS],
    records: chain.records,
    proofs: chain.proofs,
    integrity: { ...chain.integrity, keyId, publicKey },
    vaultId,
    controller: policy.controller,
    timeZone,
    databases: policy.databases,
    madeAt,
    madeBy: actor,
    version,
    period,
    policySha256: sha256(canonicalJson(plainJson(policy))),
    tiers: {
      hotEvery: writeTerm(hot.every),
      hotWindow: writeTerm(hot.window),
      releaseWindow: writeTerm(release.window),
    },
    schedule: policy.classes.map(scheduleOf),
    days: daysOver(period, timeZone, madeAt),
    drillEvery: {
      term: writeTerm(verification.drillEvery),
      ms: goneBy(verification.drillEvery, period.from, timeZone) - period.from,
    },
  });
};

/** Business dates of a period that were over at an instant. */
const daysOver = ({ firstDay, endDay }: ReportPeriod, timeZone: string, now: EpochMs): readonly string[] => {
  const today = businessDateOf(now, timeZone);
  const days: string[] = [];
  for (let day = firstDay; day < endDay && day < today; day = addDays(day, 1)) days.push(day);
  return days;
};

const UNLISTED_KEYS = { store: "keys", found: "not listed by this report: invariant I-05 looks at them every day" };

const scheduleOf = (one: DataClass): ScheduleRow => ({
  class: one.name,
  tables: one.tables,
  purpose: one.purpose,
  legalBasis: one.legalBasis,
  max: writeTerm(one.max),
  rowAge: one.rowAge && `${writeTerm(one.rowAge.max)} from the day of ${one.rowAge.column}`,
  min: one.min && minimumWords(one.min),
  archive:
    one.archive &&
    schedulesOf(one)
      .map((schedule) => `${schedule} ${writeTerm(one.archive?.[schedule] ?? one.max)}`)
      .join(", "),
  lock: one.lock && `${one.lock.mode} ${writeTerm(one.lock.term)}`,
});

const minimumWords = ({ term, from }: Minimum): string =>
  from === "capture" ? writeTerm(term) : `${writeTerm(term)} from the end of the year`;
