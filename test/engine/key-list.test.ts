import fc from "fast-check";
import { expect, test } from "vitest";
import { KeyReader } from "../../lib/engine/key.ts";
import { compareKeys, KeyList } from "../../lib/engine/key-list.ts";
import { readKeyField, writeKeyField } from "../../lib/model/key.ts";
import { binaryRow, int8Field, textRow } from "./synthetic-rows.ts";

const bytes: fc.Arbitrary<Buffer> = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
const sortedKeys = fc
  .uniqueArray(
    bytes.filter((key) => key.length > 0),
    { maxLength: 200, selector: (key) => key.toString("hex") },
  )
  .map((keys) => keys.toSorted((a, b) => Buffer.compare(a, b)));

const listOf = (keys: readonly Buffer[]): KeyList => {
  const list = new KeyList(2);
  for (const key of keys) list.push(key, 0, key.length);
  return list;
};

test("a key list comes back as it was, and no cut of it does", () => {
  fc.assert(
    fc.property(sortedKeys, (keys) => {
      const encoded = listOf(keys).encode();
      const back = KeyList.decode(encoded, keys.length);
      expect(keys.map((_, i) => back.key(i).toString("hex"))).toEqual(keys.map((key) => key.toString("hex")));
      for (let length = 0; length < encoded.length; length++)
        expect(() => KeyList.decode(encoded.subarray(0, length), keys.length)).toThrow("key list");
      expect(() => KeyList.decode(encoded, keys.length + 1)).toThrow("key list");
    }),
    { numRuns: 60 },
  );
});

test("a key list that was read takes as many bytes as its keys have", () => {
  fc.assert(
    fc.property(sortedKeys, (keys) => {
      const back = KeyList.decode(listOf(keys).encode(), keys.length);
      expect(back.bytes.length).toBe(keys.reduce((bytes, key) => bytes + key.length, 0));
    }),
  );
});

test("windows of a key list are all of its keys, each as large as its bytes allow", () => {
  fc.assert(
    fc.property(sortedKeys, fc.integer({ min: 1, max: 400 }), (keys, bytesMax) => {
      const encoded = listOf(keys).encode();
      const sizeOf = (some: readonly Buffer[]): number => some.reduce((bytes, key) => bytes + key.length + 4, 0);
      const found: string[] = [];
      while (found.length < keys.length) {
        const from = found.length;
        const window = KeyList.decode(encoded, keys.length, { from, bytesMax });
        const own = keys.slice(from, from + window.count);
        expect(own.map((_, i) => window.key(i).toString("hex"))).toEqual(own.map((key) => key.toString("hex")));
        expect(window.bytes.length).toBe(sizeOf(own) - 4 * own.length);
        if (window.count > 1) expect(sizeOf(own)).toBeLessThanOrEqual(bytesMax);
        const next = keys[from + window.count];
        if (next !== undefined) expect(sizeOf([...own, next])).toBeGreaterThan(bytesMax);
        found.push(...own.map((key) => key.toString("hex")));
      }
      expect(found).toHaveLength(keys.length);
      expect(KeyList.decode(encoded, keys.length, { from: keys.length, bytesMax }).count).toBe(0);
    }),
    { numRuns: 60 },
  );
});

test("fails when keys are not in strictly rising order, also when one comes twice", () => {
  fc.assert(
    fc.property(
      sortedKeys.filter((keys) => keys.length > 1),
      fc.nat(),
      (keys, at) => {
        const i = at % (keys.length - 1);
        const swapped = keys.with(i, keys[i + 1] as Buffer).with(i + 1, keys[i] as Buffer);
        expect(() => KeyList.decode(listOf(swapped).encode(), keys.length)).toThrow("rising order");
        const twice = keys.toSpliced(i, 0, keys[i] as Buffer);
        expect(() => KeyList.decode(listOf(twice).encode(), twice.length)).toThrow("rising order");
      },
    ),
    { numRuns: 60 },
  );
});

