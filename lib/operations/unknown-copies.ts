import { attemptOf } from "../engine/archive/archive-names.ts";
import { unknownObjects } from "../engine/unknown-objects.ts";
import { isFailure } from "../model/errors.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { leftoverTimes } from "../policy/unknown-copies.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { RetainedFacts, RetainedStore } from "../ports/retained-store.ts";
import type { UnknownCopy } from "./retention-report.ts";

interface Found extends Pick<UnknownCopy, "store" | "name" | "bytes" | "writtenAt"> {
  readonly version?: string;
  readonly remove: () => Promise<unknown>;
}

/**
 * Copies that nothing speaks for: told as long as they are there, and deleted when the class that ends first would be,
 * counted from when the store says they were written. What an archive run that died left may be locked for longer: it waits.
 */
export const letGoUnknown = async (
  stores: {
    readonly hot: ObjectStore;
    readonly archive: RetainedStore | undefined;
    /** Versions that no archive part names. */
    readonly versions: readonly RetainedFacts[];
  },
  policy: Policy,
  { now, dryRun }: { readonly now: EpochMs; readonly dryRun: boolean },
): Promise<readonly UnknownCopy[]> => {
  const { hot, archive, versions } = stores;
  const found: Found[] = [];
  for await (const { name, bytes, writtenAt } of unknownObjects(hot))
    found.push({ store: "hot", name, bytes, writtenAt, remove: () => hot.delete(name) });
  if (archive !== undefined)
    for (const { name, version, bytes, writtenAt } of versions)
      found.push({ store: "archive", name, version, bytes, writtenAt, remove: () => archive.delete(name, version) });
  const copies: UnknownCopy[] = [];
  for (const { remove, ...facts } of found) {
    const leftover = facts.store === "archive" ? attemptOf(facts.name) : undefined;
    const { deleteAt, deadline, lockedUntilMax } = leftoverTimes(policy, leftover, facts.writtenAt);
    const copy = { ...facts, deadline };
    if (now < deleteAt) copies.push({ ...copy, outcome: "kept" });
    else if (dryRun) copies.push({ ...copy, outcome: "due" });
    else copies.push({ ...copy, ...(await tried(remove, now < lockedUntilMax)) });
  }
  return copies;
};

const tried = async (
  remove: () => Promise<unknown>,
  mayBeLocked: boolean,
): Promise<Pick<UnknownCopy, "outcome" | "reason">> => {
  try {
    await remove();
    return { outcome: "gone" };
  } catch (error) {
    if (mayBeLocked && isFailure(error, "OBJECT_RETAINED")) return { outcome: "kept", reason: error.message };
    if (isFailure(error)) return { outcome: "failed", reason: error.message };
    throw error;
  }
};
