/**
 * PostgreSQL's extended hash functions, so that the digests a server computes over keys can be computed here too.
 * They decide where rows of hash-partitioned tables live, so PostgreSQL cannot change them between versions.
 * A 64-bit hash is kept as two unsigned halves in `hi` and `lo`: BigInt would cost more than the hash itself.
 *
 * @see https://github.com/postgres/postgres/blob/REL_15_STABLE/src/common/hashfn.c (Bob Jenkins' lookup3, public domain)
 */
export class KeyHash {
  hi = 0;
  lo = 0;
  readonly #seedHi: number;
  readonly #seedLo: number;

  /** @param seed  signed 64-bit decimal, as SQL takes it */
  constructor(seed: string) {
    const bits = BigInt.asUintN(64, BigInt(seed));
    this.#seedHi = Number(bits >> 32n);
    this.#seedLo = Number(bits & 0xffffffffn);
  }

  /** Starts a key: the next column is hashed under the seed, each later one under the hash so far. */
  start(): void {
    this.hi = this.#seedHi;
    this.lo = this.#seedLo;
  }

  /** `hashint2extended` and `hashint4extended`. */
  int4(value: number): void {
    let a = (0x9e3779b9 + 4 + 3923095) | 0;
    let b = a;
    let c = a;
    if (this.hi !== 0 || this.lo !== 0) {
      a = (a + this.hi) | 0;
      b = (b + this.lo) | 0;
      a = (a - c) ^ rotate(c, 4);
      c = (c + b) | 0;
      b = (b - a) ^ rotate(a, 6);
      a = (a + c) | 0;
      c = (c - b) ^ rotate(b, 8);
      b = (b + a) | 0;
      a = (a - c) ^ rotate(c, 16);
      c = (c + b) | 0;
      b = (b - a) ^ rotate(a, 19);
      a = (a + c) | 0;
      c = (c - b) ^ rotate(b, 4);
      b = (b + a) | 0;
    }
    this.#finish((a + value) | 0, b, c);
  }

  /** `hashint8extended`: equal values hash alike whatever their width, and so do many that differ (see key.ts). */
  int8(high: number, low: number): void {
    this.int4(low ^ (high >= 0 ? high : ~high));
  }

  /** `hash_bytes_extended`: uuid, and text under COLLATE "C". */
  bytes(data: Buffer, start: number, end: number): void {
    let length = end - start;
    let a = (0x9e3779b9 + length + 3923095) | 0;
    let b = a;
    let c = a;
    let at = start;
    let seeded = this.hi !== 0 || this.lo !== 0;
    if (seeded) {
      a = (a + this.hi) | 0;
      b = (b + this.lo) | 0;
    }
    while (seeded || length >= 12) {
      if (seeded) {
        seeded = false;
      } else {
        a = (a + data.readInt32LE(at)) | 0;
        b = (b + data.readInt32LE(at + 4)) | 0;
        c = (c + data.readInt32LE(at + 8)) | 0;
        at += 12;
        length -= 12;
      }
      a = (a - c) ^ rotate(c, 4);
      c = (c + b) | 0;
      b = (b - a) ^ rotate(a, 6);
      a = (a + c) | 0;
      c = (c - b) ^ rotate(b, 8);
      b = (b + a) | 0;
      a = (a - c) ^ rotate(c, 16);
      c = (c + b) | 0;
      b = (b - a) ^ rotate(a, 19);
      a = (a + c) | 0;
      c = (c - b) ^ rotate(b, 4);
      b = (b + a) | 0;
    }
    // The lowest byte of c stands for the length, so its tail starts one byte higher.
    for (let i = length - 1; i >= 8; i--) c = (c + ((data[at + i] as number) << (8 * (i - 7)))) | 0;
    for (let i = Math.min(length, 8) - 1; i >= 4; i--) b = (b + ((data[at + i] as number) << (8 * (i - 4)))) | 0;
    for (let i = Math.min(length, 4) - 1; i >= 0; i--) a = (a + ((data[at + i] as number) << (8 * i))) | 0;
    this.#finish(a, b, c);
  }

  #finish(a: number, b: number, c: number): void {
    let x = a;
    let y = b;
    let z = c;
    z = ((z ^ y) - rotate(y, 14)) | 0;
    x = ((x ^ z) - rotate(z, 11)) | 0;
    y = ((y ^ x) - rotate(x, 25)) | 0;
    z = ((z ^ y) - rotate(y, 16)) | 0;
    x = ((x ^ z) - rotate(z, 4)) | 0;
    y = ((y ^ x) - rotate(x, 14)) | 0;
    z = ((z ^ y) - rotate(y, 24)) | 0;
    this.hi = y >>> 0;
    this.lo = z >>> 0;
  }
}

const rotate = (x: number, k: number): number => (x << k) | (x >>> (32 - k));
