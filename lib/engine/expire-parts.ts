import { Failure, isFailure } from "../model/errors.ts";
import type { PartRef, Point } from "../model/point.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { pointBegun } from "./begun-expiry.ts";
import { assertNotCaptured, assertNothingLeft, namesOf, removeObject } from "./expire.ts";
import {
  dropOlderGenerations,
  type FoldReport,
  type FoldWorld,
  foldChains,
  keptBy,
  nextGeneration,
} from "./fold-chain.ts";
import { pageChunkNames } from "./page.ts";
import { listPoints, newestGeneration, type PartHeader, partObjects, putPoint } from "./points.ts";
import { readHeader } from "./seal.ts";
import { isShredded, shredKey } from "./shred.ts";
import { partKeyName, type Vault } from "./vault.ts";

/** Parts of one point that are to go. */
export interface LeavingParts {
  readonly point: string;
  readonly classes: readonly string[];
}

export interface PartRemoval {
  readonly point: string;
  readonly class: string;
  /** Whether its wrapped key was there and was destroyed now: a removal that is completed may find it gone. */
  readonly keyShredded: boolean;
  /** Objects of the part itself, of all its generations. */
  readonly objectsDeleted: number;
  /** Pages that it named and no staying part does, with their chunks: they go with the next sweep, but for chunks that lie in other pages too. */
  readonly unnamed: readonly string[];
}

/** A part that was to go and did not go, or not whole, and why: a hold (nothing of it is lost), or a store that refused. */
export interface UnremovedPart {
  readonly point: string;
  readonly class: string;
  readonly failure: Failure;
}

export interface PartsRemovalReport {
  readonly parts: readonly PartRemoval[];
  readonly unremoved: readonly UnremovedPart[];
  /** Ids of points that have no part any more and went with the last one. */
  readonly points: readonly string[];
  readonly fold: FoldReport;
}

/**
 * Removes single parts of points. Where parts that stay build on them, their layers are folded first, so that a row that
 * only leaving parts showed is in no layer that a staying part names. Then what makes them visible goes first and what
 * they were made of last: each point says in a new generation that it had them, then each part's wrapped key goes (from
 * here on nobody can read it), then its objects of all generations. Then each is looked for and must be gone. A point
 * without parts goes too. Pages and chunks that nothing names any more are left to sweep, and to `lookForParts` to look for.
 *
 * Whether a part is held is asked before the fold, before its point stops to name it and before its key is shredded. Until
 * then nothing of it is lost: one that is held so late is put back into its point. What is deleted after the shred is noise.
 *
 * Stopped anywhere, running it again completes the removal, or puts back what is held by then. It folds also when nothing is to leave: a capture that ran
 * beside the last fold may have brought back what that merged. A part that a store does not let go is told, and the others go.
 *
 * @param only  fold layers of this class alone: what cannot be folded in one class does not keep another
 * @throws POINT_NOT_FOUND  nothing of such a part is in the vault; nothing was removed
 * @throws CAPTURE_RUNNING  its point is being captured, or another fold is running
 */
