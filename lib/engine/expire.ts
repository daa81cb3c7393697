import { Failure } from "../model/errors.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { type FoldReport, type FoldWorld, foldChains, keptBy } from "./fold-chain.ts";
import { listIntents } from "./intent.ts";
import { newestGeneration, partPrefix, pointGenerations } from "./points.ts";
import { shredKey } from "./shred.ts";

export interface RemovalReport {
  /** Ids of the points that were removed, or whose removal was completed. */
  readonly removed: readonly string[];
  readonly objectsDeleted: number;
  readonly keysShredded: number;
  readonly fold: FoldReport;
}

/**
 * Removes points. Where points that stay build on them, their layers are folded first. Then, point by point, what makes
 * it visible goes first and what it was made of last: its generations, its wrapped data keys (from here on nobody can read
 * it), its parts. Then each is looked for and must be gone. Pages and chunks that nothing names any more are left to sweep.
 * Whether a part is held is asked before the fold and before its point goes.
 *
 * Stopped anywhere, running it again completes the removal, also when the point itself is gone already.
 *
 * @throws POINT_NOT_FOUND  nothing of such a point is in the vault; nothing was removed
 * @throws CAPTURE_RUNNING  it is being captured, or another fold is running
 */
export const removePoints = async (world: FoldWorld, ids: readonly string[]): Promise<RemovalReport> => {
  for (const id of ids) await assertRemovable(world, id);
  const fold = await foldChains(world, { points: new Set(ids), parts: new Map() });
  let objectsDeleted = 0;
  let keysShredded = 0;
  for (const id of ids) {
    await assertNotKept(world, id);
    const removed = await removePoint(world, id);
    objectsDeleted += removed.objectsDeleted;
    keysShredded += removed.keysShredded;
  }
  return { removed: ids, objectsDeleted, keysShredded, fold };
};

/** Removes one point that nothing builds on, and looks for what is left of it. */
const removePoint = async (
  { vault, clock }: Pick<FoldWorld, "vault" | "clock">,
  id: string,
): Promise<Pick<RemovalReport, "objectsDeleted" | "keysShredded">> => {
  const { keys } = vault.stores;
  let objectsDeleted = 0;
  let keysShredded = 0;
  // Lowest generation first: one that is left over must not come to be the newest.
  for (const name of await pointGenerations(vault.hot, id)) objectsDeleted += await removeObject(vault.hot, name);
  for (const name of await namesOf(keys, partPrefix(id)))
    keysShredded += (await shredKey(keys, name, clock.now())) ? 1 : 0;
  for (const name of await namesOf(vault.hot, partPrefix(id))) objectsDeleted += await removeObject(vault.hot, name);
  assertNothingLeft(id, await leftOf(vault, id));
  return { objectsDeleted, keysShredded };
};

const assertRemovable = async (world: FoldWorld, id: string): Promise<void> => {
  await assertNotCaptured(world, id);
  if ((await leftOf(world.vault, id)).length === 0) throw new Failure("POINT_NOT_FOUND", `there is no point ${id}`);
  await assertNotKept(world, id);
};

/** @throws PART_HELD  or what else asking threw */
const assertNotKept = async (world: FoldWorld, id: string): Promise<void> => {
  for (const { class: name } of (await newestGeneration(world.vault.hot, id))?.parts ?? []) {
    const kept = await keptBy(world, id, name);
    if (kept !== undefined) throw kept;
  }
};

/** @throws CAPTURE_RUNNING */
export const assertNotCaptured = async ({ vault, clock }: FoldWorld, id: string): Promise<void> => {
  const running = (await listIntents(vault.hot)).some((intent) => intent.id === id && intent.leaseUntil > clock.now());
  if (running) throw new Failure("CAPTURE_RUNNING", `point ${id} is being captured`);
};

/** The proof of a removal: what was looked for and found says that it is not done. */
export const assertNothingLeft = (id: string, left: readonly string[]): void => {
  const [first] = left;
  if (first !== undefined)
    throw new Failure("OBJECT_EXISTS", `object ${first} of point ${id}, which was removed, is still there`, {
      hint: "run the same command again",
      facts: { object: first },
    });
};

const leftOf = async ({ hot, stores }: FoldWorld["vault"], id: string): Promise<readonly string[]> => [
  ...(await pointGenerations(hot, id)),
  ...(await namesOf(stores.keys, partPrefix(id))),
  ...(await namesOf(hot, partPrefix(id))),
];

/** @returns how many objects that took away: one or none */
export const removeObject = async (store: ObjectStore, name: string): Promise<number> =>
  (await store.delete(name)) === "deleted" ? 1 : 0;

export const namesOf = async (store: ObjectStore, prefix: string): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
};
