import type { DataClass, Policy } from "../model/policy.ts";
import { type Contradiction, lasts } from "./contradiction.ts";
import { writeTerm } from "./term.ts";

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
    notices.push({ path: ["holders"], message: "nothing can be held: a hold needs two people, name at least two" });
  if (notify === undefined)
    notices.push({ path: ["notify"], message: "alarms are told by output and exit status alone: no webhook is named" });
  return notices;
};

const classNotices = ({ hot }: Policy, { name, max, min, lock }: DataClass): Contradiction[] => {
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
  return notices;
};
