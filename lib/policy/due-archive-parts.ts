import type { ArchivePart } from "../model/archive.ts";
import type { PartId, ScheduleName } from "../model/audit.ts";
import type { DataClass, Policy, Term } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { archiveTimes } from "./archive-times.ts";
import type { ClockControl } from "./clock-control.ts";
import { goneBy, type PartTimes } from "./deadlines.ts";
import { dayAfter } from "./row-ages.ts";
import { writeTerm } from "./term.ts";
import { endsFirst, longestTimes } from "./unknown-copies.ts";

/**
 * What holds for one archive part now. `locked`: due, but the store refuses until its lock ends; it is not touched before.
 * `waits`: due by our clock, but it has a minimum and the clock is not trusted.
 */
export interface ArchiveVerdict extends PartTimes {
  readonly part: PartId & { readonly store: "archive" };
  readonly database: string;
  readonly businessDate: string;
  readonly schedule: ScheduleName;
  readonly startedAt: EpochMs;
  readonly verdict: "kept" | "due" | "overdue" | "locked" | "waits";
  /** A statute wants it until then. */
  readonly keepUntil?: EpochMs;
  /** Left out where no lock stands any more. */
  readonly lockedUntil?: EpochMs;
  /** What ends first, in words. */
  readonly because: string;
}

export interface DueArchiveParts {
  /** In order of deadlines. */
  readonly parts: readonly ArchiveVerdict[];
  /** What the policy does not settle by itself. */
  readonly notices: readonly { readonly part: PartId; readonly message: string }[];
}

type Stored = ArchivePart & { readonly id: string };

/**
 * Which archive parts are to go now: by the deadline that they were made with, or by what the policy says now of their
 * capture, whichever is earlier. A minimum holds against both, until the maximum ends.
 */
export const dueArchivePartsOf = (
  policy: Policy,
  archived: readonly Stored[],
  now: EpochMs,
  clock: Pick<ClockControl, "verdict" | "trusted">,
): DueArchiveParts => {
  const parts: ArchiveVerdict[] = [];
  const notices: DueArchiveParts["notices"][number][] = [];
  for (const one of archived) {
    const part = { store: "archive", id: one.id, class: one.class } as const;
    const { deleteAt, deadline, keepUntil, because, notice } = endOf(policy, one);
    if (notice !== undefined) notices.push({ part, message: notice });
    const isAhead = one.startedAt > now;
    if (isAhead) {
      const began = new Date(one.startedAt).toISOString();
      notices.push({ part, message: `it begins at ${began}, which is to come: a clock is wrong, and it is not due` });
    }
    const lockedUntil = one.times.lock === "none" || one.times.retainUntil <= now ? undefined : one.times.retainUntil;
    const due = { deleteAt, deadline, ...(keepUntil === undefined ? {} : { keepUntil }) };
    parts.push({
      part,
      database: one.database,
      businessDate: one.businessDate,
      schedule: one.schedule,
      startedAt: one.startedAt,
      ...due,
      verdict: isAhead ? "kept" : verdictOf(due, lockedUntil, now, clock),
      ...(lockedUntil === undefined ? {} : { lockedUntil }),
      because,
    });
  }
  return { parts: parts.toSorted((a, b) => a.deadline - b.deadline || (nameOf(a) < nameOf(b) ? -1 : 1)), notices };
};

type End = PartTimes & { readonly keepUntil?: EpochMs };

const verdictOf = (
  { deleteAt, deadline, keepUntil }: End,
  lockedUntil: EpochMs | undefined,
  now: EpochMs,
  clock: Pick<ClockControl, "verdict" | "trusted">,
): ArchiveVerdict["verdict"] => {
  if (now < deleteAt) return "kept";
  // The minimum is met by another copy, or by none: on one object the maximum wins. By a clock that is sure to have come.
  if (keepUntil !== undefined && clock.trusted < deadline) {
    if (clock.verdict !== "ok") return "waits";
    if (clock.trusted < keepUntil && keepUntil < deadline) return "kept";
  }
  if (lockedUntil !== undefined) return "locked";
  return now < deadline ? "due" : "overdue";
};

const endOf = (policy: Policy, part: Stored): End & { readonly because: string; readonly notice?: string } => {
  const { times, schedule, startedAt } = part;
  const known = policy.databases.includes(part.database)
    ? policy.classes.find((one) => one.name === part.class)
    : undefined;
  const held = known ?? endsFirst(policy, startedAt);
  const window = known?.archive?.[schedule];
  const now: End =
    known === undefined || window === undefined
      ? longestTimes(policy, held, startedAt)
      : archiveTimes(policy, known, schedule, part);
  const keepUntil = laterOf(times.keepUntil, now.keepUntil);
  const shorter = now.deadline < times.deadline;
  return {
    deleteAt: Math.min(times.deleteAt, now.deleteAt),
    deadline: Math.min(times.deadline, now.deadline),
    keepUntil,
    because: shorter
      ? `the policy now keeps class ${held.name} for less than when it was archived (${shortestOf(policy, { ...held, window }, startedAt)} at most)`
      : `it was archived to be kept until ${new Date(times.deadline).toISOString()}`,
    ...(known === undefined && {
      notice: `${policy.databases.includes(part.database) ? `class ${part.class}` : `database ${part.database}`} is not in the policy: held to the class that ends first, ${held.name}`,
    }),
  };
};

/** The term that ends first, in words. */
const shortestOf = (
  { timeZone }: Policy,
  { max, window = max, rowAge }: DataClass & { readonly window: Term | undefined },
  startedAt: EpochMs,
): string => {
  const ends = (term: Term, from = startedAt): EpochMs => goneBy(term, from, timeZone);
  const term = ends(window) < ends(max) ? window : max;
  return rowAge !== undefined && ends(rowAge.max, dayAfter(startedAt, timeZone)) < ends(term)
    ? `${writeTerm(rowAge.max)} from the day after its capture`
    : writeTerm(term);
};

const laterOf = (a: EpochMs | undefined, b: EpochMs | undefined): EpochMs | undefined =>
  a === undefined ? b : b === undefined ? a : Math.max(a, b);

const nameOf = ({ part }: ArchiveVerdict): string => `${part.id}/${part.class}`;
