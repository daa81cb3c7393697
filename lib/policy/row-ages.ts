import type { Policy } from "../model/policy.ts";
import type { BusinessDay, RowAge } from "../model/row-age.ts";
import type { EpochMs } from "../model/units.ts";
import { addDays, businessDateOf, startOfDay } from "./business-date.ts";
import { dayTimes, WORKER_EVERY_MS } from "./deadlines.ts";

/**
 * How classes whose rows leave by their age are divided in a capture that begins at an instant, by class. The first day is
 * the oldest that is not due yet: what would have to go with the next run of the worker is not captured any more.
 */
export const rowAgesAt = ({ classes, timeZone }: Policy, startedAt: EpochMs): ReadonlyMap<string, RowAge> => {
  const today = businessDateOf(startedAt, timeZone);
  const dayOf = (day: string): BusinessDay => ({ day, startsAt: startOfDay(day, timeZone) });
  const ages = new Map<string, RowAge>();
  for (const { name, rowAge } of classes) {
    if (rowAge === undefined) continue;
    const isDue = ({ startsAt }: BusinessDay): boolean =>
      dayTimes(rowAge.max, startsAt, { timeZone, workerEveryMs: WORKER_EVERY_MS }).deleteAt <= startedAt;
    const days: BusinessDay[] = [];
    for (let day = dayOf(today); !isDue(day); day = dayOf(addDays(day.day, -1))) days.unshift(day);
    ages.set(name, { column: rowAge.column, days, next: dayOf(addDays(today, 1)) });
  }
  return ages;
};
