import { archiveKeyName } from "../engine/archive/archive-names.ts";
import type { StoredArchivePart } from "../engine/archive/list-archive-parts.ts";
import { removeArchivePart } from "../engine/archive/remove-archive-part.ts";
import { putBegun } from "../engine/begun-expiry.ts";
import type { FoldWorld } from "../engine/fold-chain.ts";
import { isShredded } from "../engine/shred.ts";
import { isFailure } from "../model/errors.ts";
import type { ArchiveVerdict } from "../policy/due-archive-parts.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import { type DueCopy, type RetentionOutcome, removedOutcome, unremovedOutcome } from "./retention-report.ts";

export const archiveCopyOf = ({ part, database, startedAt, deadline, because }: ArchiveVerdict): DueCopy => ({
  part,
  database,
  tier: "archive",
  startedAt,
  deadline,
  because,
});

/** What keeps an archive part that is due by its times from being removed now; undefined if nothing does. */
export const waitingOutcome = (verdict: ArchiveVerdict): RetentionOutcome | undefined => {
  const copy = archiveCopyOf(verdict);
  if (verdict.verdict === "waits")
    return { ...copy, outcome: "waits", reason: "it has a minimum, and this machine's clock is not trusted" };
  if (verdict.verdict !== "locked" || verdict.lockedUntil === undefined) return undefined;
  const { lockedUntil } = verdict;
  const reason = `the store locks it until ${new Date(lockedUntil).toISOString()}`;
  return { ...copy, outcome: "locked", reason, lockedUntil };
};

/** Removes one archive part. A hold keeps it until its shred has begun; from then on what is left of it is noise. */
export const removeArchived = async (
  world: FoldWorld & { readonly archive: RetainedStore },
  stored: StoredArchivePart,
  copy: DueCopy,
): Promise<RetentionOutcome> => {
  const { vault, clock, archive, beforeDestroy, signal } = world;
  const { keys } = vault.stores;
  const ask = async (): Promise<void> => {
    if (!(await isShredded(keys, archiveKeyName(stored)))) await beforeDestroy?.(copy.part);
  };
  try {
    await putBegun(vault.hot, copy);
    const { objectsLeft, ...removed } = await removeArchivePart({ archive, keys, clock }, stored, ask);
    const locks = objectsLeft.flatMap(({ until }) => until ?? []);
    const lockedUntil = locks.length === 0 ? undefined : Math.max(...locks);
    const [reason] = objectsLeft.flatMap(({ unlabelled }) => unlabelled ?? []);
    return removedOutcome(copy, { ...removed, objectsLeft: objectsLeft.length }, { lockedUntil, reason });
  } catch (error) {
    signal.throwIfAborted();
    if (isFailure(error)) return unremovedOutcome(copy, error);
    throw error;
  }
};
