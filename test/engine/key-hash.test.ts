import { expect, test } from "vitest";
import { KeyReader } from "../../lib/engine/key.ts";
import { KeyHash } from "../../lib/engine/key-hash.ts";
import { bytesHash, hashOf, int8Hash, signed } from "./key-hashes.ts";
import { binaryRow, int8Field } from "./synthetic-rows.ts";

// The same calls in SQL stand in key-server.test.ts, which holds these numbers to real servers.
const GOLDEN: readonly (readonly [ours: bigint, golden: string])[] = [
  [hashOf(1n, (hash) => hash.int4(42)), "3812564155960986560"],
  [int8Hash(-7n, -5_000_000_000n), "-2795203393310445234"],
  [bytesHash(1n, Buffer.from("00112233445566778899aabbccddeeff", "hex")), "-5773200056445161607"],
  [bytesHash(1n, Buffer.from("lastgood keeps your rows")), "-3096704602317756644"],
  [bytesHash(9n, Buffer.alloc(0)), "-8410588006252129230"],
];

test("the hashes are those of every PostgreSQL: golden numbers", () => {
  for (const [ours, golden] of GOLDEN) expect(String(ours)).toBe(golden);
});

test("a key of several columns hashes each column under the hash so far", () => {
  const hash = new KeyHash("5");
  hash.start();
  hash.int4(1);
  const first = signed(hash);
  hash.int4(2);
  expect(signed(hash)).toBe(hashOf(first, (other) => other.int4(2)));
  hash.start();
  hash.int4(1);
  expect(signed(hash)).toBe(first);
});

test("a bigint key hashes its upper half once more, so that 1 and 2^32 are two keys", () => {
  const reader = new KeyReader([{ name: "id", position: 0, order: "int8" }], "binary", "1");
  const keyHash = (value: bigint): bigint => {
    const row = binaryRow([int8Field(value)]);
    reader.read(row, 0, row.length);
    return signed(reader.hash);
  };
  expect(int8Hash(1n, 1n)).toBe(int8Hash(1n, 2n ** 32n));
  expect(keyHash(1n)).not.toBe(keyHash(2n ** 32n));
  expect(keyHash((5n << 32n) + 7n)).not.toBe(keyHash((7n << 32n) + 5n));
  for (const value of [0n, -1n, 7n, -(2n ** 40n), 2n ** 63n - 1n])
    expect(keyHash(value)).toBe(hashOf(int8Hash(1n, value), (hash) => hash.int4(Number(value >> 32n))));
});
