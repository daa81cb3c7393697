import { canonicalJson, plainJson } from "../engine/canonical-json.ts";
import { sha256 } from "../engine/document.ts";
import { findPoint } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import type { AuditEntry } from "../model/audit.ts";
import { isFailure } from "../model/errors.ts";
import { type Point, tablesIn } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import type { ReleaseReceipt } from "../model/release.ts";
import { type AuditWorld, appendRecord, lastRecordOf, readRecordsBack } from "./audit.ts";
import type { ExpiryPlan, ExpiryReport } from "./expire-parts.ts";
import type { RestorePlan, RestoreReport, SqlReport } from "./restore.ts";
import type { SweepReport } from "./sweep.ts";
import type { VerifyReport } from "./verify.ts";
import type { DrillReport } from "./verify-restore.ts";

export const captureEntry = ({ point }: { readonly point: Point }): AuditEntry => ({
  outcome: "done",
  act: "capture",
  database: point.database,
  point: point.id,
  tier: point.tier,
  ...(point.release === undefined ? {} : { release: point.release }),
  ...(point.commit === undefined ? {} : { commit: point.commit }),
  classes: point.parts.map((part) => part.class),
  tables: tablesIn(point.parts),
  rows: point.parts.reduce((sum, part) => sum + part.rows, 0),
  storedBytes: point.stored.bytes,
  startedAt: point.startedAt,
  finishedAt: point.finishedAt,
});

/** Of the point that was taken for a release, and of the release. */
export const releaseEntries = async (
  vault: Vault,
  { database, release, commit, point }: ReleaseReceipt,
): Promise<readonly AuditEntry[]> => [
  captureEntry({ point: await findPoint(vault.hot, point.id) }),
  { outcome: "done", act: "release", database, release, commit, point: point.id },
];

/** Of each part that went, was held or could not go, and of what was swept with them. */
export const expiryEntries = (plan: ExpiryPlan, { parts, sweep }: ExpiryReport): readonly AuditEntry[] => [
  ...parts.flatMap((part): readonly AuditEntry[] => {
    const planned = plan.parts.find((one) => one.point === part.point && one.class === part.class);
    if (planned === undefined) return [];
    if ("code" in part) {
      const outcome = part.outcome === "held" ? "refused" : "failed";
      return [{ outcome, act: "expire", code: part.code, database: planned.database, point: part.point }];
    }
    if (!("lookedAt" in part)) return [];
    const { keyShredded, objectsDeleted, objectsLeft, lookedAt, marginMs } = part;
    return [
      {
        outcome: "done",
        act: "expire",
        database: planned.database,
        part: { store: "hot", id: part.point, class: part.class },
        tier: planned.tier,
        startedAt: planned.startedAt,
        deadline: part.deadline,
        keyShredded,
        objectsDeleted,
        objectsLeft,
        lookedAt,
        marginMs,
      },
    ];
  }),
  sweepEntry(sweep),
];

/**
 * Of parts that had gone before their plan was applied, and of whose going there is no record: a run of the same plan died
 * between the two. They were looked for and not found; what deleted them is not known any more.
 */
export const unrecordedExpiries = async (
  { evidence, clock }: AuditWorld,
  plan: ExpiryPlan,
  { parts }: ExpiryReport,
): Promise<readonly AuditEntry[]> => {
  const open = new Map(parts.flatMap((part) => (part.outcome === "gone already" ? [[keyOf(part), part]] : [])));
  if (open.size === 0) return [];
  // A record that cannot be read for broken evidence is written once more: twice does no harm.
  await unlessBroken(async () => {
    for await (const record of readRecordsBack(evidence)) {
      // When the plan was made they were there.
      if (record.at < plan.madeAt) break;
      if (record.outcome === "done" && record.act === "expire")
        open.delete(keyOf({ point: record.part.id, class: record.part.class }));
    }
  });
  const lookedAt = clock.now();
  return plan.parts.flatMap((part): readonly AuditEntry[] => {
    if (!open.has(keyOf(part))) return [];
    const { point: id, class: name, database, tier, startedAt, deadline } = part;
    const looked = { keyShredded: false, objectsDeleted: 0, objectsLeft: 0, lookedAt, marginMs: deadline - lookedAt };
    const hot = { store: "hot", id, class: name } as const;
    return [{ outcome: "done", act: "expire", database, part: hot, tier, startedAt, deadline, ...looked }];
  });
};

const keyOf = ({ point, class: name }: { readonly point: string; readonly class: string }): string =>
  `${point}/${name}`;

export const sweepEntry = ({ pages, chunks, parts, keys }: SweepReport): AuditEntry => ({
  outcome: "done",
  act: "sweep",
  objects: [pages, chunks, parts, keys].reduce((sum, { objects }) => sum + objects, 0),
  bytes: [pages, chunks, parts, keys].reduce((sum, { bytes }) => sum + bytes, 0),
});

export const restoreEntry = (plan: RestorePlan, { rows, elapsedMs }: RestoreReport): AuditEntry => ({
  outcome: "done",
  act: "restore",
  database: plan.point.database,
  point: plan.point.id,
  plan: plan.sha256,
  rows,
  elapsedMs,
});

/** Rows that left the vault as text: no plan, and no target that Lastgood knows. */
export const sqlEntry = async (vault: Vault, wanted: string, { rows, elapsedMs }: SqlReport): Promise<AuditEntry> => {
  const { id, database } = await findPoint(vault.hot, wanted);
  return { outcome: "done", act: "restore", database, point: id, plan: "none: written as SQL", rows, elapsedMs };
};

export const verifyEntry = (report: VerifyReport): AuditEntry => ({
  outcome: "done",
  act: "verify",
  level: report.level,
  points: report.points,
  objects: report.objects,
  bytes: report.bytes,
  rows: report.rows,
  problems: report.problems.length,
  elapsedMs: report.elapsedMs,
});

export const drillEntry = ({ point, database, tables, rows, restore, elapsedMs }: DrillReport): AuditEntry => ({
  outcome: "done",
  act: "drill",
  database,
  part: { store: "hot", id: point },
  tables,
  rows,
  plainBytes: restore.bytes,
  restoreMs: restore.elapsedMs,
  elapsedMs,
});

/**
 * Records the policy of a run, if the run before it for the same databases had another one, or none. Evidence that is broken
 * keeps no capture and no deletion from being done: a policy that cannot be read there is recorded again, and where nothing can
 * be appended the act's own record says so.
 * @throws STORE_*
 */
export const recordPolicy = async (world: AuditWorld, policy: Policy): Promise<void> => {
  const digest = sha256(canonicalJson(plainJson(policy)));
  const databases = databasesOf(policy);
  const last = await unlessBroken(() =>
    lastRecordOf(world.evidence, "policy", (record) => databasesOf(record.policy) === databases),
  );
  if (last?.sha256 === digest) return;
  const before = last === undefined ? {} : { before: last.sha256 };
  await unlessBroken(() => appendRecord(world, { outcome: "done", act: "policy", sha256: digest, ...before, policy }));
};

const unlessBroken = async <T>(look: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await look();
  } catch (error) {
    if (isFailure(error, "EVIDENCE_BROKEN")) return undefined;
    throw error;
  }
};

const databasesOf = (policy: unknown): string => [...(policy as Policy).databases].sort().join(" ");
