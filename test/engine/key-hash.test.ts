import { expect, test } from "vitest";
import { KeyHash } from "../../lib/engine/key-hash.ts";
import { bytesHash, hashOf, int8Hash, signed } from "./key-hashes.ts";

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
