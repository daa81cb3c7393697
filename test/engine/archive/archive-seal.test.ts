import { createDecipheriv } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decryptAt, encrypting, openManifest, sealManifest } from "../../../lib/engine/archive/archive-seal.ts";

const key = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((bytes) => Buffer.from(bytes));
const ATTEMPT = "0123456789abcdef";

test("bytes from any offset decrypt as they do from the beginning, however they were encrypted piece by piece", () => {
  fc.assert(
    fc.property(
      key,
      fc.array(fc.uint8Array({ maxLength: 40 }), { maxLength: 8 }),
      fc.nat(300),
      (packKey, pieces, wanted) => {
        const encrypt = encrypting(packKey);
        const sealed = Buffer.concat(pieces.map((piece) => encrypt(Buffer.from(piece))));
        const plain = Buffer.concat(pieces);
        const offset = Math.min(wanted, plain.length);
        expect(decryptAt(packKey, offset, sealed.subarray(offset))).toEqual(plain.subarray(offset));
        const whole = createDecipheriv("aes-256-ctr", packKey, Buffer.alloc(16));
        expect(whole.update(sealed)).toEqual(plain);
      },
    ),
  );
});

test("the counter goes on where 32 bits end, as openssl counts", () => {
  const packKey = Buffer.alloc(32, 7);
  const offset = 16 * (2 ** 32 - 1) + 5;
  const block = Buffer.alloc(16);
  block.writeBigUInt64BE(2n ** 32n - 1n, 8);
  const cipher = createDecipheriv("aes-256-ctr", packKey, block);
  expect(decryptAt(packKey, offset, Buffer.alloc(64))).toEqual(cipher.update(Buffer.alloc(69)).subarray(5));
});

test("a manifest with any bit changed, cut short, of another key or of another attempt does not open", () => {
  const dataKey = Buffer.alloc(32, 1);
  const sealed = sealManifest(dataKey, ATTEMPT, Buffer.from("what was archived"));
  expect(openManifest("m", dataKey, ATTEMPT, sealed)).toEqual(Buffer.from("what was archived"));
  const refused = (...[other, attempt, bytes]: [Buffer, string, Buffer]): void =>
    expect(() => openManifest("m", other, attempt, bytes)).toThrow("object m is damaged: its seal does not hold");
  for (let bit = 0; bit < 8 * sealed.length; bit++) {
    const changed = Buffer.from(sealed);
    changed[bit >> 3] = (changed[bit >> 3] as number) ^ (1 << (bit & 7));
    refused(dataKey, ATTEMPT, changed);
  }
  for (let length = 0; length < sealed.length; length++) refused(dataKey, ATTEMPT, sealed.subarray(0, length));
  refused(Buffer.alloc(32, 2), ATTEMPT, sealed);
  refused(dataKey, "0123456789abcdee", sealed);
});
