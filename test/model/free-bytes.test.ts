import { zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { freeBytes } from "../../lib/model/free-bytes.ts";

test("frees a large buffer: every view of its memory is empty", () => {
  const whole = Buffer.alloc(1_000_000, 7);
  const part = whole.subarray(10, 20);
  freeBytes(part);
  expect(whole).toHaveLength(0);
  expect(part).toHaveLength(0);
  expect(whole.buffer.byteLength).toBe(0);
});

test("frees what zlib gives for large input", () => {
  const packed = zstdCompressSync(Buffer.alloc(1_000_000, 7), { chunkSize: 1_010_000 });
  freeBytes(packed);
  expect(packed).toHaveLength(0);
});

test("leaves alone what lies in the pool that small buffers share", () => {
  const one = Buffer.from("one");
  const other = Buffer.from("other");
  freeBytes(one);
  expect([one.toString(), other.toString()]).toEqual(["one", "other"]);
});

test("frees a buffer twice without harm", () => {
  const bytes = Buffer.alloc(100_000);
  freeBytes(bytes);
  freeBytes(bytes);
  expect(bytes).toHaveLength(0);
});
