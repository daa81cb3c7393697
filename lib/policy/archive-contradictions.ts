import type { ScheduleName } from "../model/audit.ts";
import type { DataClass, Policy, Term } from "../model/policy.ts";
import { DAY_MS, HOUR_MS } from "../model/units.ts";
import { archiveTimes } from "./archive-times.ts";
import { COMPARED_AT, type Contradiction, lasts } from "./contradiction.ts";
import { minimumCutShort } from "./minimum-cut-short.ts";
import { schedulesOf } from "./schedules.ts";
import { writeTerm } from "./term.ts";

const PERIOD_DAYS: Readonly<Record<ScheduleName, { readonly shortest: number; readonly longest: number }>> = {
  daily: { shortest: 1, longest: 1 },
  weekly: { shortest: 7, longest: 7 },
  monthly: { shortest: 28, longest: 31 },
  yearly: { shortest: 365, longest: 366 },
};

/** Data that is gone within a month is data that people may ask to have erased: they are answered within that month. */
const ERASABLE_MS_MAX = 30 * DAY_MS;
const ERASABLE_LOCK_MS_MAX = 14 * DAY_MS;

/** What a class's archives, lock and minimum promise and cannot keep. */
export const archiveContradictions = (policy: Policy, one: DataClass): readonly Contradiction[] => {
  const at = (...path: readonly string[]) => ["classes", one.name, ...path];
  const [longest] = schedulesOf(one);
  if (longest !== undefined)
    return [
      ...scheduleContradictions(policy, one),
      ...lockContradictions(policy, one, longest),
      ...minimumCutShort(policy, one, longest),
    ];
  const found: Contradiction[] = [];
  if (one.lock !== undefined)
    found.push({ path: at("lock"), message: "there is no archive to lock: give the class one, or leave the lock out" });
  if (one.min !== undefined)
    found.push({
      path: at("min"),
      message: `nothing is kept for ${writeTerm(one.min.term)}: give the class an archive that is`,
    });
  return found;
};

const scheduleContradictions = (policy: Policy, one: DataClass): readonly Contradiction[] => {
  const found: Contradiction[] = [];
  const { every } = policy.hot;
  let longer: { readonly schedule: ScheduleName; readonly keep: Term } | undefined;
  for (const schedule of schedulesOf(one)) {
    const keep = one.archive?.[schedule] as Term;
    const say = (message: string) => found.push({ path: ["classes", one.name, "archive", schedule], message });
    const { shortest, longest } = PERIOD_DAYS[schedule];
    if (lasts(keep) > lasts(one.max))
      say(
        `kept for ${writeTerm(keep)}, though class ${one.name} must be gone after ${writeTerm(one.max)}: give at most that`,
      );
    // A day more than its period: an archive is deleted up to half a day before its deadline.
    if (lasts(keep) < (longest + 1) * DAY_MS)
      say(
        `a ${schedule} archive that is kept for ${writeTerm(keep)} leaves times without one: give at least P${longest + 1}D`,
      );
    if (lasts(every) > shortest * DAY_MS)
      say(
        `a hot point every ${writeTerm(every)} is too seldom for a ${schedule} archive: take more of them, or leave it out`,
      );
    if (longer !== undefined && lasts(keep) > lasts(longer.keep))
      say(
        `kept for ${writeTerm(keep)}, longer than the ${longer.schedule} archive, which stands for it on its date: give at most ${writeTerm(longer.keep)}`,
      );
    longer = { schedule, keep };
  }
  return found;
};

const lockContradictions = (policy: Policy, one: DataClass, longest: ScheduleName): readonly Contradiction[] => {
  const { name, lock, max } = one;
  if (lock === undefined) return [];
  const path = ["classes", name, "lock", "term"];
  const { deleteAt } = archiveTimes(policy, one, longest, { startedAt: COMPARED_AT, finishedAt: COMPARED_AT });
  const unlockedBy = deleteAt - HOUR_MS - COMPARED_AT;
  if (lasts(lock.term) > unlockedBy)
    return [
      {
        path,
        message: `a lock of ${writeTerm(lock.term)} would outlast the ${longest} archive that it locks: give at most ${daysOf(unlockedBy)}`,
      },
    ];
  if (lasts(max) <= ERASABLE_MS_MAX && lasts(lock.term) > ERASABLE_LOCK_MS_MAX)
    return [
      {
        path,
        message: `what is gone after ${writeTerm(max)} may have to be erased sooner, and a lock forbids it: give at most ${daysOf(ERASABLE_LOCK_MS_MAX)}`,
      },
    ];
  return [];
};

const daysOf = (ms: number): string => `P${Math.floor(ms / DAY_MS)}D`;
