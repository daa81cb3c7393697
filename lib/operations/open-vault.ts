import { Vault } from "../engine/vault.ts";
import type { Entropy } from "../ports/clock.ts";
import type { KeyService } from "../ports/key-service.ts";
import type { VaultStores } from "../ports/object-store.ts";

export type OpenVault = Vault;

interface VaultWorld {
  readonly stores: VaultStores;
  readonly keys: KeyService;
  readonly entropy: Entropy;
}

/** Opens a vault that exists. */
export const openVault = ({ stores, keys, entropy }: VaultWorld): Promise<Vault> => Vault.open(stores, keys, entropy);

/** Opens a vault, or makes one in stores that are empty. */
export const openOrCreateVault = ({ stores, keys, entropy }: VaultWorld): Promise<Vault> =>
  Vault.openOrCreate(stores, keys, entropy);
