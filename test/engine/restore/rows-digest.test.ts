import { createCipheriv } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { addSums, type DigestKind, RowsDigest } from "../../../lib/engine/restore/rows-digest.ts";

const frameOf = (payload: Uint8Array): Buffer => {
  const head = Buffer.from([0x64, 0, 0, 0, 0]);
  head.writeUInt32BE(payload.length + 4, 1);
  return Buffer.concat([head, payload]);
};

/** Rows on both sides of the length from which a row is hashed another way. */
const payload = fc.oneof(fc.uint8Array({ maxLength: 40 }), fc.uint8Array({ minLength: 1010, maxLength: 1030 }));
const rows = fc.array(payload, { maxLength: 20 }).map((payloads) => payloads.map(frameOf));

const digestOf = (kind: DigestKind, pieces: readonly Buffer[]) => {
  const digest = new RowsDigest(kind);
  for (const piece of pieces) digest.add(piece);
  return { rows: digest.rows, bytes: digest.bytes, digest: digest.digest() };
};

test.each(["ordered", "unordered"] as const)("an %s digest does not depend on how rows are bundled", (kind) => {
  fc.assert(
    fc.property(rows, (frames) => {
      const together = digestOf(kind, [Buffer.concat(frames)]);
      expect(together).toEqual(digestOf(kind, frames));
      expect(together.rows).toBe(frames.length);
      expect(together.bytes).toBe(Buffer.concat(frames).length);
    }),
  );
});

test("an ordered digest is the GMAC of the stream", () => {
  fc.assert(
    fc.property(rows, (frames) => {
      const mac = createCipheriv("aes-128-gcm", Buffer.from("lastgood row sum"), Buffer.alloc(12));
      mac.setAAD(Buffer.concat(frames)).final();
      expect(digestOf("ordered", frames).digest).toBe(mac.getAuthTag().toString("hex"));
    }),
  );
});

test("an ordered digest differs when two rows change places", () => {
  const frames = [frameOf(Buffer.from("one")), frameOf(Buffer.from("two"))];
  expect(digestOf("ordered", frames).digest).not.toBe(digestOf("ordered", frames.toReversed()).digest);
});

test("an unordered digest is the same for any order, and digests of ranges add up to it", () => {
  fc.assert(
    fc.property(rows, fc.nat(20), (frames, at) => {
      const whole = digestOf("unordered", frames).digest;
      expect(digestOf("unordered", frames.toReversed()).digest).toBe(whole);
      const ranges = [frames.slice(0, at), frames.slice(at)].map((range) => digestOf("unordered", range).digest);
      expect(addSums(ranges)).toBe(whole);
    }),
  );
});

test.each(["ordered", "unordered"] as const)("an %s digest changes with any byte of any row", (kind) => {
  fc.assert(
    fc.property(rows, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), (frames, row, at, change) => {
      const changed = frames.map((frame) => Buffer.from(frame));
      const frame = changed[row % Math.max(1, frames.length)];
      if (frame === undefined || frame.length === 5) return;
      const position = 5 + (at % (frame.length - 5));
      frame[position] = (frame[position] as number) ^ change;
      expect(digestOf(kind, changed).digest).not.toBe(digestOf(kind, frames).digest);
    }),
  );
});

test("key sums are those of all keys, across what a double can add up exactly", () => {
  const key = [{ name: "id", position: 0, order: "int4" as const }];
  const sum = (ids: readonly number[]): string => {
    const digest = new RowsDigest("ordered", { key, format: "binary", seed: "7" });
    for (const id of ids) {
      const row = Buffer.alloc(10);
      row.writeInt16BE(1);
      row.writeInt32BE(4, 2);
      row.writeInt32BE(id, 6);
      digest.add(frameOf(row));
    }
    return digest.keySum;
  };
  fc.assert(
    fc.property(fc.array(fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }), { maxLength: 50 }), (ids) => {
      expect(sum(ids)).toBe(addSums(ids.map((id) => sum([id]))));
    }),
  );
});
