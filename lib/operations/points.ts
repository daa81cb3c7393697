import { findPoint, getParts, listPoints } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import type { Part, Point } from "../model/point.ts";

/** Every restore point of the vault, oldest first. */
export const allPoints = (vault: Vault): Promise<readonly Point[]> => listPoints(vault.hot);

/**
 * A point with the parts that it still has opened: what `point show` prints. The point itself names those that left.
 * @throws KEY_SHREDDED  it names a part whose key is gone
 */
export const lookAtPoint = async (
  vault: Vault,
  wanted: string,
): Promise<{ readonly point: Point; readonly parts: readonly Part[] }> => {
  const point = await findPoint(vault.hot, wanted);
  const { parts, expired } = await getParts(vault, point);
  for (const { at, failure } of expired) if (at === undefined) throw failure;
  return { point, parts };
};
