import { listArchiveParts } from "../engine/archive/list-archive-parts.ts";
import { pointNames, readablePoints } from "../engine/readable-points.ts";
import type { Vault } from "../engine/vault.ts";
import type { PartId } from "../model/audit.ts";
import type { Hold } from "../model/hold.ts";
import { formatDuration } from "../model/measure.ts";
import type { Point } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import type { DailyVerification, Light, TierVerdict } from "../model/verification.ts";
import { dueArchivePartsOf } from "../policy/due-archive-parts.ts";
import { duePartsOf } from "../policy/due-parts.ts";
import { holdOn } from "../policy/holds.ts";
import { CHECK_MS_MAX, type FoundArchive } from "../policy/invariants.ts";
import { worstOf } from "../policy/verdict.ts";
import { dayToVerify } from "../policy/verification-day.ts";
import type { Clock } from "../ports/clock.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import type { AuditWorld } from "./audit.ts";
import { lastRecordOf } from "./audit.ts";
import { chooseDrill } from "./day-drill.ts";
import { lastVerification, readHolds, unlessBroken } from "./day-evidence.ts";
import { type HeadFacts, lookAtHead } from "./day-heads.ts";
import { tierVerdicts } from "./day-tiers.ts";

export interface StatusWorld {
  readonly vault: Vault;
  readonly audit: AuditWorld;
  readonly clock: Clock;
  readonly archive?: RetainedStore | undefined;
}

export interface TierStatus extends Omit<TierVerdict, "promised" | "since"> {
  /** Points, or archives. */
  readonly count: number;
  readonly newestAt: EpochMs | null;
  /** When the next part is deleted. */
  readonly nextDeleteAt: EpochMs | null;
  /** Parts that a hold keeps. */
  readonly held: number;
  /** Parts past their deadlines that nothing holds. */
  readonly overdue: number;
  /** Periods of the schedule without a whole point, of those that are promised. */
  readonly missing: number;
  readonly promised: number;
}

export interface Status {
  readonly at: EpochMs;
  readonly light: Light;
  readonly tiers: readonly TierStatus[];
  /** Of the last; left out before the first. */
  readonly verification?: { readonly day: string; readonly at: EpochMs; readonly light: Light };
  readonly drill?: { readonly point: string; readonly at: EpochMs };
  readonly head?: { readonly at: EpochMs };
  /** What is wrong besides the tiers. */
  readonly problems: readonly string[];
  /** What a person does next, each with its command. */
  readonly next: readonly string[];
}

/**
 * How things stand by a policy, from documents alone: nothing is opened, and nothing is written. What only a look into points
 * shows is what the last daily verification saw.
 * @throws STORE_*
 */
export const statusOf = async (world: StatusWorld, policy: Policy): Promise<Status> => {
  const { vault, audit, clock, archive } = world;
  const { evidence } = audit;
  const now = clock.now();
  const found = await readablePoints(vault.hot, await pointNames(vault.hot));
  const archives = archive === undefined ? { parts: [], damaged: [] } : await listArchiveParts(archive);
  const { holds, broken: holdsBroken } = await readHolds(evidence);
  const last = await unlessBroken(() => lastVerification(evidence));
  const drills = await unlessBroken(() => chooseDrill(evidence, policy, found.points, now));
  const verdicts = await unlessBroken(() =>
    tierVerdicts(
      {
        evidence,
        now,
        points: found.points,
        archives: archives.parts,
        holds,
        damaged: new Map(),
        last: last.value?.verification,
        drillsMissed: drills.value?.missed ?? new Map<string, string>(),
      },
      policy,
    ),
  );
  const head = await lookAtHead(evidence, { publicKey: undefined, lastSeq: Number.POSITIVE_INFINITY });
  const drill = await unlessBroken(() => lastRecordOf(evidence, "drill", ({ part }) => part.store === "hot"));
  const tiers = (verdicts.value ?? []).map((verdict) =>
    tierStatus(verdict, { policy, now, points: found.points, archives: archives.parts, holds }),
  );
  const verification = last.value?.verification;
  const problems = [
    ...new Set([last, drills, verdicts, drill].flatMap(({ broken }) => (broken === undefined ? [] : [broken]))),
    ...(head.heads.broken ? [head.heads.found] : []),
    ...(holdsBroken === undefined ? [] : [holdsBroken]),
    ...found.problems.map(({ message }) => message),
    ...archives.damaged.map(({ failure }) => failure.message),
    ...checkProblems(verification, now),
  ];
  const light = worstOf([
    ...tiers.map((tier) => tier.light),
    ...(verification === undefined ? (["yellow"] as const) : [verification.light]),
    ...(problems.length === 0 ? [] : (["red"] as const)),
  ]);
  const verifyDue = verification === undefined || verification.day < dayToVerify(policy, now);
  const facts = {
    tiers,
    verification,
    verifyDue,
    head,
    drillMissed: (drills.value?.missed.size ?? 0) > 0,
    problems,
    now,
  };
  return {
    at: now,
    light,
    tiers,
    ...(verification && {
      verification: { day: verification.day, at: verification.finishedAt, light: verification.light },
    }),
    ...(drill.value && { drill: { point: drill.value.part.id, at: drill.value.at } }),
    ...(head.at !== undefined && { head: { at: head.at } }),
    problems,
    next: nextSteps(facts),
  };
};

