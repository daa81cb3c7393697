import { type RemovalReport, removePoints } from "../engine/expire.ts";
import type { FoldWorld } from "../engine/fold-chain.ts";
import { findPoint } from "../engine/points.ts";
import { type SweepReport, sweep } from "../engine/sweep.ts";
import { isFailure } from "../model/errors.ts";

export interface ExpireReport extends RemovalReport {
  readonly sweep: SweepReport;
}

/**
 * Removes points for good: folds what stays, removes the points, shreds their keys and sweeps what nothing names any
 * more. Stopped anywhere, running it again completes it.
 * @param wanted  ids, beginnings of ids or releases of points
 * @throws POINT_NOT_FOUND  nothing was removed; CAPTURE_RUNNING, DIGEST_MISMATCH, OBJECT_*, STORE_*
 */
export const expirePoints = async (world: FoldWorld, wanted: readonly string[]): Promise<ExpireReport> => {
  const ids: string[] = [];
  for (const one of wanted) ids.push(await idOf(world, one));
  const removal = await removePoints(world, [...new Set(ids)]);
  const { vault, clock, progress, signal, beforeDestroy } = world;
  const sweeping = { stores: vault.stores, clock, progress, signal, beforeDestroy };
  return { ...removal, sweep: await sweep(sweeping, { dryRun: false }) };
};

/** A point whose removal was stopped is not listed any more, but its whole id still completes it. */
const idOf = async (world: FoldWorld, wanted: string): Promise<string> => {
  try {
    return (await findPoint(world.vault.hot, wanted)).id;
  } catch (error) {
    if (isFailure(error, "POINT_NOT_FOUND")) return wanted;
    throw error;
  }
};
