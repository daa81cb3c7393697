import { createHash, type Hash, hash } from "node:crypto";
import type { KeyColumn, RowFormat } from "../../model/table.ts";
import { frameEnd } from "../frames.ts";
import { KeyReader } from "../key.ts";

/**
 * How rows that went in are compared with rows that come out.
 *
 * - `ordered`: SHA-256 of the stream; cheap, where the order is known to be the same.
 * - `unordered`: the sum of 128 bits of each row's SHA-256, so that rows may come in any order and digests of ranges add up.
 */
export type DigestKind = "ordered" | "unordered";

const WORDS = 4;
/** High and low halves of 2^21 hashes add up exactly in a double; then they are carried over. */
const ROWS_PER_CARRY = 1 << 20;

/** Counts and digests row frames as they pass; and sums their keys' hashes, which the point recorded when it was captured. */
export class RowsDigest {
  rows = 0;
  bytes = 0;
  readonly #hash: Hash | undefined;
  readonly #words = new Uint32Array(WORDS);
  readonly #key: KeyReader | undefined;
  #keyHigh = 0;
  #keyLow = 0;
  #keySum = 0n;

  constructor(
    kind: DigestKind,
    keys?: { readonly key: readonly KeyColumn[]; readonly format: RowFormat; readonly seed: string },
  ) {
    this.#hash = kind === "ordered" ? createHash("sha256") : undefined;
    this.#key = keys === undefined ? undefined : new KeyReader(keys.key, keys.format, keys.seed);
  }

  /** Takes whole row frames. */
  add(frames: Buffer): void {
    this.#hash?.update(frames);
    for (let at = 0; at < frames.length; ) {
      const end = frameEnd(frames, at);
      if (this.#hash === undefined) this.#addRow(frames.subarray(at, end));
      if (this.#key !== undefined) this.#addKey(this.#key, frames, at, end);
      this.rows++;
      at = end;
    }
    this.bytes += frames.length;
  }

  /** Hex. */
  digest(): string {
    if (this.#hash !== undefined) return this.#hash.copy().digest("hex");
    return [...this.#words].map((word) => word.toString(16).padStart(8, "0")).join("");
  }

  /** Sum of the hashes of the rows' keys modulo 2^64, decimal; `0` where keys are not read. */
  get keySum(): string {
    this.#carry();
    return String(this.#keySum);
  }

  #addRow(frame: Buffer): void {
    const digest = hash("sha256", frame, "buffer");
    // A Uint32Array keeps each sum modulo 2^32.
    for (let i = 0; i < WORDS; i++) this.#words[i] = (this.#words[i] as number) + digest.readUInt32BE(4 * i);
  }

  #addKey(key: KeyReader, frames: Buffer, at: number, end: number): void {
    key.read(frames, at, end);
    this.#keyHigh += key.hash.hi;
    this.#keyLow += key.hash.lo;
    if (this.rows % ROWS_PER_CARRY === 0) this.#carry();
  }

  #carry(): void {
    this.#keySum = BigInt.asUintN(64, this.#keySum + (BigInt(this.#keyHigh) << 32n) + BigInt(this.#keyLow));
    this.#keyHigh = 0;
    this.#keyLow = 0;
  }
}

/** Digest of the rows of several unordered digests together. */
export const addDigests = (digests: readonly string[]): string => {
  const sums = new Uint32Array(WORDS);
  for (const digest of digests) {
    const words = Buffer.from(digest, "hex");
    for (let i = 0; i < WORDS; i++) sums[i] = (sums[i] as number) + words.readUInt32BE(4 * i);
  }
  return [...sums].map((word) => word.toString(16).padStart(8, "0")).join("");
};

export const addKeySums = (sums: readonly string[]): string =>
  String(
    BigInt.asUintN(
      64,
      sums.reduce((total, sum) => total + BigInt(sum), 0n),
    ),
  );
