import type { ArchivePart, ArchiveTimes } from "../model/archive.ts";
import type { ScheduleName } from "../model/audit.ts";
import type { Point } from "../model/point.ts";
import type { DataClass, Policy } from "../model/policy.ts";
import { type EpochMs, HOUR_MS } from "../model/units.ts";
import { archiveTimes } from "./archive-times.ts";
import { businessDateOf } from "./business-date.ts";
import { periodOf, schedulesOf, standsFor } from "./schedules.ts";

/** An archive part that is to be made of a point. Its key is database, class and business date. */
export interface DueArchive {
  readonly database: string;
  readonly class: string;
  readonly businessDate: string;
  readonly schedule: ScheduleName;
  readonly pointId: string;
  readonly times: ArchiveTimes;
}

/** A lock that ends sooner is none: it could be over before the last object is written. */
const LOCK_MS_MIN = HOUR_MS;

type Archived = Pick<ArchivePart, "database" | "class" | "businessDate" | "schedule">;

/**
 * Which archives are to be made now, in order of business dates, databases and classes: of each period of a class's
 * schedules (day, ISO week, month, year in the policy's zone) the first date that has a hot point with the class. A schedule
 * that falls on a date of a longer one is satisfied by it. What would have half its life behind it is not made any more.
 * @param archived  the archive parts there are
 */
export const dueArchives = (
  policy: Policy,
  points: readonly Point[],
  archived: readonly Archived[],
  now: EpochMs,
): readonly DueArchive[] =>
  policy.databases
    .flatMap((database) => {
      const own = points
        .filter((point) => point.database === database && point.tier === "hot" && point.startedAt <= now)
        .toSorted((a, b) => a.startedAt - b.startedAt)
        .map((point) => ({ point, day: businessDateOf(point.startedAt, policy.timeZone) }));
      return policy.classes.flatMap((one) =>
        dueOfClass(
          policy,
          one,
          own.filter(({ point }) => point.parts.some((part) => part.class === one.name)),
          archived.filter((part) => part.database === database && part.class === one.name),
          now,
        ),
      );
    })
    .toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));

const dueOfClass = (
  policy: Policy,
  dataClass: DataClass,
  candidates: readonly { readonly point: Point; readonly day: string }[],
  archived: readonly Archived[],
  now: EpochMs,
): readonly DueArchive[] => {
  const due: DueArchive[] = [];
  // A date has one archive of a class: one that is there already keeps its label.
  const taken = new Set(archived.map((part) => part.businessDate));
  for (const schedule of schedulesOf(dataClass)) {
    const satisfied = new Set(
      [...archived, ...due]
        .filter((part) => standsFor(part.schedule, schedule))
        .map((part) => periodOf(schedule, part.businessDate)),
    );
    for (const { point, day } of candidates) {
      const period = periodOf(schedule, day);
      if (taken.has(day) || satisfied.has(period)) continue;
      const times = archiveTimes(policy, dataClass, schedule, point);
      if (now - point.startedAt > times.deleteAt - now) continue;
      satisfied.add(period);
      due.push({
        database: point.database,
        class: dataClass.name,
        businessDate: day,
        schedule,
        pointId: point.id,
        times: times.retainUntil - now < LOCK_MS_MIN ? { ...times, lock: "none", retainUntil: point.startedAt } : times,
      });
    }
  }
  return due;
};

const nameOf = (due: DueArchive): string => `${due.businessDate}/${due.database}/${due.class}`;
