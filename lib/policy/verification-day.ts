import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { addDays, businessDateOf, instantOf } from "./business-date.ts";

/** The newest business day whose verification was to begin by now. */
export const dayToVerify = (
  { timeZone, verification }: Pick<Policy, "timeZone" | "verification">,
  now: EpochMs,
): string => {
  const today = businessDateOf(now, timeZone);
  return now >= instantOf(today, verification.at, timeZone) ? today : addDays(today, -1);
};
