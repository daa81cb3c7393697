import { isFailure } from "../lib/model/errors.ts";
import { type OpenVault, openOrCreateVault, openVault } from "../lib/operations/open-vault.ts";
import { type LocalPlaces, type LocalWorld, openLocal } from "../lib/wiring/local.ts";
import { resolveKeys, resolvePassphrase, resolveVault } from "./options.ts";
import type { Session } from "./session.ts";

export interface VaultFlags {
  readonly vault?: string | undefined;
  readonly keys?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

export interface OpenedVault {
  readonly directory: string;
  readonly world: LocalWorld;
  readonly vault: OpenVault;
}

/** Opens the vault that flags and environment name; `create` makes it, and its key file, if there is none. */
export const vaultOf = async (session: Session, flags: VaultFlags, mode: "open" | "create"): Promise<OpenedVault> => {
  const { keys, ...places } = await placesOf(session, flags);
  const directory = places.vault;
  const world = await openLocal({ ...places, keys }, mode);
  if (world.keyFileMade)
    session.output.note(`made key file ${keys}: keep a copy elsewhere, without it nobody can open this vault`);
  const vault = await (mode === "create" ? openOrCreateVault(world) : openVault(world));
  return { directory, world, vault };
};

/** The same for a look: undefined where there is nothing yet, so that a first capture will make a vault. */
export const vaultIfMade = async (session: Session, flags: VaultFlags): Promise<OpenVault | undefined> => {
  const places = await placesOf(session, flags);
  const world = await openLocal(places, "open").catch((error: unknown) => {
    if (isFailure(error, "VAULT_NOT_FOUND")) return undefined;
    throw error;
  });
  return world === undefined ? undefined : await openVault(world);
};

const placesOf = async ({ env }: Session, flags: VaultFlags): Promise<LocalPlaces> => ({
  vault: resolveVault(env, flags.vault),
  keys: resolveKeys(env, flags.keys),
  passphrase: await resolvePassphrase(env, flags.passphraseFile),
});
