import { expect, test } from "vitest";
import { dayToVerify } from "../../lib/policy/verification-day.ts";
import { policyOf } from "./made-policy.ts";

const ZONE = "Europe/Copenhagen";
const dayAt = (at: string, time = "04:00") => {
  const { verification, ...rest } = policyOf([], { timeZone: ZONE });
  return dayToVerify({ ...rest, verification: { ...verification, at: time } }, Date.parse(at));
};

test.each([
  ["until its time has come, the day before", "2027-06-02T01:59:59.999Z", "04:00", "2027-06-01"],
  ["from then on, the day", "2027-06-02T02:00:00Z", "04:00", "2027-06-02"],
  ["a time that the day skips is the one before it", "2027-03-28T00:30:00Z", "02:30", "2027-03-28"],
  ["of a time that comes twice the first counts", "2027-10-31T00:30:00Z", "02:30", "2027-10-31"],
  ["on the first of a month, the last of the month before", "2028-03-01T00:00:00Z", "04:00", "2028-02-29"],
])("to be verified is %s", (_, at, time, day) => {
  expect(dayAt(at, time)).toBe(day);
});
