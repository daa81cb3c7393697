import { KeyHash } from "../../lib/engine/key-hash.ts";

export const signed = (hash: KeyHash): bigint => BigInt.asIntN(64, (BigInt(hash.hi) << 32n) | BigInt(hash.lo));

/** One value's hash under a seed, signed as SQL shows it. */
export const hashOf = (seed: bigint, write: (hash: KeyHash) => void): bigint => {
  const hash = new KeyHash(String(seed));
  hash.start();
  write(hash);
  return signed(hash);
};

export const int8Hash = (seed: bigint, value: bigint): bigint =>
  hashOf(seed, (hash) => hash.int8(Number(BigInt.asIntN(32, value >> 32n)), Number(BigInt.asIntN(32, value))));

export const bytesHash = (seed: bigint, bytes: Buffer): bigint =>
  hashOf(seed, (hash) => hash.bytes(bytes, 0, bytes.length));
