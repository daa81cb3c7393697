import { SECONDS_MIN } from "../engine/restore/plan-restore.ts";
import type { RestoreRate } from "../engine/restore/restore-plan.ts";
import type { Act } from "../model/audit.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { newestRecordsOf } from "./audit.ts";

const DRILLS_MAX = 5;
/** A drill that took less says how long it takes to begin, not how fast rows go. */
const RESTORE_MS_MIN = 2 * SECONDS_MIN * 1000;
/** Of one or two drills nobody knows how far they spread; however close more of them lie, the next may differ this much. */
const FACTOR_FEW = 1.5;
const FACTOR_MIN = 1.2;

type Drill = Pick<Extract<Act, { readonly act: "drill" }>, "plainBytes" | "restoreMs">;

/**
 * How fast the newest drills of a vault restored.
 * @returns undefined if none was large enough to tell
 * @throws EVIDENCE_BROKEN, STORE_*
 */
export const measuredRate = async (evidence: ObjectStore): Promise<RestoreRate | undefined> => {
  const drills: Drill[] = [];
  for await (const record of newestRecordsOf(evidence, "drill")) {
    // An archive is loaded over one connection.
    if (record.part.store === "hot" && record.restoreMs >= RESTORE_MS_MIN) drills.push(record);
    if (drills.length === DRILLS_MAX) break;
  }
  return rateOfDrills(drills);
};

/** The rate in the middle of those of some drills; its factor reaches the farthest of them. */
export const rateOfDrills = (drills: readonly Drill[]): RestoreRate | undefined => {
  const rates = drills
    .filter(({ plainBytes, restoreMs }) => plainBytes > 0 && restoreMs >= RESTORE_MS_MIN)
    .map(({ plainBytes, restoreMs }) => plainBytes / (restoreMs / 1000 - SECONDS_MIN))
    .toSorted((a, b) => a - b);
  const [slowest, fastest] = [rates[0], rates.at(-1)];
  const middle = rates[Math.floor((rates.length - 1) / 2)];
  if (slowest === undefined || fastest === undefined || middle === undefined) return undefined;
  const spread = Math.max(middle / slowest, fastest / middle);
  return {
    bytesPerSecond: Math.round(middle),
    source: "measured",
    factor: Math.max(rates.length < 3 ? FACTOR_FEW : FACTOR_MIN, Math.ceil(spread * 10) / 10),
  };
};
