import type { DataClass, Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { type PartTimes, partTimes, WORKER_EVERY_MS } from "./deadlines.ts";

/** What holds for something of a class that is in no tier: the class's own term says when the last of it goes. */
export const longestTimes = (
  { timeZone }: Pick<Policy, "timeZone">,
  { max }: Pick<DataClass, "max">,
  startedAt: EpochMs,
): PartTimes => partTimes({ max, window: max }, startedAt, { timeZone, workerEveryMs: WORKER_EVERY_MS });

/** The class whose term ends first for what began then. */
export const endsFirst = (policy: Policy, startedAt: EpochMs): DataClass => {
  const deadlineOf = (one: DataClass): EpochMs => longestTimes(policy, one, startedAt).deadline;
  return policy.classes.reduce((first, one) => (deadlineOf(one) < deadlineOf(first) ? one : first));
};

/** A copy that nobody speaks for may hold anything: from when it is deleted, and by when it must be gone. */
export const unknownTimes = (policy: Policy, writtenAt: EpochMs): PartTimes =>
  longestTimes(policy, endsFirst(policy, writtenAt), writtenAt);
