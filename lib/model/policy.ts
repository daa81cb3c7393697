/** A term of retention: calendar units count in the policy's time zone, hours and days also as elapsed time (policy/deadlines.ts). */
export interface Term {
  readonly unit: "hours" | "days" | "weeks" | "months" | "years";
  readonly count: number;
}

/** What is promised for one class of data. */
export interface DataClass {
  readonly name: string;
  /** `schema.table` or `database:schema.table`, with `*` for any run of characters. */
  readonly tables: readonly string[];
  /** Gone not later than this after its capture began. */
  readonly max: Term;
  readonly purpose: string;
  readonly legalBasis: string;
}

/** `every` is how often a point is promised, `window` how long one is kept where its classes allow. */
export interface HotTier {
  readonly every: Term;
  readonly window: Term;
}

export interface ReleaseTier {
  readonly window: Term;
}

/** `lastgood.yaml`, read and found free of contradictions. */
export interface Policy {
  readonly version: 1;
  readonly controller: string;
  /** IANA name: business dates and calendar terms are those of this zone. */
  readonly timeZone: string;
  /** Names of the PostgreSQL databases it is for. */
  readonly databases: readonly string[];
  readonly classes: readonly DataClass[];
  readonly hot: HotTier;
  readonly release: ReleaseTier;
}

/** Something wrong in a policy file, at its place. Lines and columns count from 1. */
export interface PolicyProblem {
  readonly line: number;
  readonly column: number;
  /** `classes.personal.max`. */
  readonly path: string;
  /** What is there and what was expected, then what to do. */
  readonly message: string;
}
