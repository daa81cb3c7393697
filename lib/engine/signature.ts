import { createHash, createPublicKey, type KeyObject, verify } from "node:crypto";
import type { Signature } from "../ports/signer.ts";

/**
 * Whether a signature over exactly this payload was made with the private half of exactly this key. What cannot be read as a
 * signature or as a key of the algorithm holds nothing.
 * @param publicKey  SPKI in PEM, from where nobody who writes evidence can write
 */
export function signatureHolds(payload: Uint8Array, signed: Signature | undefined, publicKey: string): boolean {
  const key = keyIn(publicKey);
  if (key === undefined || signed?.algorithm !== "ECDSA_SHA_256" || signed.keyId !== idOf(key)) return false;
  // It may come from a file that anybody wrote.
  if (typeof signed.signature !== "string") return false;
  return verify("sha256", payload, key, Buffer.from(signed.signature, "base64"));
}

/** SHA-256 of a key's SPKI in DER, in hex, as signatures name it; undefined if it is no key of the algorithm. */
export const keyIdOf = (publicKey: string): string | undefined => {
  const key = keyIn(publicKey);
  return key && idOf(key);
};

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
