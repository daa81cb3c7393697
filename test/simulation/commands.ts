import type { Tier } from "../../lib/model/point.ts";
import { recorded } from "../../lib/operations/audit.ts";
import { captureDatabase } from "../../lib/operations/capture.ts";
import { captureEntry, expiryEntries, recordPolicy } from "../../lib/operations/entries.ts";
import { applyExpiry, type ExpiryReport, planExpiry } from "../../lib/operations/expire-parts.ts";
import { applyPlan, planOfRestore } from "../../lib/operations/restore.ts";
import { openRestoreLane } from "../../lib/operations/restore-lane.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
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

export const expire = async (world: CommandWorld): Promise<ExpiryReport> => {
  const plan = await planExpiry(world, POLICY);
  return recorded(
    world.audit,
    { act: "expire" },
    () => applyExpiry(world, plan),
    (report) => expiryEntries(plan, report),
  );
};

/** @param tables  `public.orders`; all if empty */
export const restore = async (
  world: CommandWorld,
  url: string,
  point: string,
  tables: readonly string[],
): Promise<number> => {
  const target = targetDatabase(url);
  const plan = await planOfRestore({ ...world, target }, point, { scope: { schemas: [], tables } });
  const openLanes = (opening: Parameters<typeof openRestoreLane>[1]) =>
    lanesHere(1, () => openRestoreLane({ target, store: world.vault.hot }, opening));
  return (await applyPlan({ ...world, target, openLanes }, plan, { proof: "full" })).rows;
};
