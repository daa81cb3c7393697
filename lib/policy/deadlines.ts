import { Temporal } from "temporal-polyfill";
import type { Term } from "../model/policy.ts";
import { DAY_MS, type EpochMs, HOUR_MS } from "../model/units.ts";

/** How often the worker that deletes runs. */
export const WORKER_EVERY_MS = 60 * 60_000;
/** Distance between deletion and deadline: room for a worker that fails for half a day, less where the term itself is short. */
const MARGIN_MS = 12 * HOUR_MS;
const MARGIN_SHARE = 1 / 6;

/**
 * When something must be gone: not later than the term after its anchor, by elapsed time and by the calendar, whichever
 * is earlier. Months and years have no elapsed reading; the last day of a shorter month stands for the missing one.
 * Always reckoned from the anchor itself: a copy, a promotion or a rewrite inherits it.
 */
export const goneBy = (max: Term, anchor: EpochMs, timeZone: string): EpochMs =>
  Math.min(elapsedEnd(max, anchor) ?? Infinity, calendarEnd(max, anchor, timeZone));

/** What holds for one part: deleted at, gone by. */
export interface PartTimes {
  readonly deleteAt: EpochMs;
  readonly deadline: EpochMs;
}

/**
 * @param max  of the part's class
 * @param window  how long its tier keeps a point; whichever of the two ends first holds
 * @param startedAt  of the capture in which the rows were read, however often the part was copied or rewritten since
 */
export const partTimes = (
  { max, window }: { readonly max: Term; readonly window: Term },
  startedAt: EpochMs,
  { timeZone, workerEveryMs }: { readonly timeZone: string; readonly workerEveryMs: number },
): PartTimes => {
  const deadline = Math.min(goneBy(max, startedAt, timeZone), goneBy(window, startedAt, timeZone));
  return { deleteAt: deadline - marginOf(deadline - startedAt, workerEveryMs), deadline };
};

/**
 * What holds for the rows of one business day, whenever they were captured: no row of the day is older than its beginning.
 * @param dayStartsAt  the first instant of the day
 */
export const dayTimes = (
  max: Term,
  dayStartsAt: EpochMs,
  { timeZone, workerEveryMs }: { readonly timeZone: string; readonly workerEveryMs: number },
): PartTimes => {
  const deadline = goneBy(max, dayStartsAt, timeZone);
  return { deleteAt: deadline - marginOf(deadline - dayStartsAt, workerEveryMs), deadline };
};

const marginOf = (termMs: number, workerEveryMs: number): number =>
  Math.max(2 * workerEveryMs, Math.min(MARGIN_MS, termMs * MARGIN_SHARE));

const zoned = (at: EpochMs, timeZone: string): Temporal.ZonedDateTime =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone);

const ELAPSED_MS: Readonly<Record<Term["unit"], number | undefined>> = {
  hours: HOUR_MS,
  days: DAY_MS,
  weeks: 7 * DAY_MS,
  months: undefined,
  years: undefined,
};

/** By hours that pass, whatever clocks do; months and years have no such reading. */
export const elapsedEnd = ({ unit, count }: Term, anchor: EpochMs): EpochMs | undefined => {
  const unitMs = ELAPSED_MS[unit];
  return unitMs === undefined ? undefined : anchor + count * unitMs;
};

/** A local time that a change of clocks skips or repeats means the earlier of two instants. */
const calendarEnd = ({ unit, count }: Term, anchor: EpochMs, timeZone: string): EpochMs =>
  unit === "hours"
    ? anchor + count * HOUR_MS
    : zoned(anchor, timeZone)
        .toPlainDateTime()
        .add({ [unit]: count })
        .toZonedDateTime(timeZone, { disambiguation: "earlier" }).epochMilliseconds;
