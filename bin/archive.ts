import { Failure } from "../lib/model/errors.ts";
import type { ArchiveStores } from "../lib/operations/archive.ts";
import { openLocalArchive } from "../lib/wiring/local.ts";
import type { Session } from "./session.ts";
import { type OpenedVault, stackOf, type VaultFlags, vaultOf } from "./vault.ts";

/** The noun's line in --help. */
export const ARCHIVE_NOUN = "keep a class of a point for years, readable without Lastgood";

/** The archive beside a vault; undefined beside the vault of a stack, which keeps none yet. */
export const archiveBeside = async (session: Session, flags: VaultFlags, { place }: OpenedVault) =>
  stackOf(session, flags) === undefined ? await openLocalArchive(place) : undefined;

/** @throws USAGE  the vault is a stack's */
export const archiveVaultOf = async (session: Session, flags: VaultFlags): Promise<OpenedVault & ArchiveStores> => {
  if (stackOf(session, flags) !== undefined)
    throw new Failure("USAGE", "the vault of a stack keeps no archives yet", { hint: "give --vault a directory" });
  const opened = await vaultOf(session, flags);
  return { ...opened, archive: await openLocalArchive(opened.place) };
};
