import type { ScheduleName } from "./audit.ts";

/** A term of retention: calendar units count in the policy's time zone, hours and days also as elapsed time (policy/deadlines.ts). */
export interface Term {
  readonly unit: "hours" | "days" | "weeks" | "months" | "years";
  readonly count: number;
}

/** A statute's term: kept not shorter than this, in an archive. */
export interface Minimum {
  readonly term: Term;
  /** What it counts from: the end of the capture, or the end of the calendar year the capture ended in. */
  readonly from: "capture" | "end of year";
}

/** What is promised for one class of data. */
export interface DataClass {
  readonly name: string;
  /** `schema.table` or `database:schema.table`, with `*` for any run of characters. */
  readonly tables: readonly string[];
  /** Gone not later than this after its capture began. */
  readonly max: Term;
  /** At least one archive part of the class meets it; left out where no statute asks. */
  readonly min?: Minimum;
  /** Rows leave by their own age too: gone not later than `max` after the business day of their column began. */
  readonly rowAge?: { readonly column: string; readonly max: Term };
  readonly purpose: string;
  readonly legalBasis: string;
  /** Role of the database by whose rights the class's tables are read; left out, those of who logs in. */
  readonly role?: string;
  /** How long an archive of each schedule is kept; left out, the class is not archived. Never longer than `max`. */
  readonly archive?: Readonly<Partial<Record<ScheduleName, Term>>>;
  /** Which lock an archive part of the class gets, from its capture on; left out, none. It ends before the part is due. */
  readonly lock?: { readonly mode: "governance" | "compliance"; readonly term: Term };
}

/** `every` is how often a point is promised, `window` how long one is kept where its classes allow. */
export interface HotTier {
  readonly every: Term;
  readonly window: Term;
}

export interface ReleaseTier {
  readonly window: Term;
}

/** What is proven without anybody asking. */
export interface VerificationRule {
  /** Local time of the day, `04:00`. */
  readonly at: string;
  /** Everything that is kept is read at least once within this. */
  readonly readAllWithin: Term;
  /** A point is restored into a scratch database and compared at least this often. */
  readonly drillEvery: Term;
}

/** `lastgood.yaml`, read and found free of contradictions. */
export interface Policy {
  readonly version: 1;
  readonly controller: string;
  /** IANA name: business dates and calendar terms are those of this zone. */
  readonly timeZone: string;
  /** Names of the PostgreSQL databases it is for. */
  readonly databases: readonly string[];
  /** Which environment variable holds a database's URL; left out where none is named. No URL is ever in a policy. */
  readonly sources?: readonly { readonly database: string; readonly urlFrom: string }[];
  readonly classes: readonly DataClass[];
  readonly hot: HotTier;
  readonly release: ReleaseTier;
  readonly verification: VerificationRule;
  /** Who may request, approve and release holds: names as `hold` takes them. Nobody else may; empty, nobody. */
  readonly holders: readonly string[];
  /** Where alarms go besides the exit status: the environment variable that holds the URL of a webhook. */
  readonly notify?: { readonly webhookFrom: string };
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
