import { captureScratch, type ScratchWorld } from "../engine/diff/capture-scratch.ts";
import { type DiffWorld, diffPoints, diffSets } from "../engine/diff/diff-points.ts";
import { overlayStore } from "../engine/diff/overlay-store.ts";
import { openPoint } from "../engine/diff/table-set.ts";
import { findPoint } from "../engine/points.ts";
import type { Vault } from "../engine/vault.ts";
import type { Difference } from "../model/difference.ts";
import { Failure } from "../model/errors.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { SourceDatabase } from "../ports/source-database.ts";
import { type CopyLane, type CopyLaneOpening, openCopyLane } from "./lane.ts";

export interface DiffOptions {
  /** The point that is compared: what was. Id, beginning of an id, release, or `latest`. */
  readonly a: string;
  /** Samples of each kind per table. */
  readonly samplesMax: number;
}

/**
 * `point diff A B`: what differs between two points. Reads only.
 * @throws POINT_NOT_FOUND, OBJECT_*, CHUNK_DIGEST_MISMATCH, DIGEST_MISMATCH, KEY_WRONG, STORE_*
 */
export const diffTwoPoints = async (
  world: DiffWorld & { readonly vault: Vault },
  options: DiffOptions & { readonly b: string },
): Promise<Difference> => {
  const { vault } = world;
  const a = await findPoint(vault.hot, options.a);
  const b = await findPoint(vault.hot, options.b);
  return diffPoints(world, vault, a, b, options.samplesMax);
};

/**
 * `point diff A --live`: what differs between a point and the live database. Reads the vault and the database, writes
 * only to the scratch store.
 * @throws POINT_NOT_FOUND, SOURCE_MOVED, DATABASE_*, and what diffTwoPoints throws
 */
export const diffWithLive = async (world: DiffWorld & ScratchWorld, options: DiffOptions): Promise<Difference> => {
  const { vault } = world;
  for await (const object of world.scratch.list(""))
    throw new Failure("USAGE", `the scratch store is not empty: it has ${object.name}`);
  const earlier = await openPoint(vault, await findPoint(vault.hot, options.a));
  const live = await captureScratch(world, earlier);
  return diffSets(world, earlier.set, live, options.samplesMax);
};

/** A worker of diffWithLive: like a capture's, but what it writes goes to the scratch store. */
export const openScratchLane = (
  world: {
    readonly source: SourceDatabase;
    readonly store: ObjectStore;
    readonly scratch: ObjectStore;
    readonly entropy: Entropy;
  },
  opening: CopyLaneOpening,
): Promise<CopyLane> => openCopyLane({ ...world, store: overlayStore(world.store, world.scratch) }, opening);
