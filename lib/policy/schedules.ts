import { Temporal } from "temporal-polyfill";
import type { ScheduleName } from "../model/audit.ts";
import type { DataClass } from "../model/policy.ts";
import { addDays } from "./business-date.ts";

/** The longest first: an archive of one stands for those after it on its date, and is kept at least as long. */
export const SCHEDULES: readonly ScheduleName[] = ["yearly", "monthly", "weekly", "daily"];

/** The schedules by which a class is archived, the longest first. */
export const schedulesOf = ({ archive }: Pick<DataClass, "archive">): readonly ScheduleName[] =>
  SCHEDULES.filter((schedule) => archive?.[schedule] !== undefined);

/** Whether an archive of one schedule stands for another's. */
export const standsFor = (taken: ScheduleName, schedule: ScheduleName): boolean =>
  SCHEDULES.indexOf(taken) <= SCHEDULES.indexOf(schedule);

/** First business date of the day, ISO week, month or year that a date lies in. */
export const periodOf = (schedule: ScheduleName, day: string): string => {
  switch (schedule) {
    case "daily":
      return day;
    case "weekly":
      return addDays(day, 1 - Temporal.PlainDate.from(day).dayOfWeek);
    case "monthly":
      return `${day.slice(0, -2)}01`;
    case "yearly":
      return `${day.slice(0, -5)}01-01`;
  }
};

const LENGTH = {
  daily: { days: 1 },
  weekly: { weeks: 1 },
  monthly: { months: 1 },
  yearly: { years: 1 },
} as const satisfies Record<ScheduleName, Temporal.DurationLike>;

/** First business date of the period after the one that begins on a date. */
export const nextPeriod = (schedule: ScheduleName, first: string): string =>
  Temporal.PlainDate.from(first).add(LENGTH[schedule]).toString();
