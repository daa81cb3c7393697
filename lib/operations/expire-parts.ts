import { lookForParts, objectsOfPart, type PartRemoval, removeParts } from "../engine/expire-parts.ts";
import type { FoldReport, FoldWorld } from "../engine/fold-chain.ts";
import { HoldRegister } from "../engine/hold-register.ts";
import {
  assertPlanForVault,
  assertPlanLives,
  assertSealHolds,
  type PlanSeal,
  readPlanOf,
  sealPlan,
} from "../engine/plan-seal.ts";
import { listPoints } from "../engine/points.ts";
import { type SweepReport, sweep } from "../engine/sweep.ts";
import type { Vault } from "../engine/vault.ts";
import { type ErrorCode, type Failure, isFailure } from "../model/errors.ts";
import type { PartRef } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { duePartsOf, type PartVerdict, type PolicyNotice } from "../policy/due-parts.ts";
import { holdOn } from "../policy/holds.ts";
import type { Clock } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";

const KIND = "expiry plan";

export interface PlannedPart extends PartVerdict {
  readonly rows: number;
  readonly sealedBytes: number;
  /** Id of the hold that keeps it; whether one does is asked again when the plan is applied. */
  readonly hold?: string;
}

/** What is to go by a policy, for a person to read. It holds the policy, so that what is applied is decided by the same one. */
export interface ExpiryPlan extends PlanSeal<typeof KIND> {
  readonly policy: Policy;
  /** Due and overdue, in order of deadlines. */
  readonly parts: readonly PlannedPart[];
  /** The part that is due next, if any is left after these. */
  readonly next: Pick<PartVerdict, "point" | "class" | "deleteAt" | "deadline"> | null;
  readonly notices: readonly PolicyNotice[];
}

/** Plans the expiry of all parts that are due now; changes nothing. @throws OBJECT_CORRUPT, STORE_* */
export const planExpiry = async (
  { vault, clock, evidence }: { readonly vault: Vault; readonly clock: Clock; readonly evidence?: ObjectStore },
  policy: Policy,
): Promise<ExpiryPlan> => {
  const points = await listPoints(vault.hot);
  const holds = evidence === undefined ? [] : await new HoldRegister(evidence).list();
  const madeAt = clock.now();
  const { parts, notices } = duePartsOf(policy, points, madeAt);
  const refs = new Map(points.flatMap((point) => point.parts.map((ref) => [`${point.id}/${ref.class}`, ref])));
  const [next] = parts.filter((part) => part.verdict === "kept").toSorted((a, b) => a.deleteAt - b.deleteAt);
  return sealPlan(KIND, {
    madeAt,
    vaultId: vault.id,
    policy,
    parts: parts
      .filter((part) => part.verdict !== "kept")
      .map((part) => {
        const { rows, sealedBytes } = refs.get(`${part.point}/${part.class}`) as PartRef;
        const hold = holdOn(holds, { store: "hot", id: part.point, class: part.class });
        return { ...part, rows, sealedBytes, ...(hold && { hold: hold.id }) };
      }),
    next:
      next === undefined
        ? null
        : { point: next.point, class: next.class, deleteAt: next.deleteAt, deadline: next.deadline },
    notices,
  });
};

/** Reads a plan from what a file holds. @throws PLAN_INVALID  it is not such a plan, or was changed since it was made */
export const readExpiryPlan = (text: string): ExpiryPlan => readPlanOf<ExpiryPlan>(KIND, text);

/** What became of a planned part. */
export type PartOutcome = Pick<PartVerdict, "point" | "class" | "deadline"> &
  (
    | {
        /** `left`: nobody can read it any more, but objects that it alone named are still in the store. */
        readonly outcome: "gone" | "left";
        readonly keyShredded: boolean;
        /** Of the part itself, and pages and chunks that it alone named. */
        readonly objectsDeleted: number;
        readonly objectsLeft: number;
        /** When it was looked for and not found. */
        readonly lookedAt: EpochMs;
        /** Deadline minus that; below zero it went too late. */
        readonly marginMs: number;
      }
    | { readonly outcome: "gone already" | "not due" }
    | {
        /** `held`: nothing of it is lost. `failed`: a store refused; what is missing goes with the next run. */
        readonly outcome: "held" | "failed";
        readonly code: ErrorCode;
        readonly message: string;
      }
  );

export interface ExpiryReport {
  readonly parts: readonly PartOutcome[];
  /** Points that went with their last part. */
  readonly points: readonly string[];
  readonly fold: FoldReport;
  readonly sweep: SweepReport;
}

/**
 * Does what a plan says and never more: what is due is decided again, by the plan's policy and what is true now, and only
 * what is in both goes. Then it sweeps, and looks for everything that the parts alone named. Stopped anywhere, applying the
 * same plan again completes it.
 * @throws PLAN_INVALID, PLAN_STALE; CAPTURE_RUNNING, DIGEST_MISMATCH, OBJECT_*, STORE_*
 */
export const applyExpiry = async (world: FoldWorld, plan: ExpiryPlan): Promise<ExpiryReport> => {
  const { vault, clock, progress, signal } = world;
  assertSealHolds(KIND, plan);
  assertPlanForVault(plan, vault.id);
  assertPlanLives(plan, clock.now());
  const now = duePartsOf(plan.policy, await listPoints(vault.hot), clock.now()).parts;
  const leaving: PlannedPart[] = [];
  const outcomes = new Map<PlannedPart, "gone already" | "not due">();
  for (const part of plan.parts) {
    const named = now.find((one) => one.point === part.point && one.class === part.class);
    if (named?.verdict === "kept") outcomes.set(part, "not due");
    // What no point names any more was being removed when something stopped it.
    else if (named !== undefined || (await objectsOfPart(vault, part.point, part.class)).length > 0) leaving.push(part);
    else outcomes.set(part, "gone already");
  }
  const removal = await removeParts(
    world,
    leaving.map((part) => ({ point: part.point, classes: [part.class] })),
  );
  const { beforeDestroy } = world;
  const swept = await sweep({ stores: vault.stores, clock, progress, signal, beforeDestroy }, { dryRun: false });
  const found = await lookForParts(vault, removal.parts);
  const lookedAt = clock.now();
  const parts = plan.parts.map((part): PartOutcome => {
    const { point, class: name, deadline } = part;
    const outcome = outcomes.get(part);
    if (outcome !== undefined) return { point, class: name, deadline, outcome };
    const kept = removal.unremoved.find((one) => one.point === point && one.class === name)?.failure;
    if (kept !== undefined) return { point, class: name, deadline, ...unremovedOutcome(kept) };
    const removed = removal.parts.find((one) => one.point === point && one.class === name) as PartRemoval;
    const objectsLeft = removed.unnamed.filter((object) => found.get(object) === "left").length;
    return {
      point,
      class: name,
      deadline,
      outcome: objectsLeft === 0 ? "gone" : "left",
      keyShredded: removed.keyShredded,
      objectsDeleted: removed.objectsDeleted + removed.unnamed.filter((object) => !found.has(object)).length,
      objectsLeft,
      lookedAt,
      marginMs: deadline - lookedAt,
    };
  });
  return { parts, points: removal.points, fold: removal.fold, sweep: swept };
};

/** What keeps a part that was to go. */
export const unremovedOutcome = (
  failure: Failure,
): { readonly outcome: "held" | "failed"; readonly code: ErrorCode; readonly message: string } => ({
  outcome: isFailure(failure, "PART_HELD") ? "held" : "failed",
  code: failure.code,
  message: failure.message,
});
