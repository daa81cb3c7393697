import { type SweepReport as Report, type SweepWorld, sweep } from "../engine/sweep.ts";

export type SweepReport = Report;

/**
 * Deletes what no point and no live intent names, or, as a dry run, says what it would delete. Needs no key.
 * @throws OBJECT_MISSING, OBJECT_CORRUPT  the vault is damaged; nothing was deleted
 */
export const sweepVault = (world: SweepWorld, options: { readonly dryRun: boolean }): Promise<SweepReport> =>
  sweep(world, options);
