import { assertPlanForVault } from "../engine/plan-seal.ts";
import { findPoint, getParts } from "../engine/points.ts";
import { applyRestore, type RestoreReport, type RestoreWorld } from "../engine/restore/apply-restore.ts";
import { type HoldPages, type HoldWorld, holdingPages } from "../engine/restore/hold-pages.ts";
import type { Proof } from "../engine/restore/load-and-prove.ts";
import { DEFAULT_RATE, planRestore } from "../engine/restore/plan-restore.ts";
import {
  assertNotRefused,
  assertPlanCurrent,
  assertPlanHolds,
  type RestorePlan,
  type RestoreRate,
  type RestoreScope,
  readPlan,
} from "../engine/restore/restore-plan.ts";
import { type SqlReport, type SqlWorld, writeSql } from "../engine/restore/write-sql.ts";
import type { ClassSecret, Vault } from "../engine/vault.ts";
import { Failure, isFailure } from "../model/errors.ts";
import type { Part, Point } from "../model/point.ts";
import { partClass } from "../model/row-age.ts";
import type { Clock } from "../ports/clock.ts";
import type { TargetDatabase } from "../ports/target-database.ts";

export type { RestorePlan, RestoreReport, SqlReport };

/** Reads a plan from what a file holds. @throws PLAN_INVALID  it is not a plan, or was changed since it was made */
export const readRestorePlan = readPlan;

export interface PlanWorld {
  readonly vault: Vault;
  readonly target: TargetDatabase;
  readonly clock: Clock;
}

/**
 * Plans a restore of a point into a database; changes nothing. A plan with refusals is a plan too: it says why not.
 * @param wanted  a point's id, the beginning of one, a release, or `latest`
 * @throws POINT_NOT_FOUND, TABLE_NOT_FOUND, DATABASE_*, OBJECT_*
 */
export const planOfRestore = async (
  world: PlanWorld,
  wanted: string,
  options: { readonly scope: RestoreScope; readonly rate?: RestoreRate | undefined },
): Promise<RestorePlan> => {
  const point = await findPoint(world.vault.hot, wanted);
  const request = {
    point,
    parts: await readableParts(world.vault, point),
    scope: options.scope,
    target: await world.target.facts(),
    rate: options.rate ?? DEFAULT_RATE,
    madeAt: world.clock.now(),
  };
  return planRestore(request).plan;
};

export interface ApplyWorld extends RestoreWorld, HoldWorld {}

/**
 * Does what a plan says, and exactly that: the plan is made again from what is true now, and must come out the same.
 * @throws PLAN_INVALID, PLAN_STALE, what the plan was refused for, and what applyRestore throws
 */
export const applyPlan = async (
  world: ApplyWorld,
  plan: RestorePlan,
  options: { readonly proof: Proof },
): Promise<RestoreReport> => {
  assertPlanHolds(plan);
  assertPlanForVault(plan, world.vault.id);
  return holdingPages(world, (hold) => applyHeld(world, plan, options, hold));
};

const applyHeld = async (
  world: ApplyWorld,
  plan: RestorePlan,
  options: { readonly proof: Proof },
  hold: HoldPages,
): Promise<RestoreReport> => {
  const { vault } = world;
  const point = await plannedPoint(vault, plan);
  const parts = await readableParts(vault, point);
  const work = planRestore({
    point,
    parts,
    scope: plan.scope,
    target: await world.target.facts(),
    rate: rateOf(plan),
    madeAt: plan.madeAt,
  });
  assertPlanCurrent(plan, work.plan, world.clock.now());
  assertNotRefused(plan);
  await hold(parts);
  return applyRestore(world, work, { proof: options.proof, classes: await secretsOf(vault, parts) });
};

/** The plan is made again with the estimate that it was made with: another drill since does not make it stale. */
const rateOf = ({ estimate }: RestorePlan): RestoreRate => {
  const { bytesPerSecond, source, factor } = estimate;
  return { bytesPerSecond, source, factor };
};

/**
 * Writes a point as a SQL stream for psql.
 * @throws POINT_NOT_FOUND, TABLE_NOT_FOUND, KEY_SHREDDED, OBJECT_*
 */
export const pointToSql = (world: SqlWorld & HoldWorld, wanted: string, scope: RestoreScope): Promise<SqlReport> =>
  holdingPages(world, async (hold) => {
    const { vault } = world;
    const point = await findPoint(vault.hot, wanted);
    const parts = await readableParts(vault, point);
    await hold(parts);
    return writeSql(world, { point, parts, scope, store: vault.hot, classes: await secretsOf(vault, parts) });
  });

/**
 * Parts that have expired are left out: whether the scope needs one of them is for the restore to say.
 * @throws KEY_SHREDDED  none is left
 */
export const readableParts = async (vault: Vault, point: Point): Promise<readonly Part[]> => {
  const { parts, expired } = await getParts(vault, point);
  if (parts.length === 0) for (const { failure } of expired) throw failure;
  return parts;
};

const plannedPoint = async (vault: Vault, plan: RestorePlan): Promise<Point> => {
  try {
    return await findPoint(vault.hot, plan.point.id);
  } catch (cause) {
    if (!isFailure(cause, "POINT_NOT_FOUND")) throw cause;
    throw new Failure("PLAN_STALE", `point ${plan.point.id} is gone from the vault`, { cause });
  }
};

/** Secrets of the classes that parts are of, by part. */
export const secretsOf = async (vault: Vault, parts: readonly Part[]): Promise<ReadonlyMap<string, ClassSecret>> => {
  // The days of a class share its secret, which a key service need not be asked for every time.
  const secrets = new Map<string, ClassSecret>();
  for (const name of new Set(parts.map((part) => partClass(part.class).class)))
    secrets.set(name, await vault.classSecret(name));
  return new Map(parts.map((part) => [part.class, secrets.get(partClass(part.class).class) as ClassSecret]));
};
