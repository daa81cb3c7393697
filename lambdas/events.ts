import * as z from "zod/mini";
import { Failure } from "../lib/model/errors.ts";
import {
  BUSINESS_DAY,
  BUSINESS_DAY_WORDS,
  COMMIT_HASH,
  COMMIT_HASH_WORDS,
  DATABASE_NAME,
  DATABASE_NAME_WORDS,
  RELEASE_ID,
  RELEASE_ID_WORDS,
} from "../lib/model/release.ts";

const PROBLEMS_MAX = 5;

/** A text of a pattern, and in words what that is. */
export const text = (pattern: RegExp, words: string) =>
  z.string({ error: words }).check(z.regex(pattern, { error: words }));

/** A whole number in a range, both ends included. */
export const whole = (from: number, to: number) => {
  const words = `a whole number from ${from} to ${to}`;
  return z.int({ error: words }).check(z.minimum(from, { error: words }), z.maximum(to, { error: words }));
};

export const databaseName = text(DATABASE_NAME, DATABASE_NAME_WORDS);
export const releaseId = text(RELEASE_ID, RELEASE_ID_WORDS);
export const commitHash = text(COMMIT_HASH, COMMIT_HASH_WORDS);
export const businessDay = text(BUSINESS_DAY, BUSINESS_DAY_WORDS);

const INSTANT_WORDS = "an instant as YYYY-MM-DDTHH:MM:SSZ";
export const instant = text(/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?Z$/, INSTANT_WORDS).check(
  z.refine((value) => !Number.isNaN(Date.parse(value)), { error: INSTANT_WORDS }),
);

const TIME_ZONE_WORDS = "a time zone by its IANA name, as Europe/Berlin";
export const timeZone = text(/^[A-Za-z0-9_+/-]{1,64}$/, TIME_ZONE_WORDS).check(
  z.refine(isTimeZone, { error: TIME_ZONE_WORDS }),
);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }) instanceof Intl.DateTimeFormat;
  } catch {
    return false;
  }
}

/** An object of exactly these fields. */
export const exactly = <Shape extends z.core.$ZodLooseShape>(shape: Shape) =>
  z.strictObject(shape, { error: `an object of ${Object.keys(shape).join(", ")}` });

/**
 * Reads an event, or says field by field what was expected. What was sent is not repeated: it may be anything.
 * @throws EVENT_INVALID
 */
export const readEvent = <Event>(schema: z.ZodMiniType<Event>, event: unknown, name = "event"): Event => {
  const read = schema.safeParse(event);
  if (read.success) return read.data;
  const problems = read.error.issues.map((issue) => problemOf(name, event, issue));
  throw new Failure("EVENT_INVALID", [...new Set(problems)].slice(0, PROBLEMS_MAX).join("; "));
};

const problemOf = (name: string, event: unknown, issue: z.core.$ZodIssue): string => {
  const where = [name, ...issue.path].join(".");
  if (issue.code === "unrecognized_keys") {
    const { length } = issue.keys;
    return `${where} has ${length} ${length === 1 ? "field" : "fields"} too many: expected ${issue.message}`;
  }
  if (issue.code === "custom") return `${where} must be ${issue.message}`;
  return `${where} is ${kindOf(issue.path.reduce(fieldOf, event))}: expected ${issue.message}`;
};

const fieldOf = (value: unknown, name: PropertyKey): unknown =>
  typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[name] : undefined;

/** What kind of thing it is, and nothing of what it says. */
const kindOf = (value: unknown): string => {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "string") return `a text of ${value.length} characters`;
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
};
