import { createHash } from "node:crypto";
import { Vault } from "../../lib/engine/vault.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import type { Entropy } from "../../lib/ports/clock.ts";
import type { KeyService } from "../../lib/ports/key-service.ts";
import type { ObjectStore, VaultStores } from "../../lib/ports/object-store.ts";
import { type ManualClock, manualClock } from "../faults/manual-clock.ts";
import { memoryKeys } from "../local/memory-keys.ts";

/** Bytes that look random and are the same for the same seed. */
export const seededEntropy = (seed: string): Entropy => {
  let drawn = 0;
  return {
    bytes(count) {
      const blocks: Buffer[] = [];
      for (let length = 0; length < count; length += 32)
        blocks.push(createHash("sha256").update(`${seed}/${drawn++}`).digest());
      return Buffer.concat(blocks).subarray(0, count);
    },
  };
};

export interface MemoryVault {
  readonly vault: Vault;
  readonly stores: VaultStores;
  readonly keys: KeyService;
  readonly clock: ManualClock;
  readonly entropy: Entropy;
  /** The same vault through another hot store, a faulty one for instance. */
  readonly reopen: (hot: ObjectStore) => Promise<Vault>;
}

export const memoryVault = async (seed = "vault"): Promise<MemoryVault> => {
  const clock = manualClock();
  const stores = { hot: memoryStore(clock), keys: memoryStore(clock) };
  const entropy = seededEntropy(seed);
  const keys = memoryKeys(seededEntropy(`${seed} master`));
  const vault = await Vault.openOrCreate(stores, keys, entropy);
  const reopen = (hot: ObjectStore) => Vault.open({ ...stores, hot }, keys, entropy);
  return { vault, stores, keys, clock, entropy, reopen };
};

/** Names of every object of a store. */
export const namesIn = async (store: ObjectStore, prefix = ""): Promise<readonly string[]> => {
  const names: string[] = [];
  for await (const { name } of store.list(prefix)) names.push(name);
  return names;
};
