import { findPoint } from "../engine/points.ts";
import { type VerifyWorld, verify } from "../engine/verify.ts";
import type { VerifyReport as Report, VerifyLevel } from "../engine/verify-report.ts";

export type VerifyReport = Report;

/**
 * Verify, levels list and read: looks at a vault without a database and reports every problem it finds.
 * @param wanted  a point's id, the beginning of one, a release or `latest`; all points if not given
 * @throws POINT_NOT_FOUND, STORE_*, and the signal's reason; what is wrong with the vault is in the report
 */
export const verifyVault = async (
  world: VerifyWorld,
  options: { readonly level: VerifyLevel; readonly wanted?: string | undefined },
): Promise<VerifyReport> => {
  const { level, wanted } = options;
  const points = wanted === undefined ? undefined : [(await findPoint(world.vault.hot, wanted)).id];
  return verify(world, { level, points });
};
