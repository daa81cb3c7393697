import fc from "fast-check";
import type { Point } from "../../lib/model/point.ts";
import type { DataClass, Policy, Term } from "../../lib/model/policy.ts";
import { readTerm } from "../../lib/policy/term.ts";

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const term = (text: string): Term => {
  const read = readTerm(text);
  if (read === undefined) throw new TypeError(`${text} is no term`);
  return read;
};

/** A class of which only that is set on which a decision may rest. */
export const dataClass = (name: string, max: string, rest: Partial<DataClass> = {}): DataClass => ({
  name,
  tables: [`public.${name}`],
  max: term(max),
  purpose: "running the shop",
  legalBasis: "Art. 6(1)(f) GDPR",
  ...rest,
});

export const policyOf = (classes: readonly DataClass[], rest: Partial<Policy> = {}): Policy => ({
  version: 1,
  controller: "Example Shop",
  timeZone: "UTC",
  databases: ["shop"],
  classes,
  hot: { every: term("P1D"), window: term("P28D") },
  release: { window: term("P14D") },
  verification: { at: "04:00", readAllWithin: term("P7D"), drillEvery: term("P7D") },
  holders: [],
  ...rest,
});

/** A point of which only that is set on which a decision may rest. */
export const pointOf = (
  startedAt: number,
  options: Partial<Omit<Point, "parts">> & { readonly classes?: readonly string[] } = {},
): Point => {
  const { classes = ["money"], ...rest } = options;
  const parts = classes.map((name) => ({ class: name }));
  const id = `p${startedAt}`;
  return { id, database: "shop", tier: "hot", startedAt, finishedAt: startedAt, ...rest, parts } as unknown as Point;
};

/** Zones whose clocks change, by an hour, by half of one, at midnight, or never. */
export const zones = fc.constantFrom(
  "UTC",
  "Europe/Copenhagen",
  "America/St_Johns",
  "Australia/Lord_Howe",
  "Africa/Cairo",
  "Asia/Kathmandu",
);

/** Instants that are near a change of clocks, a leap day, the end of a month or year, or anywhere. */
export const instants = fc
  .tuple(
    fc.oneof(
      fc
        .constantFrom("2027-03-28", "2027-10-31", "2028-02-29", "2027-01-31", "2027-12-31", "2028-01-01")
        .map(Date.parse),
      fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2032, 0, 1) }),
    ),
    fc.integer({ min: -DAY_MS, max: DAY_MS }),
  )
  .map(([at, shift]) => at + shift);
