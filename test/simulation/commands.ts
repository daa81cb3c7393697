import type { AuditHead } from "../../lib/model/audit-head.ts";
import type { Tier } from "../../lib/model/point.ts";
import type { DailyVerification } from "../../lib/model/verification.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { type ArchiveOutcome, archivesDue, createArchives } from "../../lib/operations/create-archives.ts";
import { verifyDay } from "../../lib/operations/daily-verification.ts";
import { captureEntry, recordPolicy } from "../../lib/operations/entries.ts";
import { signHead } from "../../lib/operations/evidence.ts";
import { makeReport, reportPeriod, type SignedReport } from "../../lib/operations/report.ts";
import { applyPlan, planOfRestore } from "../../lib/operations/restore.ts";
import { openRestoreLane } from "../../lib/operations/restore-lane.ts";
import { type RetentionReport, runRetention } from "../../lib/operations/retention.ts";
import { verifyByRestore } from "../../lib/operations/verify-restore.ts";
import type { TargetDatabase } from "../../lib/ports/target-database.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { plainReader } from "../../lib/postgres/target/plain-reader.ts";
import { targetDatabase } from "../../lib/postgres/target/target-database.ts";
import { inProcessLanes } from "../e2e/in-process-lanes.ts";
import { lanesHere } from "../engine/restore/restore-world.ts";
import type { CommandWorld } from "./machine.ts";
import { POLICY } from "./policy.ts";

// What cron's commands do: `bin/commands` without its words. One lane each, so that a seed repeats.

export interface CaptureWanted {
  readonly tier: Exclude<Tier, "archive">;
  readonly release?: string;
}

export const capture = async (world: CommandWorld, url: string, wanted: CaptureWanted): Promise<string> => {
  const { vault, audit } = world;
  const source = await postgresSource(url);
  await recordPolicy(audit, POLICY);
  const openLanes = inProcessLanes({ source, store: vault.hot, entropy: vault.entropy }, 1);
  const report = await recorded(
    audit,
    { act: "capture", database: source.database },
    () => captureDatabase({ ...world, source, openLanes }, { ...wanted, base: false, policy: POLICY }),
    captureEntry,
  );
  return report.point.id;
};

/** The hourly worker. */
export const expire = async (world: CommandWorld): Promise<RetentionReport> => {
  await recordPolicy(world.audit, POLICY);
  return runRetention(world, POLICY);
};

export const archive = async (world: CommandWorld): Promise<readonly ArchiveOutcome[]> => {
  await recordPolicy(world.audit, POLICY);
  return createArchives(world, await archivesDue(world, POLICY));
};

/** @param scratch  gives an empty database to restore into, if a drill is due */
export const verify = (world: CommandWorld, scratch: () => Promise<string>): Promise<DailyVerification> =>
  verifyDay(world, POLICY, {
    async drill(point) {
      const url = await scratch();
      const target = targetDatabase(url);
      const openLanes = restoreLanes(world, target);
      return verifyByRestore({ ...world, target, reader: plainReader(url), openLanes }, point);
    },
  });

/** @param to  the day after the last one */
export const report = (
  { vault, archive, audit, keys }: CommandWorld,
  from: string,
  to: string,
): Promise<SignedReport> =>
  makeReport({ vault, archive, audit, signer: keys, version: "simulated" }, POLICY, reportPeriod(POLICY, from, to));

export const sign = async ({ audit, keys }: CommandWorld): Promise<AuditHead> => (await signHead(audit, keys)).head;

/** @param tables  `public.orders`; all if empty */
export const restore = async (
  world: CommandWorld,
  url: string,
  point: string,
  tables: readonly string[],
): Promise<number> => {
  const target = targetDatabase(url);
  const plan = await planOfRestore({ ...world, target }, point, { scope: { schemas: [], tables } });
  const openLanes = restoreLanes(world, target);
  return (await applyPlan({ ...world, target, openLanes }, plan, { proof: "full" })).rows;
};

const restoreLanes =
  ({ vault }: CommandWorld, target: TargetDatabase) =>
  (opening: Parameters<typeof openRestoreLane>[1]) =>
    lanesHere(1, () => openRestoreLane({ target, store: vault.hot }, opening));