export const removeParts = async (
  world: FoldWorld,
  leaving: readonly LeavingParts[],
  only?: string,
): Promise<PartsRemovalReport> => {
  const { vault } = world;
  const points = new Set<string>();
  const parts = new Map<string, ReadonlySet<string>>();
  const unremoved: UnremovedPart[] = [];
  /** As they were before: what a part is put back from. */
  const before = new Map<string, Point>();
  for (const [id, classes] of byPoint(leaving)) {
    await assertNotCaptured(world, id);
    const found = await newestGeneration(vault.hot, id);
    for (const name of classes) await assertKnown(vault, id, name, found);
    const asked = [...classes].map(async (name) => ({ name, failure: await keptUnlessShredded(world, id, name) }));
    const going = new Set<string>();
    for (const { name, failure } of await Promise.all(asked))
      if (failure === undefined) going.add(name);
      else {
        await putBack(world, { id, class: name, before: found });
        unremoved.push({ point: id, class: name, failure });
      }
    if (going.size === 0) continue;
    // One that a process which died had let go, and that is held now, is in its point again.
    const point = going.size === classes.size ? found : await newestGeneration(vault.hot, id);
    if (point !== undefined) before.set(id, point);
    if (point?.parts.every((ref) => going.has(ref.class)) !== false) points.add(id);
    parts.set(id, going);
  }
  const staying = new Map([...parts].filter(([id]) => !points.has(id)));
  const fold = await foldChains(world, { points, parts: staying, only });

  // Whoever removed other parts of it meanwhile may have left it without any.
  for (const id of staying.keys()) if ((await newestGeneration(vault.hot, id))?.parts.length === 0) points.add(id);
  const pages = await pagesOfPoints(vault, points);
  const removals: PartRemoval[] = [];
  for (const [id, classes] of parts) {
    const unnamed = new Map<string, readonly string[]>();
    for (const name of classes) unnamed.set(name, await unnamedBy(vault.hot, id, name, pages));
    if (points.has(id)) for (const name of await namesOf(vault.hot, `points/${id}/`)) await vault.hot.delete(name);
    for (const name of classes) {
      const removed = await removePart(world, { before: before.get(id), id, class: name });
      if (isFailure(removed)) {
        unremoved.push({ point: id, class: name, failure: removed });
        points.delete(id);
      } else removals.push({ point: id, class: name, ...removed, unnamed: unnamed.get(name) ?? [] });
    }
    if (points.has(id)) assertNothingLeft(id, await namesOf(vault.hot, `points/${id}/`));
  }
  return { parts: removals, unremoved, points: [...points], fold };
};

/** Destroys what a point has stopped to name, and looks for it. @returns why that is not done, if it is not */
const removePart = async (
  world: FoldWorld,
  part: { readonly before: Point | undefined; readonly id: string; readonly class: string },
): Promise<Pick<PartRemoval, "keyShredded" | "objectsDeleted"> | Failure> => {
  const { vault, clock } = world;
  const { id, class: name } = part;
  const kept = await keptUnlessShredded(world, id, name);
  if (kept !== undefined) {
    await putBack(world, part);
    return kept;
  }
  try {
    const keyShredded = await shredKey(vault.stores.keys, partKeyName(id, name), clock.now());
    const objectsDeleted = await removeAll(vault.hot, partObjects(id, name));
    assertNothingLeft(id, await objectsOfPart(vault, id, name));
    return { keyShredded, objectsDeleted };
  } catch (error) {
    if (isFailure(error)) return error;
    throw error;
  }
};

/** A part whose shred has begun is lost: no hold brings it back, and it must not stay as a key beside its tombstone. */
const keptUnlessShredded = async (world: FoldWorld, id: string, className: string): Promise<Failure | undefined> =>
  (await isShredded(world.vault.stores.keys, partKeyName(id, className))) ? undefined : keptBy(world, id, className);

/** Lets a point name a part again that it had stopped to name, in this run or in one that died. */
const putBack = async (
  { vault, clock }: FoldWorld,
  part: { readonly before: Point | undefined; readonly id: string; readonly class: string },
): Promise<void> => {
  const { id, class: className } = part;
  const refIn = (point: Point | undefined): PartRef | undefined => point?.parts.find((one) => one.class === className);
  const there = await newestGeneration(vault.hot, id);
  if (refIn(there) !== undefined) return;
  const before =
    refIn(part.before) === undefined
      ? await pointBegun(vault.hot, { store: "hot", id, class: className })
      : part.before;
  const ref = refIn(before);
  if (before === undefined || ref === undefined) return;
  const others = before.parts.filter((one) => one !== ref).map((one) => ({ class: one.class, at: clock.now() }));
  const point = there ?? { ...before, parts: [], expired: [...(before.expired ?? []), ...others] };
  await putPoint(vault.hot, {
    ...point,
    generation: await nextGeneration(vault, point),
    parts: [...point.parts, ref],
    expired: (point.expired ?? []).filter((one) => one.class !== className),
  });
  await dropOlderGenerations(vault, point.id);
};

