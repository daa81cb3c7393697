import { Temporal } from "temporal-polyfill";
import type { Minimum } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { businessDateOf, endOfDay } from "./business-date.ts";
import { elapsedEnd } from "./deadlines.ts";

/**
 * Until when a statute wants what a capture read: by elapsed time and by the calendar, whichever is later, to the end of
 * the local day (Regulation 1182/71, Art. 3). The day that it counts from is not counted. Holidays are not looked up.
 */
export const keptUntil = ({ term, from }: Minimum, finishedAt: EpochMs, timeZone: string): EpochMs => {
  const captured = businessDateOf(finishedAt, timeZone);
  const countedFrom = from === "capture" ? captured : `${captured.slice(0, -6)}-12-31`;
  const byCalendar = Temporal.PlainDate.from(countedFrom)
    .add({ [term.unit]: term.count })
    .toString();
  const anchor = from === "capture" ? finishedAt : endOfDay(countedFrom, timeZone);
  const elapsed = elapsedEnd(term, anchor);
  return Math.max(endOfDay(byCalendar, timeZone), elapsed === undefined ? -Infinity : endOfDayBy(elapsed, timeZone));
};

/** The end of the day that an instant lies in; an instant between two days ends the first. */
const endOfDayBy = (at: EpochMs, timeZone: string): EpochMs => endOfDay(businessDateOf(at - 1, timeZone), timeZone);
