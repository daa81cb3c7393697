import { isFailure } from "../lib/model/errors.ts";
import type { AuditWorld } from "../lib/operations/audit.ts";
import { type OpenVault, openOrCreateVault, openVault } from "../lib/operations/open-vault.ts";
import { type LocalPlaces, type LocalWorld, localUser, openLocal } from "../lib/wiring/local.ts";
import { openStackVault, stackNameIn, type VaultWorld } from "../lib/wiring/vault-place.ts";
import { resolveActor, resolveKeys, resolvePassphrase, resolveVault } from "./options.ts";
import type { Session } from "./session.ts";

export interface VaultFlags {
  readonly vault?: string | undefined;
  readonly keys?: string | undefined;
  readonly passphraseFile?: string | undefined;
}

export interface OpenedVault<World extends VaultWorld = VaultWorld> {
  /** A directory, or `aws:` and a stack: what lanes open it by. */
  readonly place: string;
  readonly world: World;
  readonly vault: OpenVault;
  /** What acts on this vault are recorded with. */
  readonly audit: AuditWorld;
}

/** The stack that flags and environment name as the vault, if it is one. */
export const stackOf = ({ env }: Session, flags: VaultFlags): string | undefined =>
  stackNameIn(flags.vault ?? env["LASTGOOD_VAULT"] ?? "");

/** Opens the vault that flags and environment name. */
export const vaultOf = async (session: Session, flags: VaultFlags): Promise<OpenedVault> => {
  const stack = stackOf(session, flags);
  if (stack === undefined) return localVaultOf(session, flags, "open");
  const actor = resolveActor(session.env, localUser);
  const world = await openStackVault(stack);
  const vault = await openVault(world);
  return { place: resolveVault(session.env, flags.vault), world, vault, audit: auditOf(world, vault, actor) };
};

/** Opens the vault in a directory; `create` makes it, and its key file, if there is none. */
export const localVaultOf = async (
  session: Session,
  flags: VaultFlags,
  mode: "open" | "create",
): Promise<OpenedVault<LocalWorld>> => {
  const actor = resolveActor(session.env, localUser);
  const { keys, ...places } = await placesOf(session, flags);
  const world = await openLocal({ ...places, keys }, mode);
  if (world.keyFileMade)
    session.output.note(`made key file ${keys}: keep a copy elsewhere, without it nobody can open this vault`);
  const vault = await (mode === "create" ? openOrCreateVault(world) : openVault(world));
  return { place: places.vault, world, vault, audit: auditOf(world, vault, actor) };
};

const auditOf = ({ evidence, clock }: VaultWorld, vault: OpenVault, actor: string): AuditWorld => ({
  evidence,
  vaultId: vault.id,
  clock,
  actor,
});

/** The same for a look: undefined where there is nothing yet, so that a first capture will make a vault. */
export const vaultIfMade = async (session: Session, flags: VaultFlags): Promise<OpenVault | undefined> => {
  try {
    return (await vaultOf(session, flags)).vault;
  } catch (error) {
    if (isFailure(error, "VAULT_NOT_FOUND")) return undefined;
    throw error;
  }
};

const placesOf = async ({ env }: Session, flags: VaultFlags): Promise<LocalPlaces> => ({
  vault: resolveVault(env, flags.vault),
  keys: resolveKeys(env, flags.keys),
  passphrase: await resolvePassphrase(env, flags.passphraseFile),
});
