import { type OpenVault, openOrCreateVault, openVault } from "../lib/operations/open-vault.ts";
import { type LocalWorld, openLocal } from "../lib/wiring/local.ts";
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
  const directory = resolveVault(session.env, flags.vault);
  const keys = resolveKeys(session.env, flags.keys);
  const passphrase = await resolvePassphrase(session.env, flags.passphraseFile);
  const world = await openLocal({ vault: directory, keys, passphrase }, mode);
  if (world.keyFileMade)
    session.output.note(`made key file ${keys}: keep a copy elsewhere, without it nobody can open this vault`);
  const vault = await (mode === "create" ? openOrCreateVault(world) : openVault(world));
  return { directory, world, vault };
};
