import { type BegunExpiry, putBegun } from "../engine/begun-expiry.ts";
import { lookForParts, objectsOfPart, type PartRemoval, removeParts } from "../engine/expire-parts.ts";
import type { FoldWorld } from "../engine/fold-chain.ts";
import { listIntents } from "../engine/intent.ts";
import { newestGeneration } from "../engine/points.ts";
import { shreddedKeysThatStand, shredKey } from "../engine/shred.ts";
import { type SweepReport, sweep } from "../engine/sweep.ts";
import { Failure, isFailure } from "../model/errors.ts";
import type { Point } from "../model/point.ts";
import type { PartVerdict } from "../policy/due-parts.ts";
import { type DueCopy, type RetentionOutcome, removedOutcome, unremovedOutcome } from "./retention-report.ts";

export interface HotRetention {
  readonly outcomes: readonly RetentionOutcome[];
  readonly swept: { readonly objects: number; readonly bytes: number };
  readonly notices: readonly string[];
}

export const dueCopyOf = ({
  point,
  class: name,
  database,
  tier,
  startedAt,
  deadline,
  because,
}: PartVerdict): DueCopy => ({
  part: { store: "hot", id: point, class: name },
  database,
  tier,
  startedAt,
  deadline,
  because,
});

/** A part that no point names and whose removal nothing has recorded yet. */
export const begunCopyOf = (begun: BegunExpiry): DueCopy => ({
  ...begun,
  because: "a run that died had begun to remove it",
});

/**
 * Removes parts of points, sweeps, and looks for everything that they alone named. What cannot be removed keeps nothing else:
 * if all cannot be folded together, each class is tried by itself.
 * @throws the signal's reason
 */
export const removeHot = async (world: FoldWorld, leaving: readonly DueCopy[]): Promise<HotRetention> => {
  const { vault, clock } = world;
  const outcomes = new Map<DueCopy, RetentionOutcome>();
  const intents = (await listIntents(vault.hot)).filter((intent) => intent.leaseUntil > clock.now());
  const going: DueCopy[] = [];
  const points = new Map<string, Point | undefined>();
  for (const copy of leaving) {
    const { id } = copy.part;
    if (!points.has(id)) points.set(id, await newestGeneration(vault.hot, id));
    const noted = await attempt(world.signal, () => putBegun(vault.hot, copy, points.get(id)));
    if (isFailure(noted)) outcomes.set(copy, unremovedOutcome(copy, noted));
    else if (intents.some((intent) => intent.id === id))
      outcomes.set(copy, unremovedOutcome(copy, new Failure("CAPTURE_RUNNING", `point ${id} is being captured`)));
    else if ((await objectsOfPart(vault, id, copy.part.class)).length > 0) going.push(copy);
  }
  const { removals, unremoved } = await removeAll(world, going);
  for (const [copy, failure] of unremoved) outcomes.set(copy, unremovedOutcome(copy, failure));
  const proof = await proveGone(world, [...removals.values()]);
  const lookedAt = clock.now();
  for (const copy of leaving) {
    if (outcomes.has(copy)) continue;
    const removed = removals.get(copy);
    const { objectsDeleted, objectsLeft } =
      removed === undefined ? { objectsDeleted: 0, objectsLeft: proof.unnamedLeft } : proof.of(removed);
    const keyShredded = removed?.keyShredded ?? false;
    outcomes.set(copy, removedOutcome(copy, { keyShredded, objectsDeleted, objectsLeft, lookedAt }));
  }
  return {
    outcomes: leaving.map((copy) => outcomes.get(copy) as RetentionOutcome),
    swept: proof.swept,
    notices: proof.notices,
  };
};

interface Removed {
  readonly removals: ReadonlyMap<DueCopy, PartRemoval>;
  readonly unremoved: ReadonlyMap<DueCopy, Failure>;
}

const removeAll = async (world: FoldWorld, going: readonly DueCopy[]): Promise<Removed> => {
  const whole = await tryRemove(world, going);
  const classes = new Set(going.map(({ part }) => part.class));
  if (!isFailure(whole)) return whole;
  // Another worker is at it, or there is only this class.
  if (whole.code === "CAPTURE_RUNNING" || classes.size === 1) return allUnremoved(going, whole);
  const removals = new Map<DueCopy, PartRemoval>();
  const unremoved = new Map<DueCopy, Failure>();
  for (const name of classes) {
    const own = going.filter(({ part }) => part.class === name);
    const tried = await tryRemove(world, own, name);
    const done = isFailure(tried) ? allUnremoved(own, tried) : tried;
    for (const [copy, removal] of done.removals) removals.set(copy, removal);
    for (const [copy, failure] of done.unremoved) unremoved.set(copy, failure);
  }
  return { removals, unremoved };
};

