import type { ArchivePart } from "../model/archive.ts";
import type { ScheduleName } from "../model/audit.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { archiveTimes } from "./archive-times.ts";
import { addDays, businessDateOf, endOfDay, startOfDay } from "./business-date.ts";
import { goneBy } from "./deadlines.ts";
import { nextPeriod, periodOf, schedulesOf, standsFor } from "./schedules.ts";

/** One archive of a period. Any business date of the period will do, and any schedule that is not shorter. */
export interface PromisedArchive {
  readonly database: string;
  readonly class: string;
  readonly schedule: ScheduleName;
  /** First and last business date of the period, from the day of `from` on. */
  readonly first: string;
  readonly last: string;
  /** By when it was to be there: the end of the first day on which a hot point was promised. */
  readonly expectedAt: EpochMs;
}

/**
 * The archives that must be there at `to` because they were promised since `from`: expected by then, and not due to be
 * deleted yet even if they were made of the first instant of their period.
 * @param from  when the policy began to hold for a database: its first point, or the policy's first day
 */
export const promisedArchives = (policy: Policy, from: EpochMs, to: EpochMs): readonly PromisedArchive[] =>
  policy.databases.flatMap((database) =>
    policy.classes.flatMap((one) =>
      schedulesOf(one).flatMap((schedule) =>
        periodsOf(policy, schedule, from, to).flatMap(({ startedAt, ...period }): readonly PromisedArchive[] =>
          to < archiveTimes(policy, one, schedule, { startedAt, finishedAt: startedAt }).deleteAt
            ? [{ database, class: one.name, schedule, ...period }]
            : [],
        ),
      ),
    ),
  );

/** Whether an archive part keeps a promise. */
export const keepsPromise = (
  { database, class: name, schedule, first, last }: PromisedArchive,
  part: Pick<ArchivePart, "database" | "class" | "businessDate" | "schedule">,
): boolean =>
  part.database === database &&
  part.class === name &&
  first <= part.businessDate &&
  part.businessDate <= last &&
  standsFor(part.schedule, schedule);

interface Period {
  readonly first: string;
  readonly last: string;
  readonly startedAt: EpochMs;
  readonly expectedAt: EpochMs;
}

const periodsOf = (
  { timeZone, hot }: Policy,
  schedule: ScheduleName,
  from: EpochMs,
  to: EpochMs,
): readonly Period[] => {
  const periods: Period[] = [];
  let first = businessDateOf(from, timeZone);
  for (;;) {
    const startedAt = startOfDay(first, timeZone);
    const lastPoint = goneBy(hot.every, startedAt, timeZone) - 1;
    const expectedAt = endOfDay(businessDateOf(lastPoint, timeZone), timeZone);
    if (expectedAt > to) return periods;
    const next = nextPeriod(schedule, periodOf(schedule, first));
    periods.push({ first, last: addDays(next, -1), startedAt, expectedAt });
    first = next;
  }
};
