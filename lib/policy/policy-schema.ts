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
  purpose: text,
  legalBasis: text,
});

/** What `lastgood.yaml` may hold. Fields that nothing reads yet are not in it: a promise in a policy is kept or refused. */
export const POLICY_SCHEMA = z.strictObject({
  version: z.literal(1, { error: "expected 1, the only version there is" }),
  controller: text.describe("who answers for the data"),
  timeZone: z.string().refine(isTimeZone, { error: "expected an IANA time zone, as Europe/Copenhagen, or UTC" }),
  databases: z
    .array(text)
    .min(1, { error: "expected at least one database" })
    .describe("names of PostgreSQL databases, as in their URL"),
  classes: z
    .record(className, dataClass)
    .refine((all) => Object.keys(all).length > 0, { error: "expected at least one class" }),
  tiers: z
    .strictObject({
      hot: z.strictObject({ every: term.default("P1D"), window: term.default("P28D") }).prefault({}),
      release: z.strictObject({ window: term.default("P14D") }).prefault({}),
    })
    .prefault({}),
});

/** JSON Schema of the policy file, for editors. */
export const policyJsonSchema = (): object => z.toJSONSchema(POLICY_SCHEMA, { io: "input" });
