import { type CipherGCM, createCipheriv, hash } from "node:crypto";
import type { KeyColumn, RowFormat } from "../../model/table.ts";
import { frameEnd } from "../frames.ts";
import { KeyReader } from "../key.ts";
import { KeyHash } from "../key-hash.ts";

/**
 * How rows that went in are compared with rows that come out.
 *
 * - `ordered`: GMAC of the stream, 128 bits, twelve times as fast as SHA-256; where the order is known to be the same.
 * - `unordered`: the sum of a 64-bit hash of each row modulo 2^64, so that rows may come in any order and digests of ranges
 *   add up.
 *
 * Both tell damage, not forgery: who can forge rows in the target can forge them after the proof too.
 */
export type DigestKind = "ordered" | "unordered";

/** A call of SHA-256 costs 1.3 microseconds: more than hashing a short row right here, far less than a long one. */
const ROW_BYTES_SHORT = 1024;
/** As signed 64-bit decimal: any number but 0, which would leave the hash unseeded. */
const ROW_SEED = "1";

/** No secret: what is compared never leaves the process. */
const STREAM_KEY = Buffer.from("lastgood row sum", "latin1");
const STREAM_NONCE = Buffer.alloc(12);

/** A digest of a stream, the same however the stream is cut: GMAC, which is AES-GCM without anything to encrypt. */
class StreamDigest {
  readonly #mac: CipherGCM = createCipheriv("aes-128-gcm", STREAM_KEY, STREAM_NONCE);
  #digest: string | undefined;

  add(bytes: Buffer): void {
    this.#mac.setAAD(bytes);
  }

  /** Hex. Nothing may be added after it. */
  get digest(): string {
    if (this.#digest === undefined) {
      this.#mac.final();
      this.#digest = this.#mac.getAuthTag().toString("hex");
    }
    return this.#digest;
  }
}

/** Counts and digests row frames as they pass; and sums their keys' hashes, which the point recorded when it was captured. */
export class RowsDigest {
  rows = 0;
  bytes = 0;
  readonly #stream: StreamDigest | undefined;
  readonly #row = new KeyHash(ROW_SEED);
  readonly #rowSum = new HashSum();
  readonly #key: KeyReader | undefined;
  readonly #keySum = new HashSum();

  constructor(
    kind: DigestKind,
    keys?: { readonly key: readonly KeyColumn[]; readonly format: RowFormat; readonly seed: string },
  ) {
    this.#stream = kind === "ordered" ? new StreamDigest() : undefined;
    this.#key = keys === undefined ? undefined : new KeyReader(keys.key, keys.format, keys.seed);
  }

  /** Takes whole row frames. */
  add(frames: Buffer): void {
    this.#stream?.add(frames);
    for (let at = 0; at < frames.length; ) {
      const end = frameEnd(frames, at);
      if (this.#stream === undefined) this.#addRow(frames, at, end);
      if (this.#key !== undefined) {
        this.#key.read(frames, at, end);
        this.#keySum.add(this.#key.hash.hi, this.#key.hash.lo);
      }
      this.rows++;
      at = end;
    }
    this.bytes += frames.length;
  }

  /** Hex of GMAC, or a sum in decimal. No rows may be added after it. */
  digest(): string {
    return this.#stream === undefined ? this.#rowSum.total : this.#stream.digest;
  }

  /** Sum of the hashes of the rows' keys modulo 2^64, decimal; `0` where keys are not read. */
  get keySum(): string {
    return this.#keySum.total;
  }

  #addRow(frames: Buffer, at: number, end: number): void {
    if (end - at > ROW_BYTES_SHORT) {
      const digest = hash("sha256", frames.subarray(at, end), "buffer");
      this.#rowSum.add(digest.readUInt32BE(0), digest.readUInt32BE(4));
      return;
    }
    this.#row.start();
    this.#row.bytes(frames, at, end);
    this.#rowSum.add(this.#row.hi, this.#row.lo);
  }
}

/** High and low halves of so many hashes add up exactly in a double; then they are carried over. */
const HASHES_PER_CARRY = 1 << 20;

/** A sum of 64-bit hashes modulo 2^64. */
class HashSum {
  #high = 0;
  #low = 0;
  #count = 0;
  #carried = 0n;

  add(high: number, low: number): void {
    this.#high += high;
    this.#low += low;
    if (++this.#count === HASHES_PER_CARRY) this.#carry();
  }

  /** Decimal. */
  get total(): string {
    this.#carry();
    return String(this.#carried);
  }

  #carry(): void {
    this.#carried = BigInt.asUintN(64, this.#carried + (BigInt(this.#high) << 32n) + BigInt(this.#low));
    this.#high = 0;
    this.#low = 0;
    this.#count = 0;
  }
}

/** The sum of sums, of keys or of unordered digests, of the ranges of a table. */
export const addSums = (sums: readonly string[]): string =>
  String(
    BigInt.asUintN(
      64,
      sums.reduce((total, sum) => total + BigInt(sum), 0n),
    ),
  );
