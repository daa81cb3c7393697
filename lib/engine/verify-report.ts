import { type ErrorCode, EXIT, Failure } from "../model/errors.ts";

export type VerifyLevel = "list" | "read";

export interface VerifyProblem {
  readonly code: ErrorCode;
  readonly message: string;
  readonly point?: string;
  /** An archive part: `shop/2026-11-01/financial`. */
  readonly archive?: string;
  /** `schema.name`. */
  readonly table?: string;
  readonly object?: string;
}

/** What was looked at and what was found, in whatever tier. */
export interface VerifyFindings {
  readonly level: VerifyLevel;
  /** Tables over all that was verified; what several points share was read once. */
  readonly tables: number;
  /** Rows opened (level read), each chunk once. */
  readonly rows: number;
  /** Objects looked at, and their bytes. */
  readonly objects: number;
  readonly bytes: number;
  readonly problems: readonly VerifyProblem[];
  /** In words, for a person: what holds if there is no problem, and what this level does not show. */
  readonly proven: readonly string[];
  readonly notProven: readonly string[];
  readonly elapsedMs: number;
}

export interface VerifyReport extends VerifyFindings {
  readonly points: number;
  /** Parts of these points that have left by a policy: nothing of them is expected to be there. */
  readonly expired: number;
}

interface Where {
  readonly point?: string;
  readonly archive?: string;
  readonly table?: string;
  readonly object?: string;
}

const COLLECTED: readonly ErrorCode[] = ["KEY_SHREDDED", "KEY_WRONG", "VAULT_TOO_NEW"];

/** Collects what is wrong, so that one damaged object does not hide the next. */
export class Problems {
  readonly all: VerifyProblem[] = [];

  add(code: ErrorCode, message: string, where: Where): void {
    this.all.push({ code, message, ...where });
  }

  /**
   * Runs a check. What it finds wrong with the vault is noted and gives undefined.
   * @throws what says nothing about the vault's content: a store that does not answer, an abort
   */
  async attempt<T>(where: Where, check: () => Promise<T>): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      this.note(error, where);
      return undefined;
    }
  }

  note(error: unknown, where: Where): void {
    if (error instanceof Failure) {
      if (error.exit !== EXIT.different && !COLLECTED.includes(error.code)) throw error;
      const { object } = error.facts;
      this.add(error.code, error.message, typeof object === "string" ? { ...where, object } : where);
      return;
    }
    // A document whose digest holds and whose content makes no sense was forged, or written by a bug: either is a finding.
    const unreadable = error instanceof TypeError || error instanceof SyntaxError || error instanceof RangeError;
    if (!unreadable) throw error;
    this.add("OBJECT_CORRUPT", `its content makes no sense (${error.name})`, where);
  }
}

const LIST_PROVEN = [
  "every point, intent and wrapped key document is whole: its digest holds",
  "every part and page opens with its key and is the one its point or part names",
  "every chunk that is named exists and has the size that its page says",
] as const;

const READ_PROVEN = [
  "every chunk opens with its key and holds exactly the rows that were stored: their keyed digest holds",
  "every row's key is the one its page lists; rows, first and last keys and key sums are those of the layers",
  "for every table with a primary key, its layers merged hold exactly the keys that the database counted and hashed when the point was taken",
] as const;

/** What a level shows and what it leaves open. */
export const claimsOf = (level: VerifyLevel): Pick<VerifyReport, "proven" | "notProven"> =>
  level === "list"
    ? { proven: LIST_PROVEN, notProven: ["no chunk was opened: whether rows can be read is not shown", ...NEVER_READ] }
    : { proven: [...LIST_PROVEN, ...READ_PROVEN], notProven: NEVER_READ };

const NEVER_READ = [
  "no database was restored: whether PostgreSQL takes the schema and the rows is shown by level restore only",
  "a vault put back as a whole to an earlier state by whoever holds its store looks intact",
] as const;

/** What reading one point back shows, without the rest of its vault. */
export const POINT_CLAIMS: Pick<VerifyReport, "proven" | "notProven"> = {
  proven: [
    "the point's document and the wrapped keys of its parts are whole: their digests hold",
    ...LIST_PROVEN.slice(1),
    ...READ_PROVEN,
  ],
  notProven: NEVER_READ,
};