test("keys compare as unsigned bytes, shorter first", () => {
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      expect(Math.sign(compareKeys(a, 0, a.length, b, 0, b.length))).toBe(Buffer.compare(a, b));
    }),
  );
});

test("fields of any length are read back from a key, and their keys order as the fields do", () => {
  const keyOf = (field: Buffer): Buffer => {
    const key = Buffer.alloc(2 * field.length + 2);
    return key.subarray(0, writeKeyField("send", field, 0, field.length, key, 0));
  };
  fc.assert(
    fc.property(bytes, bytes, (a, b) => {
      const both = Buffer.concat([keyOf(a), keyOf(b)]);
      const first = readKeyField("send", both, 0);
      expect([first.field, readKeyField("send", both, first.next)]).toEqual([a, { field: b, next: both.length }]);
      expect(Buffer.compare(keyOf(a), keyOf(b))).toBe(Buffer.compare(a, b));
    }),
  );
});

test("a key read from a key list hashes like the row it came from", () => {
  const key = [
    { name: "b", position: 2, order: "send" },
    { name: "a", position: 0, order: "int8" },
  ] as const;
  const fromRow = new KeyReader(key, "binary", "77");
  const fromKey = new KeyReader(key, "binary", "77");
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), bytes, (a, b) => {
      const row = binaryRow([int8Field(a), null, b, Buffer.from("payload")]);
      fromRow.read(row, 0, row.length);
      fromKey.readKey(fromRow.bytes, 0, fromRow.length);
      expect([fromKey.hash.hi, fromKey.hash.lo, fromKey.length]).toEqual([
        fromRow.hash.hi,
        fromRow.hash.lo,
        fromRow.length,
      ]);
      expect(fromKey.firstColumnLength).toBe(fromRow.firstColumnLength);
    }),
  );
});

test.each([
  ["binary", binaryRow([null, int8Field(1n)])],
  ["text", textRow([null, "1"])],
] as const)("fails when a %s row has no value in its key", (format, row) => {
  const reader = new KeyReader([{ name: "id", position: 0, order: "int8" }], format, "1");
  expect(() => reader.read(row, 0, row.length)).toThrow("no value in its primary key");
});

test.each([
  ["binary", binaryRow([int8Field(1n)])],
  ["text", textRow(["1"])],
] as const)("fails when a %s row ends before its key does", (format, row) => {
  const reader = new KeyReader([{ name: "id", position: 1, order: "int8" }], format, "1");
  expect(() => reader.read(row, 0, row.length)).toThrow("ends before its primary key");
});

test("fails when a row that holds its key says that it has no columns", () => {
  const row = binaryRow([int8Field(1n)]);
  row.writeInt16BE(0, 5);
  const reader = new KeyReader([{ name: "id", position: 0, order: "int8" }], "binary", "1");
  expect(() => reader.read(row, 0, row.length)).toThrow("ends before its primary key");
});

test.each([
  ["int2", 2],
  ["int4", 4],
  ["int8", 8],
  ["uuid", 16],
  ["date", 4],
  ["timestamp", 8],
] as const)(
  "a key of order %s reads back with the hash and bytes of its row, and fails when it is cut",
  (order, length) => {
    const key = [{ name: "id", position: 0, order }] as const;
    const fromRow = new KeyReader(key, "binary", "-9");
    const fromKey = new KeyReader(key, "binary", "-9");
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (field) => {
        const row = binaryRow([Buffer.from(field)]);
        fromRow.read(row, 0, row.length);
        fromKey.readKey(fromRow.bytes, 0, fromRow.length);
        expect([fromKey.hash.hi, fromKey.hash.lo]).toEqual([fromRow.hash.hi, fromRow.hash.lo]);
        expect(fromKey.bytes.subarray(0, fromKey.length)).toEqual(fromRow.bytes.subarray(0, fromRow.length));
        expect(() => fromKey.readKey(fromRow.bytes, 0, fromRow.length + 1)).toThrow("left over");
      }),
    );
  },
);
