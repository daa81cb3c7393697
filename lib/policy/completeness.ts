import { Temporal } from "temporal-polyfill";
import type { Point } from "../model/point.ts";
import type { DataClass, Policy, Term } from "../model/policy.ts";
import { partClass } from "../model/row-age.ts";
import { type EpochMs, HOUR_MS } from "../model/units.ts";
import type { PromisedPoint } from "../model/verification.ts";
import { addDays, businessDateOf, daysBetween, startOfDay } from "./business-date.ts";
import { classTimes } from "./due-parts.ts";

/** A Monday: weeks begin there. */
const FIRST_DAY = "1970-01-05";
const FIRST_YEAR = 1970;
/** More than a century of days: no promise looks back further, and a clock that is wrong ends here. */
const SLOTS_MAX = 40_000;

export interface HotFacts {
  /** Points of tier hot of one database. */
  readonly points: readonly Point[];
  /** Ids of points of which something is missing that no policy took away. */
  readonly incomplete: ReadonlySet<string>;
  /** From when on it was promised; of one that was never captured nothing is known. */
  readonly promisedSince: EpochMs | undefined;
}

/**
 * What `hot.every` promised of a database until now, oldest first: one point in each business day (week, month, year, run
 * of hours), for as long as one that was taken then would still be there. A period that is not
 * over is not promised yet. `late` is a period without a point where one more than was promised came in the next.
 */
export const promisedHotPoints = (policy: Policy, facts: HotFacts, now: EpochMs): readonly PromisedPoint[] => {
  const points = facts.points.filter((point) => point.startedAt <= now).toSorted((a, b) => a.startedAt - b.startedAt);
  const since = facts.promisedSince;
  if (since === undefined || since > now) return [];
  const { every } = policy.hot;
  const slotOf = (at: EpochMs): number => slotIndexOf(every, at, policy.timeZone);
  const running = slotOf(now);
  const taken = new Map<number, Point[]>();
  for (const point of points) {
    const slot = slotOf(point.startedAt);
    taken.set(slot, [...(taken.get(slot) ?? []), point]);
  }
  const classes = classesOf(policy, points);
  const promised: PromisedPoint[] = [];
  for (let slot = Math.max(slotOf(since), running - SLOTS_MAX); slot < running; slot++) {
    const expectedAt = slotStart(every, slot + 1, policy.timeZone);
    if (keptUntil(policy, classes, slotStart(every, slot, policy.timeZone)) <= now) continue;
    const own = taken.get(slot) ?? [];
    const whole = own.find((point) => !facts.incomplete.has(point.id));
    const next = taken.get(slot + 1) ?? [];
    const late = next.length > 1 ? next[0] : undefined;
    if (whole !== undefined) promised.push({ expectedAt, found: "present", point: whole.id });
    else if (own[0] !== undefined) promised.push({ expectedAt, found: "incomplete", point: own[0].id });
    else if (late !== undefined) promised.push({ expectedAt, found: "late", point: late.id });
    else promised.push({ expectedAt, found: "missing" });
  }
  return promised;
};

/** When the point after one is due at the latest; an hour, or a sixth of a shorter term, is given to a job that is slow. */
export const nextHotPointBy = (policy: Policy, startedAt: EpochMs): EpochMs => {
  const next = periodAfter(policy.hot.every, startedAt, policy.timeZone);
  return next + Math.min(HOUR_MS, (next - startedAt) / 6);
};

/** Classes that points of the database have or had; those that the policy does not know are held to one that it does. */
const classesOf = (policy: Policy, points: readonly Point[]): readonly DataClass[] => {
  const parts = points.flatMap((point) => [...point.parts, ...(point.expired ?? [])]);
  const seen = new Set(parts.map((part) => partClass(part.class).class));
  const known = policy.classes.filter((one) => seen.has(one.name));
  return known.length > 0 ? known : policy.classes;
};

/** Until when something of a point would be there that was taken at an instant. */
const keptUntil = (policy: Policy, classes: readonly DataClass[], startedAt: EpochMs): EpochMs =>
  Math.max(...classes.map((one) => classTimes(policy, one, "hot", startedAt).deleteAt));

/** Periods are numbered through from a fixed day, so that neither a first point nor a change of clocks moves their borders. */
const slotIndexOf = ({ unit, count }: Term, at: EpochMs, timeZone: string): number => {
  if (unit === "hours") return Math.floor(at / (count * HOUR_MS));
  const day = businessDateOf(at, timeZone);
  if (unit === "days" || unit === "weeks")
    return Math.floor(daysBetween(FIRST_DAY, day) / (unit === "weeks" ? 7 * count : count));
  const { year, month } = Temporal.PlainDate.from(day);
  const years = year - FIRST_YEAR;
  return Math.floor((unit === "years" ? years : 12 * years + month - 1) / count);
};

const slotStart = ({ unit, count }: Term, index: number, timeZone: string): EpochMs => {
  if (unit === "hours") return index * count * HOUR_MS;
  if (unit === "days" || unit === "weeks")
    return startOfDay(addDays(FIRST_DAY, index * (unit === "weeks" ? 7 * count : count)), timeZone);
  const first = new Temporal.PlainDate(FIRST_YEAR, 1, 1).add({ [unit]: index * count });
  return startOfDay(first.toString(), timeZone);
};

/** The same local time one period later. */
const periodAfter = ({ unit, count }: Term, at: EpochMs, timeZone: string): EpochMs =>
  Temporal.Instant.fromEpochMilliseconds(at)
    .toZonedDateTimeISO(timeZone)
    .add({ [unit]: count }).epochMilliseconds;
