import type { Point, Tier } from "../model/point.ts";
import type { DataClass, Policy } from "../model/policy.ts";
import { partClass } from "../model/row-age.ts";
import type { EpochMs } from "../model/units.ts";
import { goneBy, type PartTimes } from "./deadlines.ts";
import { agedTimes, dayAfter } from "./row-ages.ts";
import { writeTerm } from "./term.ts";
import { endsFirst } from "./unknown-copies.ts";

/** What a policy says now of one part: it stays, it is to go, or it should be gone already. */
export interface PartVerdict extends PartTimes {
  readonly point: string;
  readonly database: string;
  readonly tier: Tier;
  readonly class: string;
  readonly startedAt: EpochMs;
  readonly verdict: "kept" | "due" | "overdue";
  /** The term that ends first, in words. */
  readonly because: string;
}

/** Something that a policy does not settle by itself: a person should look at it. */
export interface PolicyNotice {
  readonly point: string;
  readonly database: string;
  /** Of one part; of the whole point if not there. */
  readonly class?: string;
  readonly message: string;
}

export interface DueParts {
  /** Every part of every point, in order of deadlines. */
  readonly parts: readonly PartVerdict[];
  readonly notices: readonly PolicyNotice[];
}

/**
 * Which parts are to go now. What nobody has classified, and what is of a database that the policy does not name, is held to
 * the class that ends first, and told: a copy that nobody speaks for may hold anything. A point that begins in the future
 * says that a clock jumped: nothing of it is due.
 */
export const duePartsOf = (policy: Policy, points: readonly Point[], now: EpochMs): DueParts => {
  const parts: PartVerdict[] = [];
  const notices: PolicyNotice[] = [];
  for (const point of points) {
    const { id, database, tier, startedAt } = point;
    const about = { point: id, database };
    const isKnown = policy.databases.includes(database);
    const term = tier === "release" ? "release" : "hot";
    const isAhead = startedAt > now;
    if (isAhead)
      notices.push({
        ...about,
        message: `it begins at ${new Date(startedAt).toISOString()}, which is to come: a clock is wrong, and nothing of the point is due`,
      });
    const unknown = new Set<string>();
    for (const { class: name } of point.parts) {
      const { class: className, day } = partClass(name);
      const age = point.rowAges?.find((one) => one.class === className);
      const rowsFrom = (day === undefined ? age?.next : age?.days.find((one) => one.day === day))?.startsAt;
      const timesOf = (one: DataClass): PartTimes => classTimes(policy, one, term, startedAt, rowsFrom);
      const known = isKnown ? policy.classes.find((one) => one.name === className) : undefined;
      const held = known ?? endsFirst(policy, startedAt, (one) => timesOf(one).deadline);
      const { deleteAt, deadline } = timesOf(held);
      if (known === undefined) {
        // Once for all its days.
        if (!unknown.has(className))
          notices.push({
            ...about,
            class: className,
            message: `${isKnown ? `class ${className}` : `database ${database}`} is not in the policy: held to the class that ends first, ${held.name}`,
          });
        unknown.add(className);
      } else if (known.rowAge !== undefined && day === undefined && age?.column !== known.rowAge.column)
        notices.push({
          ...about,
          class: name,
          message:
            age === undefined
              ? `class ${name} was captured before its rows left by their age, so that nobody can tell them apart: all of them go with those of the day after the capture`
              : `class ${name} was captured when its rows left by ${age.column}, so that nobody can tell them apart by ${known.rowAge.column}: they go by the days of ${age.column}`,
        });
      const verdict = isAhead || now < deleteAt ? "kept" : now < deadline ? "due" : "overdue";
      const because = reasonOf(policy, held, term, startedAt, { day, rowsFrom });
      parts.push({ ...about, tier, class: name, startedAt, deleteAt, deadline, verdict, because });
    }
  }
  return { parts: parts.toSorted((a, b) => a.deadline - b.deadline || (nameOf(a) < nameOf(b) ? -1 : 1)), notices };
};

/**
 * When a part of a class is deleted and must be gone, by the class's term and its tier's window, and by the age of its rows
 * where they leave by that too: whichever ends first.
 * @param rowsFrom  first instant of the day that its rows are of; left out, of the day after the capture: the rows of no day
 *   yet, which may be of that day
 */
export const classTimes = (
  policy: Policy,
  { max, rowAge }: Pick<DataClass, "max" | "rowAge">,
  tier: "hot" | "release",
  startedAt: EpochMs,
  rowsFrom?: EpochMs,
): PartTimes => agedTimes(policy, { max, window: policy[tier].window, rowAge }, startedAt, rowsFrom);

const reasonOf = (
  policy: Policy,
  { name, max, rowAge }: DataClass,
  tier: "hot" | "release",
  startedAt: EpochMs,
  { day, rowsFrom }: { readonly day: string | undefined; readonly rowsFrom: EpochMs | undefined },
): string => {
  const { timeZone } = policy;
  const { window } = policy[tier];
  const classEnds = goneBy(max, startedAt, timeZone);
  const captureEnds = Math.min(classEnds, goneBy(window, startedAt, timeZone));
  if (rowAge !== undefined && goneBy(rowAge.max, rowsFrom ?? dayAfter(startedAt, timeZone), timeZone) < captureEnds) {
    const from = day === undefined ? "the day after their capture" : `their day, ${day}`;
    return `rows of class ${name} are kept for ${writeTerm(rowAge.max)} from ${from}`;
  }
  return classEnds <= captureEnds
    ? `class ${name} is kept for ${writeTerm(max)}`
    : `tier ${tier} is kept for ${writeTerm(window)}`;
};

const nameOf = (part: PartVerdict): string => `${part.point}/${part.class}`;
