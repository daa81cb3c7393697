import { createHash, createPublicKey } from "node:crypto";
import { GetPublicKeyCommand, type KMSClient, SignCommand } from "@aws-sdk/client-kms";
import type { Signer } from "../ports/signer.ts";
import { kmsFailure } from "./kms-failure.ts";

const ALGORITHM = "ECDSA_SHA_256";
const HINT = "name a KMS key for signing, of spec ECC_NIST_P256";

interface PublicKey {
  readonly pem: string;
  readonly keyId: string;
}

/** Signs with a KMS key of spec ECC_NIST_P256. */
export function kmsSigner(client: KMSClient, keyArn: string): Signer {
  const told = (act: string, action: string) => (error: unknown) => {
    throw kmsFailure(error, { act, action, keyArn, hint: HINT });
  };
  const readPublicKey = async (): Promise<PublicKey> => {
    const asked = client.send(new GetPublicKeyCommand({ KeyId: keyArn }));
    const answer = await asked.catch(told("read the public key", "kms:GetPublicKey"));
    const spki = Buffer.from(answer.PublicKey as Uint8Array);
    const key = createPublicKey({ key: spki, format: "der", type: "spki" });
    return {
      pem: key.export({ format: "pem", type: "spki" }) as string,
      keyId: createHash("sha256").update(spki).digest("hex"),
    };
  };
  let kept: Promise<PublicKey> | undefined;
  // The key pair of a KMS key never changes, so it is asked for once; a failure is not kept.
  const publicKey = (): Promise<PublicKey> => {
    kept ??= readPublicKey().catch((error: unknown) => {
      kept = undefined;
      throw error;
    });
    return kept;
  };
  return {
    async sign(payload) {
      const { keyId } = await publicKey();
      // The digest, because KMS takes at most 4096 bytes of a message; the signature is the same.
      const Message = createHash("sha256").update(payload).digest();
      const input = { KeyId: keyArn, Message, MessageType: "DIGEST", SigningAlgorithm: ALGORITHM } as const;
      const answer = await client.send(new SignCommand(input)).catch(told("sign", "kms:Sign"));
      const signature = Buffer.from(answer.Signature as Uint8Array).toString("base64");
      return { algorithm: ALGORITHM, keyId, signature };
    },
    async publicKey() {
      return (await publicKey()).pem;
    },
  };
}
