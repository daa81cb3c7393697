import { Temporal } from "temporal-polyfill";
import { z } from "zod";
import { readTerm } from "./term.ts";

const term = z
  .string()
  .refine((text) => readTerm(text) !== undefined, {
    error: "expected an ISO 8601 duration of one unit, as P14D, PT20H, P4W, P6M or P10Y",
  })
  .describe("ISO 8601 duration of one unit, as P14D, PT20H, P4W, P6M or P10Y");

const text = z.string().trim().min(1, { error: "expected some words" });
/** Names become parts of object names. */
const className = z.string().regex(/^[a-z][a-z0-9-]{0,39}$/, {
  error: "expected the name of a class as a-z, 0-9 and -, beginning with a letter, at most 40 characters",
});

/** The name of an environment variable: what is secret is referred to, never written down. */
const variable = (example: string) =>
  z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, {
    error: `expected the name of an environment variable, as ${example}, not what it holds`,
  });

/** A URL may hold a password, and a policy is read by many. */
const databaseName = text.regex(/^(?!.*:\/\/)/, {
  error: "expected the name of a database; for its URL write { name: shop, urlFrom: SHOP_URL } and set that variable",
});

const isTimeZone = (zone: string): boolean => {
  try {
    Temporal.Instant.fromEpochMilliseconds(0).toZonedDateTimeISO(zone);
    return zone.includes("/") || zone === "UTC";
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
};

const dataClass = z.strictObject({
  tables: z
    .array(
      text.regex(/^([^:.]+:)?[^:]+\.[^:]+$|^\*$/, {
        error: "expected schema.table or database:schema.table; * stands for anything",
      }),
    )
    .min(1, { error: "expected at least one table" }),
  max: term.describe("gone not later than this after its capture began"),
  min: z
    .strictObject({
      term,
      from: z.enum(["capture", "end of year"]).default("capture").describe("what the term counts from"),
    })
    .optional()
    .describe("a statute's term: at least one archive part of the class is kept for it"),
  rowAge: z
    .strictObject({
      column: text.describe("date, timestamp or timestamptz of every table of the class that says when a row began"),
      max: term.describe("gone not later than this after the business day of the row began"),
    })
    .optional()
    .describe("rows leave by their own age too, on their day, from every point"),
  purpose: text,
  legalBasis: text,
  role: text.optional().describe("role of the database by whose rights the class's tables are read"),
  archive: z
    .strictObject({
      daily: term.optional(),
      weekly: term.optional(),
      monthly: term.optional(),
      yearly: term.optional(),
    })
    .refine((schedules) => Object.keys(schedules).length > 0, {
      error: "expected at least one of daily, weekly, monthly and yearly, each with how long an archive of it is kept",
    })
    .optional()
    .describe("how long an archive of each schedule is kept; without it the class is not archived"),
  lock: z
    .strictObject({ mode: z.enum(["governance", "compliance"]), term })
    .optional()
    .describe("for how long the store itself refuses to delete an archive of the class"),
});

/** What `lastgood.yaml` may hold. Fields that nothing reads are not in it: a promise in a policy is kept or refused. */
export const POLICY_SCHEMA = z.strictObject({
  version: z.literal(1, { error: "expected 1, the only version there is" }),
  controller: text.describe("who answers for the data"),
  timeZone: z.string().refine(isTimeZone, { error: "expected an IANA time zone, as Europe/Copenhagen, or UTC" }),
  databases: z
    .array(
      z.union([
        databaseName,
        z.strictObject({
          name: databaseName,
          urlFrom: variable("SHOP_URL").describe("environment variable that holds the database's URL"),
        }),
      ]),
    )
    .min(1, { error: "expected at least one database" })
    .describe("names of PostgreSQL databases, as in their URL; or each with where its URL is"),
  classes: z
    .record(className, dataClass)
    .refine((all) => Object.keys(all).length > 0, { error: "expected at least one class" }),
  tiers: z
    .strictObject({
      hot: z.strictObject({ every: term.default("P1D"), window: term.default("P28D") }).prefault({}),
      release: z.strictObject({ window: term.default("P14D") }).prefault({}),
    })
    .prefault({}),
  verification: z
    .strictObject({
      at: z
        .string()
        .regex(/^([01]\d|2[0-3]):[0-5]\d$/, { error: 'expected a time of the day in quotes, as "04:00"' })
        .default("04:00")
        .describe("local time of the daily verification"),
      readAllWithin: term.default("P7D").describe("all that is kept is read at least once within this"),
      drillEvery: term.default("P7D").describe("a point is restored and compared at least this often"),
    })
    .prefault({}),
  approvals: z
    .strictObject({
      holds: z.array(text).default([]).describe("who may request, approve and release holds; always two of them"),
    })
    .prefault({})
    .describe("whose word what takes two people needs"),
  notify: z
    .strictObject({
      webhookFrom: variable("SHOP_WEBHOOK").describe("environment variable that holds the URL alarms are sent to"),
    })
    .optional(),
});

/** JSON Schema of the policy file, for editors. */
export const policyJsonSchema = (): object => z.toJSONSchema(POLICY_SCHEMA, { io: "input" });
