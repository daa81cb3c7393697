import { listArchiveParts } from "../engine/archive/list-archive-parts.ts";
import { HoldRegister } from "../engine/hold-register.ts";
import { newestGeneration } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import type { PartId } from "../model/audit.ts";
import { isFailure } from "../model/errors.ts";
import type { Hold } from "../model/hold.ts";
import { formatNumber } from "../model/measure.ts";
import type { PartRef, Point } from "../model/point.ts";
import type { Policy } from "../model/policy.ts";
import type { ExaminedRow, KeptRow } from "../model/report.ts";
import type { EpochMs } from "../model/units.ts";
import { dueArchivePartsOf } from "../policy/due-archive-parts.ts";
import { duePartsOf } from "../policy/due-parts.ts";
import { holdOn } from "../policy/holds.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { RetainedStore } from "../ports/retained-store.ts";

/** What is in the vault when the report is made, and what could not be told of it. */
export interface VaultFacts {
  readonly points: readonly Point[];
  readonly kept: readonly KeptRow[];
  readonly holds: readonly Hold[];
  readonly examined: readonly ExaminedRow[];
  readonly notices: readonly string[];
}

export interface VaultPlaces {
  readonly vault: Vault;
  readonly evidence: ObjectStore;
  /** Left out where the vault has no archive. */
  readonly archive?: RetainedStore | undefined;
}

/**
 * Points, archive parts and holds with what a policy says of them now. What is damaged is told and keeps nothing else from
 * being told.
 * @throws STORE_*
 */
export const gatherVault = async (places: VaultPlaces, policy: Policy, now: EpochMs): Promise<VaultFacts> => {
  const notices: string[] = [];
  const unlessDamaged = async <T>(read: () => Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await read();
    } catch (error) {
      if (!isFailure(error, "OBJECT_CORRUPT")) throw error;
      notices.push(error.message);
      return otherwise;
    }
  };
  const { vault, evidence, archive } = places;
  const points: Point[] = [];
  for (const id of await pointIds(vault.hot)) {
    const point = await unlessDamaged(() => newestGeneration(vault.hot, id), undefined);
    if (point !== undefined) points.push(point);
  }
  points.sort((a, b) => a.startedAt - b.startedAt);
  const holds = await unlessDamaged(() => new HoldRegister(evidence).list(), []);
  const hot = hotParts(policy, points, holds, now);
  const archived = archive === undefined ? undefined : await archivedParts(archive, policy, holds, now);
  notices.push(...hot.notices, ...(archived?.notices ?? []));
  const parts = points.reduce((sum, point) => sum + point.parts.length, 0);
  return {
    points,
    kept: [...hot.kept, ...(archived?.kept ?? [])],
    holds,
    examined: [
      { store: "hot", found: `${formatNumber(points.length, "point")} with ${formatNumber(parts, "part")}` },
      archived?.examined ?? { store: "archive", found: "this vault has none" },
    ],
    notices,
  };
};

const pointIds = async (hot: ObjectStore): Promise<ReadonlySet<string>> => {
  const ids = new Set<string>();
  for await (const { name } of hot.list("points/")) ids.add(name.split("/")[1] ?? "");
  return ids;
};

type Kept = Pick<VaultFacts, "kept" | "notices">;

const hotParts = (policy: Policy, points: readonly Point[], holds: readonly Hold[], now: EpochMs): Kept => {
  const refs = new Map(points.flatMap((point) => point.parts.map((ref) => [`${point.id}/${ref.class}`, ref])));
  const { parts, notices } = duePartsOf(policy, points, now);
  return {
    kept: parts.map(({ point, class: name, database, tier, startedAt, deleteAt, deadline, verdict, because }) => {
      const { rows, sealedBytes } = refs.get(`${point}/${name}`) as PartRef;
      const part: PartId = { store: "hot", id: point, class: name };
      const facts = { part, database, tier, startedAt, rows, sealedBytes, deleteAt, deadline };
      return { ...facts, state: verdict, because, ...heldBy(holds, part) };
    }),
    notices: notices.map(({ point, message }) => `point ${point}: ${message}`),
  };
};

const archivedParts = async (
  archive: RetainedStore,
  policy: Policy,
  holds: readonly Hold[],
  now: EpochMs,
): Promise<Kept & { readonly examined: ExaminedRow }> => {
  const { parts: stored, unknown, damaged } = await listArchiveParts(archive);
  // Who only tells goes by the clock there is; what deletes looks at it twice.
  const { parts, notices } = dueArchivePartsOf(policy, stored, now, { verdict: "ok", trusted: now });
  const byPart = new Map(stored.map((one) => [`${one.id}/${one.class}`, one]));
  const kept = parts.flatMap((verdict): readonly KeptRow[] => {
    const { part, database, startedAt, deleteAt, deadline, lockedUntil, because } = verdict;
    const one = byPart.get(`${part.id}/${part.class}`);
    if (one === undefined) return [];
    const lock =
      lockedUntil === undefined ? {} : { lock: `${one.times.lock} until ${new Date(lockedUntil).toISOString()}` };
    const facts = { part, database, tier: "archive", startedAt, rows: one.rows, sealedBytes: one.sealedBytes } as const;
    const state = verdict.verdict === "waits" ? "due" : verdict.verdict;
    return [{ ...facts, deleteAt, deadline, ...lock, state, because, ...heldBy(holds, part) }];
  });
  return {
    kept,
    notices: [
      ...notices.map(({ part, message }) => `archive ${part.id}, class ${part.class}: ${message}`),
      ...damaged.map(({ failure }) => failure.message),
    ],
    examined: { store: "archive", found: formatNumber(stored.length, "archive part"), unknown: unknown.length },
  };
};

const heldBy = (holds: readonly Hold[], part: PartId): Pick<KeptRow, "state" | "because"> | undefined => {
  const hold = holdOn(holds, part);
  return (
    hold && { state: "held", because: `hold ${hold.id}, to be reviewed by ${new Date(hold.reviewAt).toISOString()}` }
  );
};
