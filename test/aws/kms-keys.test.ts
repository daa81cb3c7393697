import {
  CreateKeyCommand,
  DecryptCommand,
  DisableKeyCommand,
  EnableKeyCommand,
  KMSClient,
  ScheduleKeyDeletionCommand,
} from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { kmsKeys } from "../../lib/aws/kms-keys.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import { keyServiceContract } from "../contracts/key-service.ts";
import { testEmulator } from "./emulator.ts";

const CONTEXT = { vault: "v1", purpose: "part" };

const emulator = testEmulator();

const clientOf = (): KMSClient => {
  const { endpoint, region, credentials } = emulator();
  return new KMSClient({ endpoint, region, credentials, ...SHORT_CALLS });
};

const newKey = async (client: KMSClient): Promise<string> => {
  const { KeyMetadata } = await client.send(new CreateKeyCommand({}));
  return KeyMetadata?.Arn ?? "";
};

/** moto changes a key's state only by its bare id. */
const bare = (arn: string): { readonly KeyId: string } => ({ KeyId: arn.replace(/^.*\//, "") });

// emulator_kms.py says where moto was brought to do as AWS documents: contexts, key states and the errors of Decrypt.
keyServiceContract("KMS", async () => {
  const client = clientOf();
  const [key, other] = await Promise.all([newKey(client), newKey(client)]);
  return { keys: kmsKeys(client, key), again: kmsKeys(clientOf(), key), stranger: kmsKeys(client, other) };
});

test("a wrapped key is KMS's own ciphertext: any client opens it with the context", async () => {
  const client = clientOf();
  const { key, wrapped } = await kmsKeys(client, await newKey(client)).generate(CONTEXT);
  const opened = await client.send(new DecryptCommand({ CiphertextBlob: wrapped, EncryptionContext: CONTEXT }));
  expect(Buffer.from(opened.Plaintext ?? [])).toEqual(key);
});

test("fails with KEY_DISABLED while the key is disabled, and KEY_LOST once it is to be deleted or is not there", async () => {
  const client = clientOf();
  const arn = await newKey(client);
  const keys = kmsKeys(client, arn);
  const { key, wrapped } = await keys.generate(CONTEXT);
  const expectBoth = async (code: string): Promise<void> => {
    await expect(keys.generate(CONTEXT)).rejects.toMatchObject({ code });
    await expect(keys.unwrap(wrapped, CONTEXT)).rejects.toMatchObject({ code });
  };
  await client.send(new DisableKeyCommand(bare(arn)));
  await expectBoth("KEY_DISABLED");
  await client.send(new EnableKeyCommand(bare(arn)));
  expect(await keys.unwrap(wrapped, CONTEXT)).toEqual(key);
  await client.send(new ScheduleKeyDeletionCommand({ ...bare(arn), PendingWindowInDays: 7 }));
  await expectBoth("KEY_LOST");
  const nowhere = kmsKeys(client, arn.replace(/[0-9a-f]{12}$/, "000000000000"));
  await expect(nowhere.unwrap(wrapped, CONTEXT)).rejects.toMatchObject({ code: "KEY_LOST" });
});

test("fails with KEY_WRONG under a key that signs", async () => {
  const client = clientOf();
  const { KeyMetadata } = await client.send(
    new CreateKeyCommand({ KeyUsage: "SIGN_VERIFY", KeySpec: "ECC_NIST_P256" }),
  );
  await expect(kmsKeys(client, KeyMetadata?.Arn ?? "").generate(CONTEXT)).rejects.toMatchObject({ code: "KEY_WRONG" });
});
