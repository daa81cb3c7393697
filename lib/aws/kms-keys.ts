import { DecryptCommand, GenerateDataKeyCommand, type KMSClient } from "@aws-sdk/client-kms";
import { Failure } from "../model/errors.ts";
import type { KeyContext, KeyService } from "../ports/key-service.ts";
import { kmsFailure } from "./kms-failure.ts";

const DATA_KEY_BYTES = 32;
/** What Decrypt takes; anything else is refused by us, in the same words as any other damage. */
const WRAPPED_BYTES_MAX = 6144;
const HINT = "name the stack (account, Region, KMS key) that this vault was written with";

/**
 * Wraps data keys under a symmetric KMS key. A wrapped key is KMS's own ciphertext, byte for byte, so that without Lastgood
 * `aws kms decrypt` opens it, given the encryption context (lib/engine/FORMAT.md).
 * @param keyArn  of the key itself: behind an alias the key may change, and what it wrapped would no longer open
 */
export function kmsKeys(client: KMSClient, keyArn: string): KeyService {
  return {
    async generate(context) {
      const input = { KeyId: keyArn, KeySpec: "AES_256", EncryptionContext: setOf(context) } as const;
      const answer = await client.send(new GenerateDataKeyCommand(input)).catch((error: unknown) => {
        throw kmsFailure(error, { act: "wrap a data key", action: "kms:GenerateDataKey", keyArn, hint: HINT });
      });
      return { key: dataKey(answer.Plaintext), wrapped: Buffer.from(answer.CiphertextBlob as Uint8Array) };
    },

    async unwrap(wrapped, context) {
      if (wrapped.length === 0 || wrapped.length > WRAPPED_BYTES_MAX) {
        throw new Failure("KEY_WRONG", `a data key wrapped by KMS has 1 to ${WRAPPED_BYTES_MAX} bytes`, { hint: HINT });
      }
      // The key is named, although KMS can tell it from the ciphertext: or whoever may write to the key store could
      // have us open a data key of his own making.
      const input = { KeyId: keyArn, CiphertextBlob: wrapped, EncryptionContext: setOf(context) };
      const answer = await client.send(new DecryptCommand(input)).catch((error: unknown) => {
        throw kmsFailure(error, { act: "unwrap a data key", action: "kms:Decrypt", keyArn, hint: HINT });
      });
      return dataKey(answer.Plaintext);
    },
  };
}

/** KMS's client reads the inherited names of an object too. */
const setOf = (context: KeyContext): Record<string, string> => ({ ...context });

function dataKey(plaintext: Uint8Array | undefined): Buffer {
  if (plaintext?.length === DATA_KEY_BYTES) return Buffer.from(plaintext);
  throw new Failure("KEY_WRONG", `KMS gave a key of ${plaintext?.length ?? 0} bytes, expected ${DATA_KEY_BYTES}`, {
    hint: HINT,
  });
}
