import type { Alarm } from "../model/alarm.ts";
import type { PartId } from "../model/audit.ts";
import type { Hold } from "../model/hold.ts";
import { type EpochMs, HOUR_MS } from "../model/units.ts";
import type { ClockControl } from "./clock-control.ts";
import { reviewsDue } from "./holds.ts";

/** How long before its deadline somebody is told of a part that could not be removed. */
export const ALARM_BEFORE_MS = 6 * HOUR_MS;

/** A part that is to be gone and is not, for another reason than a hold. */
export interface Unremoved {
  readonly part: PartId;
  readonly deadline: EpochMs;
  /** Until when the store refuses to delete it, if that is why. */
  readonly lockedUntil?: EpochMs;
  /** Why it is still there, in words. */
  readonly reason: string;
}

/** Everything of a run of the worker that a person must look at, what is broken already first. */
export const alarmsOf = (
  facts: {
    readonly unremoved: readonly Unremoved[];
    /** Copies that nobody speaks for and that could not be deleted when they were to be. */
    readonly unknown: readonly { readonly name: string; readonly deadline: EpochMs; readonly reason: string }[];
    readonly holds: readonly Hold[];
    readonly clock: ClockControl;
  },
  now: EpochMs,
): readonly Alarm[] => {
  const alarms = [
    ...facts.unremoved.flatMap((one) => partAlarm(one, now)),
    ...facts.unknown.map((one) => unknownAlarm(one, now)),
    ...reviewsDue(facts.holds, now).flatMap((hold) => reviewAlarms(hold)),
    ...(facts.clock.problem === undefined ? [] : [clockAlarm(facts.clock.problem)]),
  ];
  return alarms.toSorted((a, b) => Number(b.level === "page") - Number(a.level === "page"));
};

/** One that is locked beyond its deadline cannot be gone by then, however long that is away. */
const partAlarm = ({ part, deadline, lockedUntil, reason }: Unremoved, now: EpochMs): readonly Alarm[] => {
  const isOver = now >= deadline;
  if (!isOver && now < deadline - ALARM_BEFORE_MS && (lockedUntil === undefined || lockedUntil < deadline)) return [];
  const what = `class ${part.class} of ${part.store === "hot" ? "point" : "archive"} ${part.id}`;
  const message = isOver
    ? `${what} was to be gone by ${iso(deadline)} and is still there: ${reason}`
    : `${what} must be gone by ${iso(deadline)} and could not be removed: ${reason}`;
  return [{ level: isOver ? "page" : "alarm", about: "part", part, deadline, message }];
};

/** One for each part that it holds: evidence of a part tells why it outlives its deadline. */
const reviewAlarms = ({ id, reviewAt, matter, parts }: Hold): readonly Alarm[] =>
  parts.map((part) => ({
    level: "alarm",
    about: "hold",
    part,
    deadline: reviewAt,
    message: `hold ${id} (${matter}) was to be reviewed by ${iso(reviewAt)}; it goes on until two people release it`,
  }));

const unknownAlarm = (
  { name, deadline, reason }: { readonly name: string; readonly deadline: EpochMs; readonly reason: string },
  now: EpochMs,
): Alarm => ({
  level: now >= deadline ? "page" : "alarm",
  about: "unknown copy",
  deadline,
  message: `object ${name}, which nothing speaks for, must be gone by ${iso(deadline)} and could not be deleted: ${reason}`,
});

const clockAlarm = (problem: string): Alarm => ({
  level: "alarm",
  about: "clock",
  message: `${problem}; nothing that has a minimum is deleted by this clock`,
});

const iso = (at: EpochMs): string => new Date(at).toISOString();
