import type { DataClass, Policy } from "../model/policy.ts";
import { DAY_MS } from "../model/units.ts";
import { type Contradiction, lasts } from "./contradiction.ts";
import { writeTerm } from "./term.ts";

/**
 * So much longer than the age of its rows a class's term never ends first: a capture's rows leave by their age from the day
 * after it, and two months may be three days longer than January and February.
 */
const LONGER_DAYS = 5;

/** What a policy can keep, and whoever wrote it may not have meant. */
export const policyNotices = (policy: Policy): readonly Contradiction[] => {
  const { classes, hot, verification, holders, notify } = policy;
  const notices = classes.flatMap((one) => classNotices(policy, one));
  if (lasts(verification.readAllWithin) > lasts(hot.window))
    notices.push({
      path: ["verification", "readAllWithin"],
      message: `a hot point is kept for ${writeTerm(hot.window)}, so that some leave without having been read`,
    });
  if (holders.length < 2)
    notices.push({
      path: ["approvals", "holds"],
      message: "nothing can be held: a hold needs two people, name at least two",
    });
  if (notify === undefined)
    notices.push({ path: ["notify"], message: "alarms are told by output and exit status alone: no webhook is named" });
  return notices;
};

const classNotices = ({ hot }: Policy, { name, max, min, lock, rowAge }: DataClass): Contradiction[] => {
  const notices: Contradiction[] = [];
  if (lasts(max) < lasts(hot.every))
    notices.push({
      path: ["classes", name, "max"],
      message: `gone after ${writeTerm(max)}, before the next point comes after ${writeTerm(hot.every)}: in between there is no copy`,
    });
  if (min !== undefined && lock === undefined)
    notices.push({
      path: ["classes", name, "min"],
      message: "no lock holds it: who can write to the archive store can delete it sooner",
    });
  if (rowAge !== undefined) {
    if (lasts(max) >= lasts(rowAge.max) + LONGER_DAYS * DAY_MS)
      notices.push({
        path: ["classes", name, "max"],
        message: `${writeTerm(max)} never ends first: ${writeTerm(rowAge.max)} after the day of a capture all its rows have left by their age`,
      });
    if (lasts(rowAge.max) < lasts(hot.every))
      notices.push({
        path: ["classes", name, "rowAge", "max"],
        message: `rows leave ${writeTerm(rowAge.max)} after their day began, and a point comes every ${writeTerm(hot.every)}: those of some days are in none`,
      });
  }
  return notices;
};
