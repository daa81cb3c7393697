import { KMSClient } from "@aws-sdk/client-kms";
import { S3Client } from "@aws-sdk/client-s3";
import { kmsKeys } from "../aws/kms-keys.ts";
import { kmsSigner } from "../aws/kms-signer.ts";
import { S3_CALLS } from "../aws/s3-calls.ts";
import { s3Store } from "../aws/s3-store.ts";
import { SHORT_CALLS } from "../aws/short-calls.ts";
import type { Clock, Entropy } from "../ports/clock.ts";
import type { KeyService } from "../ports/key-service.ts";
import type { ObjectStore, VaultStores } from "../ports/object-store.ts";
import type { Signer } from "../ports/signer.ts";
import { machineClock, machineEntropy } from "./machine.ts";
import type { StackEnvironment } from "./stack-environment.ts";

// What only some functions need is wired in files of its own (aws-source.ts, aws-snapshots.ts, aws-workflow.ts,
// aws-starter.ts): a bundle holds what its handler imports, and each of these brings a client or a driver along.

/** Made when it is first asked for and kept for the life of the process: connections are used again. */
const once = <T>(make: () => T): (() => T) => {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
};

const s3 = once(() => new S3Client(S3_CALLS));
const kms = once(() => new KMSClient(SHORT_CALLS));

/** What a vault is opened with. */
export interface StackVault {
  readonly stores: VaultStores;
  readonly keys: KeyService;
  readonly clock: Clock;
  readonly entropy: Entropy;
}

/** The vault of a stack, by the Region and credentials of this process. Nothing is called yet. */
export const stackVault = (stack: StackEnvironment): StackVault => ({
  stores: { hot: bucket(stack, "hotBucket"), keys: bucket(stack, "keysBucket") },
  keys: kmsKeys(kms(), stack.text("wrappingKey")),
  clock: machineClock,
  entropy: machineEntropy,
});

export const stackEvidence = (stack: StackEnvironment): ObjectStore => bucket(stack, "evidenceBucket");

export const stackSigner = (stack: StackEnvironment): Signer => kmsSigner(kms(), stack.text("signingKey"));

const bucket = (stack: StackEnvironment, name: "hotBucket" | "keysBucket" | "evidenceBucket"): ObjectStore =>
  s3Store(s3(), stack.text(name), machineClock);
