import { isFailure } from "../../model/errors.ts";
import type { EpochMs } from "../../model/units.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { RetainedStore } from "../../ports/retained-store.ts";
import { shredKey } from "../shred.ts";
import { archiveDocumentName, archiveKeyName } from "./archive-names.ts";
import type { StoredArchivePart } from "./list-archive-parts.ts";

/** Deletes between two questions whether to go on. */
const BATCH = 100;

export interface ArchiveRemovalWorld {
  readonly archive: RetainedStore;
  readonly keys: ObjectStore;
  readonly clock: Clock;
}

interface ObjectVersion {
  readonly name: string;
  readonly version: string;
}

/** A version that was looked for and is still there. */
export interface LeftVersion extends ObjectVersion {
  /** Until when the store refuses to delete it; left out if nothing locks it. */
  readonly until?: EpochMs;
  /** Why nobody can say what locks it, so that the store refuses to delete it at all. */
  readonly unlabelled?: string;
}

export interface ArchiveRemoval {
  /** Whether its wrapped key was there and was destroyed now: a removal that is completed finds it gone. */
  readonly keyShredded: boolean;
  readonly objectsDeleted: number;
  readonly objectsLeft: readonly LeftVersion[];
  /** When the last of its versions had been looked for. */
  readonly lookedAt: EpochMs;
}

/**
 * Removes an archive part: its wrapped key, from when on nobody can read it; then what it names, version by version; its
 * document last. Then each version is looked for.
 *
 * A point's document goes first, so that nobody takes half a point for a whole one. Here the wrapped key stands for that: an
 * archive part without one is not readable, and every reader asks for it first. The document stays to the end because a store
 * that locks may refuse the rest for years: it alone says whose those packs are, what they still wait for, and by when they
 * should have been gone. Stopped anywhere, or refused by a lock, running it again goes on where it stood. An object that is
 * damaged so that nobody can say what locks it keeps no other: it is left, until somebody has put it back or removed it.
 *
 * @param beforeDestroy  asked before the key goes and before each batch of deletes; what it throws ends the removal there
 * @throws STORE_*, and what `beforeDestroy` throws
 */
export const removeArchivePart = async (
  world: ArchiveRemovalWorld,
  part: StoredArchivePart,
  beforeDestroy: () => Promise<void>,
): Promise<ArchiveRemoval> => {
  const { archive, keys, clock } = world;
  await beforeDestroy();
  const keyShredded = await shredKey(keys, archiveKeyName(part), clock.now());
  const removed = await removeVersions(archive, part.objects, beforeDestroy);
  if (removed.left.length > 0)
    return { keyShredded, objectsDeleted: removed.deleted, objectsLeft: removed.left, lookedAt: clock.now() };
  // Latest first: whatever somebody put over the document must not come to be the oldest, which is the one that counts.
  const name = archiveDocumentName(part);
  const documents = (await archive.versions(name)).map((version) => ({ name, version }));
  const last = await removeVersions(archive, documents, beforeDestroy);
  return {
    keyShredded,
    objectsDeleted: removed.deleted + last.deleted,
    objectsLeft: last.left,
    lookedAt: clock.now(),
  };
};

/** Deletes versions in their order, each unless a lock refuses, and looks for each afterwards. */
const removeVersions = async (
  archive: RetainedStore,
  versions: readonly ObjectVersion[],
  beforeDestroy: () => Promise<void>,
): Promise<{ readonly deleted: number; readonly left: readonly LeftVersion[] }> => {
  let deleted = 0;
  for (const [index, { name, version }] of versions.entries()) {
    if (index % BATCH === 0) await beforeDestroy();
    try {
      if ((await archive.delete(name, version)) === "deleted") deleted++;
    } catch (error) {
      // What is locked, or damaged, is found by the look.
      if (!isFailure(error, "OBJECT_RETAINED") && !isFailure(error, "OBJECT_CORRUPT")) throw error;
    }
  }
  const left: LeftVersion[] = [];
  for (const version of versions) left.push(...(await lookFor(archive, version)));
  return { deleted, left };
};

/** @returns the version if it is still there */
const lookFor = async (archive: RetainedStore, { name, version }: ObjectVersion): Promise<readonly LeftVersion[]> => {
  try {
    if (!(await archive.versions(name)).includes(version)) return [];
    const retention = await archive.retention(name, version);
    const isLocked = retention !== undefined && retention.mode !== "none";
    return [isLocked ? { name, version, until: retention.until } : { name, version }];
  } catch (error) {
    if (!isFailure(error, "OBJECT_CORRUPT")) throw error;
    return [{ name, version, unlabelled: error.message }];
  }
};
