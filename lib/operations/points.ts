import { findPoint, getPart, listPoints } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import type { Part, Point } from "../model/point.ts";

/** Every restore point of the vault, oldest first. */
export const allPoints = (vault: Vault): Promise<readonly Point[]> => listPoints(vault.hot);

/** A point with its parts opened: what `point show` prints, and what restore, diff and verify begin with. */
export const openPoint = async (
  vault: Vault,
  wanted: string,
): Promise<{ readonly point: Point; readonly parts: readonly Part[] }> => {
  const point = await findPoint(vault.hot, wanted);
  const parts: Part[] = [];
  for (const ref of point.parts) parts.push(await getPart(vault, point, ref));
  return { point, parts };
};
