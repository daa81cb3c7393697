import type { DataClass, Policy, Term } from "../model/policy.ts";
import type { BusinessDay, RowAge } from "../model/row-age.ts";
import type { EpochMs } from "../model/units.ts";
import { addDays, businessDateOf, endOfDay, startOfDay } from "./business-date.ts";
import { dayTimes, type PartTimes, partTimes, WORKER_EVERY_MS } from "./deadlines.ts";

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

/** First instant of the day after a capture. Rows that are not told apart by their day are held to it: one of a day to come may be of this one. */
export const dayAfter = (startedAt: EpochMs, timeZone: string): EpochMs =>
  endOfDay(businessDateOf(startedAt, timeZone), timeZone);

/**
 * What holds for rows of a class: by its term and a window from their capture, and by their age where they leave by that
 * too, whichever ends first.
 * @param rowsFrom  first instant of the day that they are of; left out, of the day after the capture
 */
export const agedTimes = (
  { timeZone }: Pick<Policy, "timeZone">,
  { max, window, rowAge }: Pick<DataClass, "max" | "rowAge"> & { readonly window: Term },
  startedAt: EpochMs,
  rowsFrom = dayAfter(startedAt, timeZone),
): PartTimes => {
  const rules = { timeZone, workerEveryMs: WORKER_EVERY_MS };
  const times = partTimes({ max, window }, startedAt, rules);
  if (rowAge === undefined) return times;
  const byAge = dayTimes(rowAge.max, rowsFrom, rules);
  return {
    deleteAt: Math.min(times.deleteAt, byAge.deleteAt),
    deadline: Math.min(times.deadline, byAge.deadline),
  };
};
