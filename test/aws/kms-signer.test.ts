import { generateKeyPairSync } from "node:crypto";
import { CreateKeyCommand, DisableKeyCommand, KMSClient } from "@aws-sdk/client-kms";
import { expect, test } from "vitest";
import { kmsSigner } from "../../lib/aws/kms-signer.ts";
import { SHORT_CALLS } from "../../lib/aws/short-calls.ts";
import { signerContract } from "../contracts/signer.ts";
import { testEmulator } from "./emulator.ts";
import { scriptedJson } from "./scripted-json.ts";

const emulator = testEmulator();

const clientOf = (): KMSClient => {
  const { endpoint, region, credentials } = emulator();
  return new KMSClient({ endpoint, region, credentials, ...SHORT_CALLS });
};

const newKey = async (client: KMSClient): Promise<string> => {
  const { KeyMetadata } = await client.send(
    new CreateKeyCommand({ KeyUsage: "SIGN_VERIFY", KeySpec: "ECC_NIST_P256" }),
  );
  return KeyMetadata?.Arn ?? "";
};

// emulator_kms.py brings moto to sign a digest as it is, as AWS documents it.
signerContract("KMS", async () => {
  const client = clientOf();
  const [key, other] = await Promise.all([newKey(client), newKey(client)]);
  return { signer: kmsSigner(client, key), again: kmsSigner(clientOf(), key), stranger: kmsSigner(client, other) };
});

test("fails with KEY_DISABLED when the key is disabled, and KEY_LOST when there is none", async () => {
  const client = clientOf();
  const arn = await newKey(client);
  const signer = kmsSigner(client, arn);
  await signer.publicKey();
  // moto disables a key only by its bare id.
  await client.send(new DisableKeyCommand({ KeyId: arn.replace(/^.*\//, "") }));
  await expect(signer.sign(Buffer.from("x"))).rejects.toMatchObject({ code: "KEY_DISABLED" });
  const nowhere = kmsSigner(client, arn.replace(/[0-9a-f]{12}$/, "000000000000"));
  await expect(nowhere.publicKey()).rejects.toMatchObject({ code: "KEY_LOST" });
});

test("a public key is asked for once; a failure to get it is not kept, or it would stay as long as its Lambda does", async () => {
  const { publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const spki = publicKey.export({ format: "der", type: "spki" }).toString("base64");
  const { requests, access } = await scriptedJson(
    { status: 500, type: "KMSInternalException" },
    { body: { PublicKey: spki } },
  );
  const signer = kmsSigner(new KMSClient({ ...access, ...SHORT_CALLS, maxAttempts: 1 }), "arn:aws:kms:a-b-1:1:key/k");
  await expect(signer.publicKey()).rejects.toMatchObject({ code: "CLOUD_UNREACHABLE" });
  expect(await signer.publicKey()).toBe(publicKey.export({ format: "pem", type: "spki" }));
  await signer.publicKey();
  expect(requests.map(({ target }) => target)).toEqual(["TrentService.GetPublicKey", "TrentService.GetPublicKey"]);
});
