import type { DataClass, Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { startOfDay } from "./business-date.ts";
import type { PartTimes } from "./deadlines.ts";
import { agedTimes } from "./row-ages.ts";

/**
 * What holds for something of a class that is in no tier: the class's own term says when the last of it goes, and so does
 * the age of its rows, which nobody told apart.
 */
export const longestTimes = (
  policy: Pick<Policy, "timeZone">,
  { max, rowAge }: Pick<DataClass, "max" | "rowAge">,
  startedAt: EpochMs,
): PartTimes => agedTimes(policy, { max, window: max, rowAge }, startedAt);

/**
 * The class whose term ends first for what began then. Which of two terms is the shorter one can depend on the day: a month of
 * 31 days outlasts P30D, February does not.
 * @param deadlineOf  of a class; its own term and the age of its rows alone if nothing else is said
 */
export const endsFirst = (
  policy: Policy,
  startedAt: EpochMs,
  deadlineOf = (one: DataClass): EpochMs => longestTimes(policy, one, startedAt).deadline,
): DataClass => policy.classes.reduce((first, one) => (deadlineOf(one) < deadlineOf(first) ? one : first));

/** A copy that nobody speaks for may hold anything: from when it is deleted, and by when it must be gone. */
export const unknownTimes = (policy: Policy, writtenAt: EpochMs): PartTimes =>
  longestTimes(policy, endsFirst(policy, writtenAt), writtenAt);

/** What a run that died left of an archive of a class. */
export interface Leftover {
  readonly class: string;
  readonly businessDate: string;
}

export interface LeftoverTimes extends PartTimes {
  /** Until then a lock is no failure: the archive that it was to be part of would still be there. */
  readonly lockedUntilMax: EpochMs;
}

/**
 * What an archive run that died left is deleted like any copy that nobody speaks for. But the store may have locked it for as
 * long as the archive was to be locked, and no class is in it but its own: it must be gone when that archive would be.
 * @param leftover  what it was to be part of; undefined if nobody knows
 */
export const leftoverTimes = (policy: Policy, leftover: Leftover | undefined, writtenAt: EpochMs): LeftoverTimes => {
  const unknown = unknownTimes(policy, writtenAt);
  const own = policy.classes.find(({ name }) => name === leftover?.class);
  if (leftover === undefined || own === undefined) return { ...unknown, lockedUntilMax: unknown.deleteAt };
  const startedAt = Math.min(writtenAt, startOfDay(leftover.businessDate, policy.timeZone));
  const { deleteAt, deadline } = longestTimes(policy, own, startedAt);
  return { deleteAt: Math.min(unknown.deleteAt, deleteAt), deadline, lockedUntilMax: deleteAt };
};
