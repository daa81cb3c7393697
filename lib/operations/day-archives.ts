import { archiveKeyName } from "../engine/archive/archive-names.ts";
import {
  type DamagedArchivePart,
  listArchiveParts,
  type StoredArchivePart,
  type UnknownArchived,
} from "../engine/archive/list-archive-parts.ts";
import { type ArchiveVerifyReport, verifyArchiveParts } from "../engine/archive/verify-archive.ts";
import { isShredded } from "../engine/shred.ts";
import type { ReadChoice, StockWorld } from "../engine/take-stock.ts";
import type { DayFacts } from "../policy/invariants.ts";
import type { ObjectFacts } from "../ports/object-store.ts";
import type { RetainedStore } from "../ports/retained-store.ts";

const ARCHIVE_KEYS = "archives/";

/** What there is in the archive store, and what is wrong with it. */
export interface ArchiveStock {
  readonly parts: readonly StoredArchivePart[];
  /** Versions that no part names. */
  readonly unknown: readonly UnknownArchived[];
  /** Documents that cannot be read. */
  readonly unreadable: readonly DamagedArchivePart[];
  readonly problems: number;
  /** What is wrong with each part, in words, by `<archive>/<class>`. */
  readonly damaged: ReadonlyMap<string, string>;
  readonly keysWithoutPart: DayFacts["keysWithoutPart"];
  /** Of the parts whose turn it was. */
  readonly read: Pick<ArchiveVerifyReport, "objects" | "bytes" | "rows">;
}

const NONE: ArchiveStock = {
  parts: [],
  unknown: [],
  unreadable: [],
  problems: 0,
  damaged: new Map(),
  keysWithoutPart: [],
  read: { objects: 0, bytes: 0, rows: 0 },
};

/**
 * Opens every archive part that still has its key, holds each object to its size and its lock, and reads those whose turn it is.
 * @throws STORE_*, the signal's reason
 */
export const takeArchiveStock = async (
  world: StockWorld & { readonly archive?: RetainedStore | undefined },
  reads: ReadChoice,
): Promise<ArchiveStock> => {
  const { archive, vault } = world;
  if (archive === undefined) return NONE;
  const { parts, unknown, damaged } = await listArchiveParts(archive);
  const { keys } = vault.stores;
  const readable: StoredArchivePart[] = [];
  // A part without its key is being removed, and waits for a lock.
  for (const part of parts) if (!(await isShredded(keys, archiveKeyName(part)))) readable.push(part);
  const isTurn = (part: StoredArchivePart): boolean => reads(`${part.id}/${part.class}`, part.finishedAt);
  const verified = { ...world, archive };
  const listed = await verifyArchiveParts(
    verified,
    readable.filter((part) => !isTurn(part)),
    "list",
  );
  const read = await verifyArchiveParts(verified, readable.filter(isTurn), "read");
  const wrong = new Map<string, string>();
  const problems = [...listed.problems, ...read.problems];
  for (const { archive: id, message } of problems) if (id !== undefined && !wrong.has(id)) wrong.set(id, message);
  return {
    parts,
    unknown,
    unreadable: damaged,
    problems: problems.length + damaged.length,
    damaged: wrong,
    keysWithoutPart: await keysWithoutPart(world, parts),
    read,
  };
};

/** Wrapped keys of archive parts that are not there: of an attempt that runs, of one that was stopped, or of one that is gone. */
const keysWithoutPart = async (
  { vault }: StockWorld,
  parts: readonly StoredArchivePart[],
): Promise<readonly ObjectFacts[]> => {
  const named = new Set(parts.map(archiveKeyName));
  const left: ObjectFacts[] = [];
  for await (const facts of vault.stores.keys.list(ARCHIVE_KEYS)) if (!named.has(facts.name)) left.push(facts);
  return left;
};
