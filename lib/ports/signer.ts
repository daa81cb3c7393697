/**
 * Signs evidence with a private key that never leaves the service (AWS KMS, or a key file locally).
 *
 * What every adapter promises, and test/contracts/signer.ts holds it to:
 *
 * - Whoever has the payload, the signature and the public key can verify, offline and without Lastgood:
 *   `openssl dgst -sha256 -verify public.pem -signature signature.der payload`. lib/engine/signature.ts does it with node:crypto.
 * - Opened again, a signer has the same key. Two signatures over one payload may differ; both hold.
 * - A signature says who sealed the payload. It hides nothing and says nothing about when.
 */
export interface Signer {
  sign(payload: Uint8Array): Promise<Signature>;
  /** SPKI in PEM: to be kept beside what it verifies, and once more where nobody who writes evidence can write. */
  publicKey(): Promise<string>;
}

/** Plain JSON, to be kept beside the payload. */
export interface Signature {
  /** ECDSA on P-256 over the payload's SHA-256, the pair of numbers in DER. KMS and OpenSSL call the curve by two more names. */
  readonly algorithm: "ECDSA_SHA_256";
  /** SHA-256 of the public key's SPKI in DER, in hex: the same wherever the key lies. */
  readonly keyId: string;
  /** Base64. */
  readonly signature: string;
}
