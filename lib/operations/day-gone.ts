import { archiveKeyName, archivePrefix } from "../engine/archive/archive-names.ts";
import { objectsOfPart } from "../engine/expire-parts.ts";
import type { Vault } from "../engine/vault.ts";
import type { PartId } from "../model/audit.ts";
import type { ExpiredPart } from "../policy/invariants.ts";
import type { RetainedStore } from "../ports/retained-store.ts";

/** Parts looked for side by side. */
const AT_ONCE = 16;

/** Looks for parts that are recorded as gone. @returns those of which anything is there: a key, an object, a version */
export const findThoughGone = async (
  world: { readonly vault: Vault; readonly archive?: RetainedStore | undefined },
  gone: readonly ExpiredPart[],
): Promise<readonly PartId[]> => {
  const found: PartId[] = [];
  for (let at = 0; at < gone.length; at += AT_ONCE) {
    const batch = gone.slice(at, at + AT_ONCE).map(({ part }) => part);
    const there = await Promise.all(batch.map((part) => isThere(world, part)));
    found.push(...batch.filter((_, i) => there[i]));
  }
  return found;
};

const isThere = async (
  { vault, archive }: Parameters<typeof findThoughGone>[0],
  { store, id, class: name }: PartId,
): Promise<boolean> => {
  if (store === "hot") return (await objectsOfPart(vault, id, name)).length > 0;
  const slash = id.lastIndexOf("/");
  const place = { database: id.slice(0, slash), businessDate: id.slice(slash + 1), class: name };
  if ((await vault.stores.keys.head(archiveKeyName(place))) !== undefined) return true;
  if (archive === undefined) return false;
  for await (const facts of archive.list(archivePrefix(place))) return facts.name !== "";
  return false;
};
