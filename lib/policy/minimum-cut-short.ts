import type { ScheduleName } from "../model/audit.ts";
import type { DataClass, Minimum, Policy, Term } from "../model/policy.ts";
import { DAY_MS, type EpochMs } from "../model/units.ts";
import { archiveTimes } from "./archive-times.ts";
import { addDays, startOfDay } from "./business-date.ts";
import { type Contradiction, lasts } from "./contradiction.ts";
import { writeTerm } from "./term.ts";

/** Captures that begin on each day of four years are tried: every length of a month, a leap day, every change of clocks. */
const TRIED_FROM = "2027-01-01";
const TRIED_DAYS = 1461;
/** A minimum counts from the end of a capture and a maximum from its start; a capture may take this long. */
const CAPTURE_MS_MAX = DAY_MS;

/** Whether there is a day on which a class's longest archive must be deleted before its minimum has passed. */
export const minimumCutShort = (policy: Policy, one: DataClass, longest: ScheduleName): readonly Contradiction[] => {
  const { name, min, max } = one;
  if (min === undefined) return [];
  const [worst] = daysToTry(min)
    .map((day) => ({ day, ms: shortfall(policy, one, longest, startOfDay(day, policy.timeZone)) }))
    .toSorted((a, b) => b.ms - a.ms);
  if (worst === undefined || worst.ms <= 0) return [];
  const keep = one.archive?.[longest] as Term;
  const isMax = lasts(max) <= lasts(keep);
  const days = Math.ceil(worst.ms / DAY_MS);
  return [
    {
      path: ["classes", name, ...(isMax ? ["min"] : ["archive", longest])],
      message: `a minimum of ${writeTerm(min.term)}${min.from === "capture" ? "" : " from the end of the year"} is cut short by ${
        isMax ? `the maximum of ${writeTerm(max)}` : `an archive that is kept for ${writeTerm(keep)}`
      }: a capture of ${worst.day} would be deleted ${days === 1 ? "a day" : `${days} days`} too early; give a longer ${
        isMax ? "max, and an archive that is kept as long" : "term"
      }`,
    },
  ];
};

/** Where the end of a year counts, what begins on its last day and ends in the next year has waited longest for it. */
const daysToTry = ({ from }: Minimum): readonly string[] =>
  Array.from({ length: TRIED_DAYS }, (_, index) => addDays(TRIED_FROM, index)).filter(
    (day) => from === "capture" || day.endsWith("-12-31"),
  );

/** By how much too early an archive must be deleted; the start of a day is its worst moment: the minimum ends with a day. */
const shortfall = (policy: Policy, one: DataClass, longest: ScheduleName, startedAt: EpochMs): number => {
  const times = archiveTimes(policy, one, longest, { startedAt, finishedAt: startedAt + CAPTURE_MS_MAX });
  return (times.keepUntil as EpochMs) - times.deleteAt;
};
