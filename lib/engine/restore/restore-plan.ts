import { ERRORS, type ErrorCode, Failure } from "../../model/errors.ts";
import type { SchemaStatement } from "../../model/schema.ts";
import type { EpochMs } from "../../model/units.ts";
import type { TargetIdentity } from "../../ports/target-database.ts";
import { canonicalJson, plainJson } from "../canonical-json.ts";
import { assertPlanLives, assertSealHolds, type PlanSeal, readPlanOf, sealPlan } from "../plan-seal.ts";

const KIND = "restore plan";

/** What is to be restored. Both lists empty: the whole database. */
export interface RestoreScope {
  readonly schemas: readonly string[];
  /** `schema.name`, unquoted. A partitioned table stands for its partitions. */
  readonly tables: readonly string[];
  /** Into tables of their own in this schema, which must not exist yet. */
  readonly intoSchema?: string | undefined;
}

export interface PlannedTable {
  readonly class: string;
  /** Of the table's chain in the vault; of several, of the first: that of the rows of no day yet. */
  readonly id: string;
  readonly schema: string;
  readonly name: string;
  readonly intoSchema: string;
  /** Of a table whose rows leave by their age: the business days that rows are of. Others, of no day yet, come too. */
  readonly days?: readonly string[];
  readonly rows: number;
  readonly plainBytes: number;
  readonly sealedBytes: number;
}

/**
 * A restore as it will be done, for a person to read and approve. It holds no SQL and no authority of its own: what is run
 * comes from the sealed part again, and must be what the plan's digest says.
 */
export interface RestorePlan extends PlanSeal<typeof KIND> {
  readonly point: {
    readonly id: string;
    readonly generation: number;
    readonly database: string;
    /** Server's clock at the snapshot. */
    readonly takenAt: EpochMs;
    /** sha-256 of the sealed parts, by class. */
    readonly parts: Readonly<Record<string, string>>;
  };
  readonly target: TargetIdentity;
  readonly scope: RestoreScope;
  readonly tables: readonly PlannedTable[];
  readonly rows: number;
  readonly plainBytes: number;
  readonly sealedBytes: number;
  readonly statements: {
    /** Of every statement, in order. */
    readonly sha256: string;
    readonly pre: readonly PlannedStatement[];
    readonly post: readonly PlannedStatement[];
    readonly sequences: number;
  };
  /** Why it cannot be applied as things stand. Empty if it can. */
  readonly refusals: readonly Refusal[];
  /** What will not be as it was, and what could not be known. */
  readonly notices: readonly string[];
  readonly estimate: RestoreEstimate;
}

export interface PlannedStatement extends Pick<SchemaStatement, "kind" | "name"> {
  readonly count: number;
}

export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
}

export interface RestoreRate {
  /** Plaintext bytes restored and proven per second, indexes included. */
  readonly bytesPerSecond: number;
  /** `measured` by earlier drills, or the `default` of a small machine. */
  readonly source: "measured" | "default";
  /** The time is expected to lie between seconds divided by this and seconds times this. */
  readonly factor: number;
}

export interface RestoreEstimate extends RestoreRate {
  readonly seconds: number;
}

/** Seals a draft into a plan: adds its life time and its digest. */
export const sealRestorePlan = (draft: Omit<RestorePlan, "format" | "kind" | "expiresAt" | "sha256">): RestorePlan =>
  sealPlan(KIND, draft);

/**
 * Reads a plan from what a file holds.
 * @throws PLAN_INVALID  it is not a plan, or was changed since it was made
 */
export const readPlan = (text: string): RestorePlan => readPlanOf<RestorePlan>(KIND, text);

/** @throws PLAN_INVALID */
export const assertPlanHolds = (plan: RestorePlan): void => assertSealHolds(KIND, plan);

/**
 * @param fresh  the same plan made again from what is true now
 * @throws PLAN_STALE  it has expired, or something it rests on has moved
 */
export const assertPlanCurrent = (plan: RestorePlan, fresh: RestorePlan, now: EpochMs): void => {
  assertPlanLives(plan, now);
  if (plan.sha256 === fresh.sha256) return;
  const text = (value: unknown): string => canonicalJson(plainJson(value));
  const moved = (Object.keys(plan) as (keyof RestorePlan)[]).filter(
    (field) => field !== "sha256" && text(plan[field]) !== text(fresh[field]),
  );
  const [reason] = fresh.refusals.filter(({ message }) => !plan.refusals.some((known) => known.message === message));
  const why = reason === undefined ? "" : ` (now: ${reason.message})`;
  throw new Failure("PLAN_STALE", `since the plan was made, this has moved: ${moved.join(", ")}${why}`, {
    facts: { moved: moved.join(", ") },
    ...(reason?.code === "TARGET_NOT_EMPTY"
      ? { hint: "the target is not empty any more: was the plan applied already? To restore again, make a new plan" }
      : {}),
  });
};

/** @throws  the first refusal, with the count of the others */
export const assertNotRefused = (plan: RestorePlan): void => {
  const [first, ...others] = plan.refusals;
  if (first === undefined) return;
  const more = others.length === 0 ? "" : `; and ${others.length} more in the plan`;
  throw new Failure(first.code, `${first.message}${more}`, { hint: ERRORS[first.code].hint });
};
