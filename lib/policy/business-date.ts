import { Temporal } from "temporal-polyfill";
import type { EpochMs } from "../model/units.ts";

/** The day it is at an instant where the business is: `2026-11-21`. A day of 23 or 25 hours is one day. */
export const businessDateOf = (at: EpochMs, timeZone: string): string =>
  Temporal.Instant.fromEpochMilliseconds(at).toZonedDateTimeISO(timeZone).toPlainDate().toString();

/**
 * @param time  `04:00`
 * @returns the instant of a local time; one that a change of clocks skips or repeats means the earlier of two instants
 */
export const instantOf = (day: string, time: string, timeZone: string): EpochMs =>
  Temporal.PlainDate.from(day)
    .toPlainDateTime(Temporal.PlainTime.from(time))
    .toZonedDateTime(timeZone, { disambiguation: "earlier" }).epochMilliseconds;

/** First instant of a day, which is not midnight where the clocks change at midnight. */
export const startOfDay = (day: string, timeZone: string): EpochMs =>
  Temporal.PlainDate.from(day).toZonedDateTime(timeZone).epochMilliseconds;

/** First instant after a day. */
export const endOfDay = (day: string, timeZone: string): EpochMs => startOfDay(addDays(day, 1), timeZone);

export const addDays = (day: string, days: number): string => Temporal.PlainDate.from(day).add({ days }).toString();

/** How many days later the second is; negative if it is the earlier one. */
export const daysBetween = (from: string, to: string): number =>
  Temporal.PlainDate.from(from).until(Temporal.PlainDate.from(to)).days;
