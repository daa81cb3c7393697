import type { EpochMs } from "../model/units.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import { encodeDocument } from "./document.ts";

const PREFIX = "tombstones/";

/** Says that a wrapped key was destroyed, for as long as there is the key store. */
interface Tombstone {
  readonly format: 1;
  readonly kind: "tombstone";
  readonly key: string;
  readonly at: EpochMs;
}

/**
 * Destroys a wrapped key for good. The tombstone first: from it on the key counts as destroyed, nobody reads with it or makes
 * another in its place, and whoever finds it beside its tombstone (a process that died here, a backup of the key store that
 * was put back) deletes it. The other way round a process that dies in between would leave nothing that says so.
 * @returns whether the key was there
 */
export const shredKey = async (keys: ObjectStore, name: string, at: EpochMs): Promise<boolean> => {
  const tombstone: Tombstone = { format: 1, kind: "tombstone", key: name, at };
  await keys.put(tombstoneName(name), [encodeDocument(tombstone)]);
  return (await keys.delete(name)) === "deleted";
};

export const isShredded = async (keys: ObjectStore, name: string): Promise<boolean> =>
  (await keys.head(tombstoneName(name))) !== undefined;

/** Names of wrapped data keys, of parts and of archives, that stand beside their tombstones. */
export async function* shreddedKeysThatStand(keys: ObjectStore): AsyncGenerator<string> {
  for (const prefix of ["parts/", "archives/"])
    for await (const { name } of keys.list(prefix)) if (await isShredded(keys, name)) yield name;
}

const tombstoneName = (name: string): string => `${PREFIX}${name}`;