const allUnremoved = (going: readonly DueCopy[], failure: Failure): Removed => ({
  removals: new Map(),
  unremoved: new Map(going.map((copy) => [copy, failure])),
});

const tryRemove = async (world: FoldWorld, going: readonly DueCopy[], only?: string): Promise<Removed | Failure> => {
  const leaving = going.map(({ part }) => ({ point: part.id, classes: [part.class] }));
  const report = await attempt(world.signal, () => removeParts(world, leaving, only));
  if (isFailure(report)) return report;
  const copyOf = (one: { readonly point: string; readonly class: string }): DueCopy =>
    going.find(({ part }) => part.id === one.point && part.class === one.class) as DueCopy;
  return {
    removals: new Map(report.parts.map((one) => [copyOf(one), one])),
    unremoved: new Map(report.unremoved.map((one) => [copyOf(one), one.failure])),
  };
};

interface Proof {
  of(removal: PartRemoval): { readonly objectsDeleted: number; readonly objectsLeft: number };
  /** What nothing names and is there all the same: all that a part can have left whose own list is gone. */
  readonly unnamedLeft: number;
  readonly swept: HotRetention["swept"];
  readonly notices: readonly string[];
}

/** Deletes what nothing names any more, then looks for what was removed. Where it cannot be looked for, all of it counts as left. */
const proveGone = async (world: FoldWorld, removals: readonly PartRemoval[]): Promise<Proof> => {
  const { vault, clock, progress, signal, beforeDestroy } = world;
  const sweeping = { stores: vault.stores, clock, progress, signal, beforeDestroy };
  const swept = await attempt(signal, () => sweep(sweeping, { dryRun: false }));
  const buried = await attempt(signal, () => buryAgain(world));
  const found = await attempt(signal, () => lookForParts(vault, removals));
  const spared = isFailure(swept) || swept.postponed !== undefined ? 1 : 0;
  return {
    of: ({ objectsDeleted, unnamed }) =>
      isFailure(found)
        ? { objectsDeleted, objectsLeft: Math.max(1, unnamed.length) }
        : {
            objectsDeleted: objectsDeleted + unnamed.filter((name) => !found.has(name)).length,
            objectsLeft: unnamed.filter((name) => found.get(name) === "left").length,
          },
    unnamedLeft: isFailure(swept) ? spared : Math.max(spared, swept.spared.objects),
    swept: isFailure(swept) ? { objects: 0, bytes: 0 } : sweptOf(swept),
    notices: [
      ...(isFailure(swept) ? [`not swept to its end: ${swept.message}`] : []),
      ...(!isFailure(swept) && swept.postponed !== undefined ? [`not swept: ${swept.postponed}`] : []),
      ...(isFailure(buried) ? [`keys beside their tombstones: ${buried.message}`] : buried),
      ...(isFailure(found) ? [`not looked for: ${found.message}`] : []),
    ],
  };
};

/** What failed is told; it keeps nothing else. */
const attempt = async <T>(signal: AbortSignal, act: () => Promise<T>): Promise<T | Failure> => {
  try {
    return await act();
  } catch (error) {
    signal.throwIfAborted();
    if (isFailure(error)) return error;
    throw error;
  }
};

/** Keys that a process died over, or that came back with a backup of the key store. */
const buryAgain = async ({ vault, clock }: FoldWorld): Promise<readonly string[]> => {
  const { keys } = vault.stores;
  const buried: string[] = [];
  for await (const name of shreddedKeysThatStand(keys)) if (await shredKey(keys, name, clock.now())) buried.push(name);
  return buried.map((name) => `wrapped key ${name} was there again beside its tombstone, and is destroyed again`);
};

const sweptOf = ({ pages, chunks, parts, keys, work }: SweepReport): HotRetention["swept"] => {
  const all = [pages, chunks, parts, keys, work];
  return {
    objects: all.reduce((sum, { objects }) => sum + objects, 0),
    bytes: all.reduce((sum, { bytes }) => sum + bytes, 0),
  };
};
