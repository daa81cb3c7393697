import type { Point } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import { partClass } from "../model/row-age.ts";
import { DAY_MS, type EpochMs } from "../model/units.ts";
import { goneBy } from "../policy/deadlines.ts";
import { writeTerm } from "../policy/term.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { newestRecordsOf } from "./audit.ts";

export interface DrillChoice {
  /** What is to be restored today; undefined if nothing is due. One a day: the rest waits for tomorrow. */
  readonly point: Point | undefined;
  /** Databases whose drill is late, with why. */
  readonly missed: ReadonlyMap<string, string>;
}

/**
 * Chooses the drill of a day: the newest whole point of the database whose last drill was the longest ago, if waiting until
 * tomorrow would break `verification.drillEvery`.
 * @param points  oldest first
 * @throws EVIDENCE_BROKEN, STORE_*
 */
export const chooseDrill = async (
  evidence: ObjectStore,
  policy: Policy,
  points: readonly Point[],
  now: EpochMs,
): Promise<DrillChoice> => {
  const candidates = new Map<string, Point>();
  for (const point of points) {
    if (isWhole(point) && policy.databases.includes(point.database)) candidates.set(point.database, point);
  }
  const lastAt = await lastDrills(evidence, new Set(candidates.keys()));
  const { drillEvery } = policy.verification;
  const dueAt = (database: string): EpochMs | undefined => {
    const at = lastAt.get(database);
    return at === undefined ? undefined : goneBy(drillEvery, at, policy.timeZone);
  };
  const [first] = [...candidates.keys()]
    .filter((database) => now + DAY_MS > (dueAt(database) ?? -Infinity))
    .toSorted((a, b) => (lastAt.get(a) ?? -Infinity) - (lastAt.get(b) ?? -Infinity));
  const missed = new Map<string, string>();
  for (const database of candidates.keys()) {
    const due = dueAt(database);
    if (due === undefined) missed.set(database, `no point was ever restored into a scratch database (a drill)`);
    else if (due <= now) missed.set(database, `no drill since ${writeTerm(drillEvery)} and more`);
  }
  return { point: first === undefined ? undefined : candidates.get(first), missed };
};

/** Days that have left by their age are no loss: what is left of the point restores. */
const isWhole = ({ parts, expired = [] }: Point): boolean =>
  parts.length > 0 && expired.every((part) => partClass(part.class).day !== undefined);

const lastDrills = async (
  evidence: ObjectStore,
  databases: ReadonlySet<string>,
): Promise<ReadonlyMap<string, EpochMs>> => {
  const found = new Map<string, EpochMs>();
  for await (const { database, at, part } of newestRecordsOf(evidence, "drill")) {
    // Of an archive it says nothing about points.
    if (part.store !== "hot") continue;
    if (database !== undefined && databases.has(database) && !found.has(database)) found.set(database, at);
    if (found.size === databases.size) break;
  }
  return found;
};
