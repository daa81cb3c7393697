import type { Hold } from "../model/hold.ts";
import type { Point, Tier } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import type { DailyVerification, PromisedPoint, TierVerdict } from "../model/verification.ts";
import { nextHotPointBy, promisedHotPoints } from "../policy/completeness.ts";
import { dueArchivePartsOf } from "../policy/due-archive-parts.ts";
import { duePartsOf } from "../policy/due-parts.ts";
import { holdOn } from "../policy/holds.ts";
import type { FoundArchive } from "../policy/invariants.ts";
import { keepsPromise, promisedArchives } from "../policy/promised-archives.ts";
import { type TierFacts, tierVerdict } from "../policy/verdict.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { promisedSince } from "./day-evidence.ts";

/** What the lights of databases and tiers rest on. */
export interface TierWorld {
  readonly evidence: ObjectStore;
  readonly now: EpochMs;
  readonly points: readonly Point[];
  readonly archives: readonly FoundArchive[];
  readonly holds: readonly Hold[];
  /** What is wrong with points and archives, by id. */
  readonly damaged: ReadonlyMap<string, string>;
  readonly last: DailyVerification | undefined;
  /** Why a database has had no drill when one was promised, by database. */
  readonly drillsMissed: ReadonlyMap<string, string>;
}

/** One verdict for each database of the policy and each tier that promises something or has something. @throws EVIDENCE_BROKEN, STORE_* */
export const tierVerdicts = async (world: TierWorld, policy: Policy): Promise<readonly TierVerdict[]> => {
  const verdicts: TierVerdict[] = [];
  for (const database of policy.databases) {
    const since = firstKnown(world, database);
    verdicts.push(await hotVerdict(world, policy, database, since));
    const releases = pointsOf(world, database, "release");
    if (releases.length > 0) verdicts.push(tierVerdict(pointFacts(world, policy, database, "release", [])));
    const archived = world.archives.some((part) => part.database === database);
    if (archived || policy.classes.some((one) => Object.keys(one.archive ?? {}).length > 0))
      verdicts.push(await archiveVerdict(world, policy, database, since));
  }
  return verdicts;
};

const pointsOf = ({ points }: TierWorld, database: string, tier: Tier): readonly Point[] =>
  points.filter((point) => point.database === database && point.tier === tier);

/** The first point there is or was: the run before says which was known then. */
const firstKnown = (world: TierWorld, database: string): EpochMs | undefined => {
  const carried = world.last?.tiers.find((one) => one.database === database && one.tier === "hot")?.since;
  const [first] = pointsOf(world, database, "hot");
  return first === undefined ? carried : Math.min(first.startedAt, carried ?? Infinity);
};

const hotVerdict = async (
  world: TierWorld,
  policy: Policy,
  database: string,
  since: EpochMs | undefined,
): Promise<TierVerdict> => {
  const { evidence, now, damaged } = world;
  const asked = await promisedSince(
    evidence,
    policy,
    ({ databases, hot, timeZone }) => JSON.stringify([databases.includes(database), hot.every, timeZone]),
    now,
  );
  const points = pointsOf(world, database, "hot");
  const promised = promisedHotPoints(
    policy,
    { points, incomplete: new Set(damaged.keys()), promisedSince: latest(since, asked) },
    now,
  );
  const verdict = tierVerdict(pointFacts(world, policy, database, "hot", promised));
  return since === undefined ? verdict : { ...verdict, since };
};

const latest = (first: EpochMs | undefined, asked: EpochMs | undefined): EpochMs | undefined =>
  first === undefined ? undefined : Math.max(first, asked ?? first);

