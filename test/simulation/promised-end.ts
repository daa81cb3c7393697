import type { EpochMs } from "../../lib/model/units.ts";

const HOUR_MS = 3_600_000;
/** Deletion lies this long before the deadline, or a sixth of the term where that is shorter. */
const EARLY_MS_MAX = 12 * HOUR_MS;

/** Before it nothing may go that must be gone by a deadline. */
export const earliestEnd = (from: EpochMs, deadline: EpochMs): EpochMs =>
  deadline - Math.min(EARLY_MS_MAX, (deadline - from) / 6);
