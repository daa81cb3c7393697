import { join } from "node:path";
import { openDirectoryStore } from "../local/directory-store.ts";
import { systemClock } from "../local/system-clock.ts";
import { systemEntropy } from "../local/system-entropy.ts";
import type { Clock, Entropy } from "../ports/clock.ts";
import type { KeyService } from "../ports/key-service.ts";
import type { ObjectStore, VaultStores } from "../ports/object-store.ts";
import type { Signer } from "../ports/signer.ts";
import type { OpenedStack } from "./aws-stack.ts";

const STACK = "aws:";

/** A vault's place is a directory, or `aws:` and the name of a stack. Plain text, so that a thread can open it too. */
export const stackNameIn = (place: string): string | undefined =>
  place.startsWith(STACK) ? place.slice(STACK.length) : undefined;

/** What a vault is opened with, wherever it is. */
export interface VaultWorld {
  readonly stores: VaultStores;
  /** What was done and proven: written once, changed by nobody. */
  readonly evidence: ObjectStore;
  readonly keys: KeyService;
  /** Signs evidence, where the caller's rights allow it. */
  readonly signer: Signer;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** The vault of a stack, by the caller's own rights. @throws STACK_NOT_FOUND, CLOUD_* */
export const openStackVault = async (name: string): Promise<VaultWorld> => {
  const { stackEvidence, stackSigner, stackVault } = await import("./aws.ts");
  const { environment } = await openNamedStack(name);
  const evidence = { evidence: stackEvidence(environment), signer: stackSigner(environment) };
  return { ...stackVault(environment), ...evidence, clock: systemClock, entropy: systemEntropy };
};

/** Only here are AWS's clients loaded: who keeps a vault in a directory does not wait for them. */
export const openNamedStack = async (name: string): Promise<OpenedStack> =>
  (await import("./aws-stack.ts")).openStack(name);

/** The hot store of a place, for a lane. */
export const openHotStore = async (place: string): Promise<ObjectStore> => {
  const stack = stackNameIn(place);
  if (stack !== undefined) return (await openStackVault(stack)).stores.hot;
  return openDirectoryStore(join(place, "hot"), { clock: systemClock, create: false });
};
