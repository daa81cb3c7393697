import { Failure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";
import { canonicalJson, plainJson } from "./canonical-json.ts";
import { sha256 } from "./document.ts";

const FORMAT = 1;
const PLAN_MS_MAX = 24 * 60 * 60 * 1000;

/** What every plan has: a person may have approved it, so it says what it is, how long it holds, and that nobody changed it. */
export interface PlanSeal<Kind extends string> {
  readonly format: 1;
  readonly kind: Kind;
  readonly madeAt: EpochMs;
  readonly expiresAt: EpochMs;
  readonly vaultId: string;
  /** sha-256 over the rest, as canonical JSON. */
  readonly sha256: string;
}

type Draft = Pick<PlanSeal<string>, "madeAt" | "vaultId">;

/** Makes a draft a plan: adds its life time and its digest. */
export const sealPlan = <Kind extends string, D extends Draft>(kind: Kind, draft: D): D & PlanSeal<Kind> => {
  const content = { format: FORMAT, kind, ...draft, expiresAt: draft.madeAt + PLAN_MS_MAX } as const;
  return { ...content, sha256: sha256(canonicalJson(plainJson(content))) };
};

/**
 * Reads a plan from what a file holds.
 * @throws PLAN_INVALID  it is not a plan of this kind, or was changed since it was made
 */
export const readPlanOf = <P extends PlanSeal<string>>(kind: P["kind"], text: string): P => {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new Failure("PLAN_INVALID", "the plan cannot be read as JSON", { cause });
  }
  assertSealHolds(kind, value as P);
  return value as P;
};

/** @throws PLAN_INVALID */
export const assertSealHolds = (expected: string, plan: PlanSeal<string>): void => {
  const { kind, format }: { readonly kind?: unknown; readonly format?: unknown } = plan ?? {};
  if (kind !== expected)
    throw new Failure("PLAN_INVALID", `the file is not ${/^[aeiou]/.test(expected) ? "an" : "a"} ${expected}`);
  if (format !== FORMAT)
    throw new Failure("PLAN_INVALID", `the plan has format ${String(format)}, this Lastgood reads ${FORMAT}`);
  const { sha256: digest, ...content } = plan;
  if (sha256(canonicalJson(plainJson(content))) !== digest)
    throw new Failure("PLAN_INVALID", "the plan was changed after it was made: its digest does not hold");
};

/** @throws PLAN_STALE */
export const assertPlanForVault = (plan: PlanSeal<string>, vaultId: string): void => {
  if (plan.vaultId !== vaultId)
    throw new Failure("PLAN_STALE", `the plan is for vault ${plan.vaultId}, this is ${vaultId}`);
};

/** @throws PLAN_STALE */
export const assertPlanLives = (plan: PlanSeal<string>, now: EpochMs): void => {
  if (now >= plan.expiresAt)
    throw new Failure("PLAN_STALE", `the plan expired at ${new Date(plan.expiresAt).toISOString()}`);
};