/**
 * Looks for what removed parts named, after a sweep.
 * @returns names of pages and chunks that are still there: `left` if no point names them, because a capture or restore that
 *   runs has kept them or the sweep was postponed; `named` if another part of a point does
 */
export const lookForParts = async (
  vault: Vault,
  removals: readonly Pick<PartRemoval, "unnamed">[],
): Promise<ReadonlyMap<string, "left" | "named">> => {
  const found = new Map<string, "left" | "named">();
  for (const name of new Set(removals.flatMap(({ unnamed }) => unnamed)))
    if ((await vault.hot.head(name)) !== undefined) found.set(name, "left");
  if (found.size === 0) return found;
  // A chunk may lie in pages of other parts, and a capture may have built on a page meanwhile.
  for (const page of await pagesOfPoints(vault, new Set()))
    for (const name of [page, ...((await pageChunkNames(vault.hot, page)) ?? [])])
      if (found.has(name)) found.set(name, "named");
  return found;
};

const byPoint = (leaving: readonly LeavingParts[]): ReadonlyMap<string, ReadonlySet<string>> => {
  const found = new Map<string, Set<string>>();
  for (const { point, classes } of leaving) {
    const known = found.get(point) ?? new Set();
    for (const name of classes) known.add(name);
    found.set(point, known);
  }
  return found;
};

const assertKnown = async (vault: Vault, id: string, className: string, point: Point | undefined): Promise<void> => {
  const had = [...(point?.parts ?? []), ...(point?.expired ?? [])].some((part) => part.class === className);
  if (had || (await objectsOfPart(vault, id, className)).length > 0) return;
  throw new Failure("POINT_NOT_FOUND", `there is no part ${className} of a point ${id}`);
};

/** What there is of a part, whether a point names it or not: its wrapped key and its objects. */
export const objectsOfPart = async (vault: Vault, id: string, className: string): Promise<readonly string[]> => {
  const key = partKeyName(id, className);
  const there = (await vault.stores.keys.head(key)) === undefined ? [] : [key];
  return [...there, ...(await namesOf(vault.hot, partObjects(id, className)))];
};

const removeAll = async (store: ObjectStore, prefix: string): Promise<number> => {
  let removed = 0;
  for (const name of await namesOf(store, prefix)) removed += await removeObject(store, name);
  return removed;
};

/** Every page that the newest generations of points name. Needs no key. */
const pagesOfPoints = async (vault: Vault, without: ReadonlySet<string>): Promise<ReadonlySet<string>> => {
  const pages = new Set<string>();
  for (const point of await listPoints(vault.hot)) {
    if (without.has(point.id)) continue;
    for (const ref of point.parts) for (const page of await pagesOfPart(vault.hot, ref)) pages.add(page);
  }
  return pages;
};

/** None if the part is gone: a fold has put another one in its place. */
const pagesOfPart = async (hot: ObjectStore, { name }: Pick<PartRef, "name">): Promise<readonly string[]> => {
  const sealed = await hot.get(name);
  return sealed === undefined ? [] : readHeader<PartHeader>(name, sealed, "part").pages;
};

const unnamedBy = async (
  hot: ObjectStore,
  id: string,
  className: string,
  staying: ReadonlySet<string>,
): Promise<readonly string[]> => {
  const names = new Set<string>();
  for (const name of await namesOf(hot, partObjects(id, className)))
    for (const page of await pagesOfPart(hot, { name })) {
      if (staying.has(page) || names.has(page)) continue;
      names.add(page);
      for (const chunk of (await pageChunkNames(hot, page)) ?? []) names.add(chunk);
    }
  return [...names];
};
