import { archiveNamedBy } from "../engine/archive/archive-names.ts";
import type { DamagedArchivePart, UnknownArchived } from "../engine/archive/list-archive-parts.ts";
import { unknownObjects } from "../engine/unknown-objects.ts";
import { isFailure } from "../model/errors.ts";
import type { Policy } from "../model/policy.ts";
import type { EpochMs } from "../model/units.ts";
import { leftoverTimes } from "../policy/unknown-copies.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { RetainedStore } from "../ports/retained-store.ts";
import type { UnknownCopy } from "./retention-report.ts";

interface Found extends Pick<UnknownCopy, "store" | "name" | "version" | "bytes" | "writtenAt"> {
  readonly leftOf?: UnknownArchived["leftOf"];
  readonly remove: () => Promise<unknown>;
}

/**
 * Copies that nothing speaks for: told as long as they are there, and deleted when the class that ends first would be,
 * counted from when the store says they were written. What an archive run that died left may be locked for longer: it waits.
 *
 * The document of an archive that cannot be read is told as one that could not be removed: nobody knows any more when what it
 * named is to go, and a person has to say.
 */
export const letGoUnknown = async (
  stores: {
    readonly hot: ObjectStore;
    readonly archive: RetainedStore | undefined;
    readonly archived: {
      /** Versions that no archive part names. */
      readonly unknown: readonly UnknownArchived[];
      readonly damaged: readonly DamagedArchivePart[];
    };
  },
  policy: Policy,
  { now, dryRun }: { readonly now: EpochMs; readonly dryRun: boolean },
): Promise<readonly UnknownCopy[]> => {
  const { hot, archive, archived } = stores;
  const found: Found[] = [];
  for await (const { name, bytes, writtenAt } of unknownObjects(hot))
    found.push({ store: "hot", name, bytes, writtenAt, remove: () => hot.delete(name) });
  if (archive !== undefined)
    for (const { name, version, bytes, writtenAt, leftOf } of archived.unknown) {
      const facts = { store: "archive", name, version, bytes, writtenAt } as const;
      found.push({ ...facts, leftOf, remove: () => archive.delete(name, version) });
    }
  const copies = archived.damaged.map((one) => damagedCopy(policy, one));
  for (const { remove, leftOf, ...facts } of found) {
    const { deleteAt, deadline, lockedUntilMax } = leftoverTimes(policy, leftOf, facts.writtenAt);
    const copy = { ...facts, deadline };
    if (now < deleteAt) copies.push({ ...copy, outcome: "kept" });
    else if (dryRun) copies.push({ ...copy, outcome: "due" });
    else copies.push({ ...copy, ...(await tried(remove, now < lockedUntilMax)) });
  }
  return copies;
};

const damagedCopy = (
  policy: Policy,
  { name, version, bytes, writtenAt, failure }: DamagedArchivePart,
): UnknownCopy => ({
  ...{ store: "archive", name, version, bytes, writtenAt },
  deadline: leftoverTimes(policy, archiveNamedBy(name), writtenAt).deadline,
  outcome: "failed",
  reason: `the archive whose document this is cannot be read, so nobody knows when it is to go: ${failure.message}`,
});

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
