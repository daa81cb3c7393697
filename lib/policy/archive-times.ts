import type { ArchiveTimes } from "../model/archive.ts";
import type { ScheduleName } from "../model/audit.ts";
import type { DataClass, Policy } from "../model/policy.ts";
import { type EpochMs, HOUR_MS } from "../model/units.ts";
import { goneBy, partTimes, WORKER_EVERY_MS } from "./deadlines.ts";
import { keptUntil } from "./minimum.ts";
import { schedulesOf } from "./schedules.ts";

/** A lock ends this long before deletion: what is locked cannot be deleted, however late the store's clock is. */
const UNLOCKED_MS = HOUR_MS;

/**
 * What holds for an archive part from its capture on. It must be gone by the class's maximum or its schedule's term,
 * whichever ends first: a maximum goes before a minimum, always. A minimum that ends later than that is left to the class's
 * longest schedule, where it is never left out: a minimum that cannot be kept must be seen.
 * @throws TypeError  the class has no archive of that schedule
 */
export const archiveTimes = (
  { timeZone }: Pick<Policy, "timeZone">,
  dataClass: DataClass,
  schedule: ScheduleName,
  { startedAt, finishedAt }: { readonly startedAt: EpochMs; readonly finishedAt: EpochMs },
): ArchiveTimes => {
  const { name, max, min, archive, lock } = dataClass;
  const window = archive?.[schedule];
  if (window === undefined) throw new TypeError(`class ${name} has no ${schedule} archive`);
  const { deleteAt, deadline } = partTimes({ max, window }, startedAt, { timeZone, workerEveryMs: WORKER_EVERY_MS });
  const unlockedBy = deleteAt - UNLOCKED_MS;
  const wanted = min === undefined ? undefined : keptUntil(min, finishedAt, timeZone);
  const isLeftToAnother = schedule !== schedulesOf(dataClass)[0] && (wanted ?? 0) > unlockedBy;
  const keepUntil = isLeftToAnother ? undefined : wanted;
  return {
    retainUntil:
      lock === undefined
        ? startedAt
        : Math.min(unlockedBy, Math.max(goneBy(lock.term, startedAt, timeZone), keepUntil ?? startedAt)),
    lock: lock?.mode ?? "none",
    ...(keepUntil === undefined ? {} : { keepUntil }),
    deleteAt,
    deadline,
  };
};
