import type { DataClass } from "../model/policy.ts";
import { DAY_MS } from "../model/units.ts";
import { type Contradiction, lasts } from "./contradiction.ts";
import { writeTerm } from "./term.ts";

/** With less, a row of the last hour of a day could leave before the next daily point shows it. */
const AGE_DAYS_MIN = 2;
/** The longest three months. Every point has a part for each day, and every part a key. */
const AGE_DAYS_MAX = 92;

/** What a class promises of the age of its rows and cannot keep. */
export const rowAgeContradictions = (
  { name, archive, lock, min }: DataClass,
  rowAge: NonNullable<DataClass["rowAge"]>,
): readonly Contradiction[] => {
  const found: Contradiction[] = [];
  const say = (path: readonly string[], message: string) => found.push({ path: ["classes", name, ...path], message });
  const age = writeTerm(rowAge.max);
  if (lasts(rowAge.max) < AGE_DAYS_MIN * DAY_MS)
    say(
      ["rowAge", "max"],
      `${age} counts from the beginning of a row's day, so that rows of its last hours would leave at once: give at least P${AGE_DAYS_MIN}D`,
    );
  if (lasts(rowAge.max) > AGE_DAYS_MAX * DAY_MS)
    say(
      ["rowAge", "max"],
      `${age} would make a part of every day that long in every point: give at most P${AGE_DAYS_MAX}D`,
    );
  const after = `past their age: rows of class ${name} leave ${age} after their day began`;
  if (archive !== undefined) say(["archive"], `keeps rows ${after}; leave the archive out, or rowAge`);
  if (lock !== undefined) say(["lock"], `holds rows ${after}; leave the lock out, or rowAge`);
  if (min !== undefined)
    say(["min"], `is met by an archive alone, which keeps rows ${after}; leave the minimum out, or rowAge`);
  return found;
};