const pointFacts = (
  world: TierWorld,
  policy: Policy,
  database: string,
  tier: "hot" | "release",
  promised: readonly PromisedPoint[],
): TierFacts => {
  const { now, damaged, holds, drillsMissed } = world;
  const points = pointsOf(world, database, tier);
  const newestAt = points.at(-1)?.startedAt;
  return {
    database,
    tier,
    now,
    promised,
    newestAt,
    nextBy: tier === "hot" && newestAt !== undefined ? nextHotPointBy(policy, newestAt) : undefined,
    damaged: points.flatMap(({ id }) => {
      const problem = damaged.get(id);
      return problem === undefined ? [] : [{ id, problem }];
    }),
    overdue: duePartsOf(policy, points, now).parts.filter(
      ({ verdict, point, class: name }) =>
        verdict === "overdue" && holdOn(holds, { store: "hot", id: point, class: name }) === undefined,
    ).length,
    drillMissed: tier === "hot" ? drillsMissed.get(database) : undefined,
  };
};

const archiveVerdict = async (
  world: TierWorld,
  policy: Policy,
  database: string,
  since: EpochMs | undefined,
): Promise<TierVerdict> => {
  const { now, archives, damaged, holds } = world;
  const own = archives.filter((part) => part.database === database);
  const promised: PromisedPoint[] = [];
  const sinceByClass = classesSince(world, policy, database, since);
  for (const one of policy.classes) {
    const captured = sinceByClass[one.name];
    if (captured === undefined || one.archive === undefined) continue;
    const asked = await promisedSince(
      world.evidence,
      policy,
      ({ databases, classes, timeZone }) =>
        JSON.stringify([
          databases.includes(database),
          Object.keys(classes.find(({ name }) => name === one.name)?.archive ?? {}),
          timeZone,
        ]),
      now,
    );
    const narrow = { ...policy, databases: [database], classes: [one] };
    for (const promise of promisedArchives(narrow, Math.max(captured, asked ?? captured), now)) {
      const kept = own.filter((part) => keepsPromise(promise, part));
      const whole = kept.find((part) => !damaged.has(`${part.id}/${part.class}`));
      const found = whole !== undefined ? "present" : kept.length > 0 ? "incomplete" : "missing";
      const point = (whole ?? kept[0])?.id;
      promised.push({
        expectedAt: promise.expectedAt,
        found,
        ...(point === undefined ? {} : { point }),
        class: one.name,
      });
    }
  }
  const verdict = tierVerdict({
    database,
    tier: "archive",
    now,
    promised: promised.toSorted((a, b) => a.expectedAt - b.expectedAt),
    newestAt: own.length === 0 ? undefined : Math.max(...own.map((part) => part.startedAt)),
    nextBy: undefined,
    damaged: own.flatMap(({ id, class: name }) => {
      const problem = damaged.get(`${id}/${name}`);
      return problem === undefined ? [] : [{ id: `${id}/${name}`, problem }];
    }),
    overdue: dueArchivePartsOf(policy, own, now, { verdict: "ok", trusted: now }).parts.filter(
      ({ deadline, part }) => now >= deadline && holdOn(holds, part) === undefined,
    ).length,
    drillMissed: undefined,
  });
  return { ...verdict, sinceByClass };
};

/** A class that came to a database later is promised from its first point on; the run before says which that was. */
const classesSince = (
  world: TierWorld,
  policy: Policy,
  database: string,
  since: EpochMs | undefined,
): Readonly<Record<string, EpochMs>> => {
  const carried = world.last?.tiers.find((one) => one.database === database && one.tier === "archive")?.sinceByClass;
  const points = pointsOf(world, database, "hot");
  const own = world.archives.filter((part) => part.database === database);
  const found: Record<string, EpochMs> = {};
  for (const { name } of policy.classes) {
    const first = points.find(({ parts, expired = [] }) => [...parts, ...expired].some((part) => part.class === name));
    // What the oldest point has was there from the beginning, as far as anybody knows.
    const seen = carried?.[name] ?? (first !== undefined && first === points[0] ? since : first?.startedAt);
    const archived = own.filter((part) => part.class === name).map((part) => part.startedAt);
    const at = Math.min(seen ?? Infinity, ...archived);
    if (Number.isFinite(at)) found[name] = at;
  }
  return found;
};