/** A check that nobody runs finds nothing: its age is a problem of its own. */
const checkProblems = (verification: DailyVerification | undefined, now: EpochMs): readonly string[] => {
  if (verification === undefined) return [];
  const ageMs = now - verification.finishedAt;
  const red = verification.invariants.flatMap(({ id, result, found }) =>
    result === "broken" ? [`${id} ${found}`] : [],
  );
  return [
    ...red.map((text) => `the verification of ${verification.day} found: ${text}`),
    ...(verification.drill?.equal === false
      ? [`the drill of ${verification.day} found that point ${verification.drill.point} does not restore`]
      : []),
    ...(ageMs > CHECK_MS_MAX ? [`the last daily verification ended ${formatDuration(ageMs)} ago`] : []),
    ...(ageMs < -CHECK_MS_MAX ? ["the last daily verification ended in the future: a clock is wrong"] : []),
  ];
};

const tierStatus = (
  { database, tier, light, reasons, promised }: TierVerdict,
  facts: {
    readonly policy: Policy;
    readonly now: EpochMs;
    readonly points: readonly Point[];
    readonly archives: readonly FoundArchive[];
    readonly holds: readonly Hold[];
  },
): TierStatus => {
  const { policy, now, holds } = facts;
  const points = facts.points.filter((one) => one.database === database && one.tier === tier);
  const archives = tier === "archive" ? facts.archives.filter((one) => one.database === database) : [];
  const parts: readonly { readonly part: PartId; readonly deleteAt: EpochMs; readonly deadline: EpochMs }[] =
    tier === "archive"
      ? dueArchivePartsOf(policy, archives, now, { verdict: "ok", trusted: now }).parts
      : duePartsOf(policy, points, now).parts.map(({ point, class: name, ...times }) => ({
          ...times,
          part: { store: "hot", id: point, class: name },
        }));
  const free = parts.filter(({ part }) => holdOn(holds, part) === undefined);
  const startedAt = [...points, ...archives].map((one) => one.startedAt);
  return {
    database,
    tier,
    light,
    reasons,
    count: points.length + new Set(archives.map((one) => one.id)).size,
    newestAt: startedAt.length === 0 ? null : Math.max(...startedAt),
    nextDeleteAt: free.length === 0 ? null : Math.min(...free.map((part) => part.deleteAt)),
    held: parts.length - free.length,
    overdue: free.filter(({ deadline }) => now >= deadline).length,
    missing: promised.filter(({ found }) => found === "missing" || found === "incomplete").length,
    promised: promised.length,
  };
};

const nextSteps = ({
  tiers,
  verification,
  verifyDue,
  head,
  drillMissed,
  problems,
  now,
}: {
  readonly tiers: readonly TierStatus[];
  readonly verification: DailyVerification | undefined;
  /** Today's was to begin by now. */
  readonly verifyDue: boolean;
  readonly head: HeadFacts;
  readonly drillMissed: boolean;
  readonly problems: readonly string[];
  readonly now: EpochMs;
}): readonly string[] => {
  const unwell = (tier: TierStatus["tier"]): boolean => tiers.some((one) => one.tier === tier && one.light !== "green");
  const isDue = tiers.some(({ nextDeleteAt }) => nextDeleteAt !== null && nextDeleteAt <= now);
  const isOld = verification === undefined || now - verification.finishedAt > CHECK_MS_MAX;
  const steps: readonly (readonly [boolean, string])[] = [
    [problems.length > 0 && !isOld, "lastgood verify --level read: see what is damaged, before anything else"],
    [unwell("hot"), "lastgood capture --tier hot --policy <file>: look why the schedule did not"],
    [unwell("archive"), "lastgood archive create --policy <file>: it makes what is still due"],
    [isDue, "lastgood expire run --policy <file>: it runs every hour"],
    [isOld || verifyDue || drillMissed, "lastgood verify --policy <file>: it runs every day"],
    [head.at === undefined || now - head.at > CHECK_MS_MAX, "lastgood evidence sign: it runs every day"],
  ];
  return steps.flatMap(([isNeeded, step]) => (isNeeded ? [step] : []));
};
