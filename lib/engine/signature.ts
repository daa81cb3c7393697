import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Signature } from "../ports/signer.ts";

/**
 * Whether a signature over exactly this payload was made with the private half of exactly this key. What cannot be read as a
 * signature or as a key of the algorithm holds nothing.
 * @param publicKey  SPKI in PEM, from where nobody who writes evidence can write
 */
export function signatureHolds(payload: Uint8Array, signed: Signature, publicKey: string): boolean {
  const key = keyIn(publicKey);
  if (key === undefined || signed.algorithm !== "ECDSA_SHA_256" || signed.keyId !== idOf(key)) return false;
  return verify("sha256", payload, key, Buffer.from(signed.signature, "base64"));
}

function keyIn(pem: string): KeyObject | undefined {
  try {
    const key = createPublicKey(pem);
    return key.asymmetricKeyDetails?.namedCurve === "prime256v1" ? key : undefined;
  } catch {
    return undefined;
  }
}

const idOf = (key: KeyObject): string =>
  createHash("sha256")
    .update(key.export({ format: "der", type: "spki" }))
    .digest("hex");
