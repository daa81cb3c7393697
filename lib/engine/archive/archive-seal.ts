import { createCipheriv, createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";
import { Failure } from "../../model/errors.ts";

/**
 * Archives are sealed by what `openssl` has had for decades and will have: AES-256-CTR, HMAC-SHA-256. `openssl enc` knows no
 * authenticated cipher, so a manifest carries an HMAC over its ciphertext, and names the digests of everything else.
 */
const CIPHER = "aes-256-ctr";
const BLOCK_BYTES = 16;
const SEAL_BYTES = 32;

/** Every key encrypts one object, once: the counter may begin at zero. */
const FIRST_BLOCK = Buffer.alloc(BLOCK_BYTES);

/** Encrypts one object, piece by piece. */
export const encrypting = (key: Buffer): ((piece: Buffer) => Buffer) => {
  const cipher = createCipheriv(CIPHER, key, FIRST_BLOCK);
  return (piece) => cipher.update(piece);
};

/** Decrypts bytes of an object that begin at an offset. */
export const decryptAt = (key: Buffer, offset: number, sealed: Buffer): Buffer => {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.writeBigUInt64BE(BigInt(Math.floor(offset / BLOCK_BYTES)), BLOCK_BYTES - 8);
  const decipher = createDecipheriv(CIPHER, key, block);
  decipher.update(Buffer.alloc(offset % BLOCK_BYTES));
  return decipher.update(sealed);
};

/** What a manifest is encrypted and sealed with: two keys that only one attempt at one archive part has. */
export const manifestText = (attempt: string, purpose: "key" | "seal"): string =>
  `lastgood archive ${attempt} manifest ${purpose}`;

const manifestKey = (dataKey: Buffer, attempt: string, purpose: "key" | "seal"): Buffer =>
  createHmac("sha256", dataKey).update(manifestText(attempt, purpose)).digest();

/** @returns HMAC-SHA-256 over the ciphertext, then the ciphertext */
export const sealManifest = (dataKey: Buffer, attempt: string, plain: Buffer): Buffer => {
  const sealed = encrypting(manifestKey(dataKey, attempt, "key"))(plain);
  return Buffer.concat([hmacOf(dataKey, attempt, sealed), sealed]);
};

/** @throws OBJECT_CORRUPT  naming the object: a bit changed, bytes are missing, or the key is another's */
export const openManifest = (name: string, dataKey: Buffer, attempt: string, object: Buffer): Buffer => {
  const [seal, sealed] = [object.subarray(0, SEAL_BYTES), object.subarray(SEAL_BYTES)];
  if (seal.length !== SEAL_BYTES || !timingSafeEqual(seal, hmacOf(dataKey, attempt, sealed)))
    throw new Failure("OBJECT_CORRUPT", `object ${name} is damaged: its seal does not hold`, {
      facts: { object: name },
    });
  return decryptAt(manifestKey(dataKey, attempt, "key"), 0, sealed);
};

const hmacOf = (dataKey: Buffer, attempt: string, sealed: Buffer): Buffer =>
  createHmac("sha256", manifestKey(dataKey, attempt, "seal"))
    .update(sealed)
    .digest();
