import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteRange } from "../../lib/model/byte-range.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import {
  BAD_NAMES,
  BAD_PREFIXES,
  drawnNames,
  FINE_NAMES,
  inByteOrder,
  listed,
  ORDERED_ODDLY,
  PREFIXES,
} from "./object-names.ts";

/** Two stores over the same objects, as two processes would have them. One store may be both. */
export interface StorePair {
  readonly store: ObjectStore;
  readonly other: ObjectStore;
}

export interface ContractOptions {
  /** How many objects the big listing has. A slow disk may take fewer. */
  readonly objects?: number;
  /** Whether the store can tell that a name would be another's directory. */
  readonly knowsDirectories?: boolean;
}

const MANY_MS_MAX = 120_000;
const RACERS = 12;
const RANGE_RUNS = 200;
const BIG_BYTES = 20 * 1024 * 1024;
const ALPHABET = "-._0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"; // In byte order.

const bytes = (...values: number[]) => Uint8Array.from(values);
const ascending = (length: number) => Buffer.from(Array.from({ length }, (_, index) => index % 251));

/** The prose of lib/ports/object-store.ts as tests. Every test has a pair of empty stores of its own. */
export function objectStoreContract(
  name: string,
  factory: () => Promise<StorePair>,
  { objects = 10_000, knowsDirectories = true }: ContractOptions = {},
): void {
  const namesOf = async (store: ObjectStore, prefix: string) =>
    (await listed(store.list(prefix))).map((facts) => facts.name);

  describe(`object store contract: ${name}`, () => {
    test("put concatenates its pieces, and every reader sees them at once", async () => {
      const { store, other } = await factory();
      expect(await store.put("a/b.txt", [bytes(1, 2), bytes(), bytes(3)])).toBe("created");
      for (const reader of [store, other]) {
        expect(await reader.get("a/b.txt")).toEqual(Buffer.from([1, 2, 3]));
        expect(await reader.head("a/b.txt")).toMatchObject({ name: "a/b.txt", bytes: 3 });
        expect(await listed(reader.list(""))).toMatchObject([{ name: "a/b.txt", bytes: 3 }]);
      }
    });

    test("put takes thousands of pieces and megabytes", async () => {
      const { store, other } = await factory();
      const pieces = Array.from({ length: 5000 }, (_, index) => ascending(index % 1500));
      expect(await store.put("big", pieces)).toBe("created");
      expect((await other.get("big"))?.equals(Buffer.concat(pieces))).toBe(true);
    });

    test("an object of 20 MB comes back whole, and its ranges from either end", async () => {
      const { store, other } = await factory();
      const whole = Buffer.alloc(BIG_BYTES);
      for (let at = 0; at < BIG_BYTES; at += 4) whole.writeUInt32LE(at, at);
      expect(await store.put("big", [whole.subarray(0, 7_000_001), whole.subarray(7_000_001)])).toBe("created");
      expect((await other.get("big"))?.equals(whole)).toBe(true);
      for (const [offset, length] of [
        [0, 5_000_000],
        [BIG_BYTES - 1, 1],
        [BIG_BYTES - 3_000_000, 4_000_000],
        [BIG_BYTES, 1],
      ] as const) {
        const part = await other.get("big", { offset, length });
        expect(part?.equals(whole.subarray(offset, offset + length)), `${length} from ${offset}`).toBe(true);
      }
    });

    test("an object without bytes is an object", async () => {
      const { store, other } = await factory();
      expect(await store.put("none", [])).toBe("created");
      expect(await store.put("empty", [bytes()])).toBe("created");
      expect(await other.get("none")).toEqual(Buffer.alloc(0));
      expect(await other.get("empty", { offset: 0, length: 10 })).toEqual(Buffer.alloc(0));
      expect(await other.head("empty")).toMatchObject({ bytes: 0 });
      expect(await store.put("none", [bytes(1)])).toBe("exists");
      expect(await namesOf(other, "")).toEqual(["empty", "none"]);
    });

    test("put never changes an object that exists", async () => {
      const { store, other } = await factory();
      await store.put("x", [bytes(1)]);
      const before = await store.head("x");
      for (const writer of [store, other]) expect(await writer.put("x", [bytes(2, 2)])).toBe("exists");
      expect(await store.get("x")).toEqual(Buffer.from([1]));
      expect(await store.head("x")).toEqual(before);
    });

    test("of racing puts of one name exactly one says created, and its bytes are the ones that stay", async () => {
      const { store, other } = await factory();
      for (let round = 0; round < 5; round++) {
        const racers = Array.from({ length: RACERS }, (_, index) =>
          (index % 2 === 0 ? store : other).put(`race/${round}`, [Buffer.alloc(50_000, index)]),
        );
        const outcomes = await Promise.all(racers);
        expect(outcomes.filter((outcome) => outcome === "created")).toHaveLength(1);
        const winner = Buffer.alloc(50_000, outcomes.indexOf("created"));
        expect((await other.get(`race/${round}`))?.equals(winner)).toBe(true);
      }
    });

    test("a reader during racing puts and deletes sees a whole object or none", async () => {
      const { store, other } = await factory();
      const writer = async (fill: number) => {
        for (let round = 0; round < 20; round++) {
          await store.put("deep/er/torn", [Buffer.alloc(30_000, fill), Buffer.alloc(30_000, fill)]);
          await (fill % 2 === 0 ? store : other).delete("deep/er/torn");
        }
      };
      let writing = true;
      const writers = Promise.all([1, 2, 3].map(writer)).finally(() => {
        writing = false;
      });
      while (writing) {
        const seen = await other.get("deep/er/torn");
        if (seen !== undefined) expect(seen.equals(Buffer.alloc(60_000, seen[0]))).toBe(true);
        for await (const facts of other.list("deep")) expect(facts.bytes).toBe(60_000);
      }
      await writers;
    });

    test("the store keeps its own copy: changing what was given or got changes no object", async () => {
      const { store } = await factory();
      const given = Buffer.from([1, 2, 3]);
      await store.put("copy", [given]);
      given.fill(9);
      (await store.get("copy"))?.fill(8);
      expect(await store.get("copy")).toEqual(Buffer.from([1, 2, 3]));
    });

    test("an absent object is undefined, also where part of its name is an object or only has objects under it", async () => {
      const { store } = await factory();
      await store.put("a/b", [bytes(1)]);
      for (const absent of ["zzz", "a", "a/b/c", "a/bb", "a/b.c/d"]) {
        expect(await store.get(absent)).toBeUndefined();
        expect(await store.get(absent, { offset: 0, length: 1 })).toBeUndefined();
        expect(await store.head(absent)).toBeUndefined();
        expect(await store.delete(absent)).toBe("absent");
      }
      expect(await namesOf(store, "")).toEqual(["a/b"]);
    });

    test.each([
      [0, 0],
      [0, 1],
      [0, 10],
      [0, 11],
      [0, Number.MAX_SAFE_INTEGER],
      [3, 4],
      [9, 1],
      [9, 2],
      [10, 0],
      [10, 5],
      [11, 1],
      [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
    ])("a range from %i of %i bytes of ten is clipped at the end", async (offset, length) => {
      const { store } = await factory();
      await store.put("ten", [ascending(4), ascending(6)]);
      const whole = Buffer.concat([ascending(4), ascending(6)]);
      expect(await store.get("ten", { offset, length })).toEqual(whole.subarray(offset, offset + length));
    });

    test("every range of every object is that part of its bytes", async () => {
      const { store } = await factory();
      const whole = ascending(1000);
      await store.put("object", [whole]);
      const bound = fc.nat({ max: 1200 });
      await fc.assert(
        fc.asyncProperty(bound, bound, async (offset, length) => {
          expect(await store.get("object", { offset, length })).toEqual(whole.subarray(offset, offset + length));
        }),
        { numRuns: RANGE_RUNS },
      );
    });

    test.each<ByteRange>([
      { offset: -1, length: 1 },
      { offset: 0, length: -1 },
      { offset: 0.5, length: 1 },
      { offset: 0, length: Number.NaN },
      { offset: Number.POSITIVE_INFINITY, length: 1 },
    ])("fails on the impossible range %o, whether the object exists or not", async (range) => {
      const { store } = await factory();
      await expect(store.get("absent", range)).rejects.toThrow(TypeError);
    });

    test("delete is final and idempotent, and the name is free again", async () => {
      const { store, other } = await factory();
      await store.put("x/y/z", [bytes(1)]);
      expect(await store.delete("x/y/z")).toBe("deleted");
      expect(await other.delete("x/y/z")).toBe("absent");
      expect(await store.delete("x/y/z")).toBe("absent");
      for (const reader of [store, other]) {
        expect(await reader.get("x/y/z")).toBeUndefined();
        expect(await reader.head("x/y/z")).toBeUndefined();
        expect(await namesOf(reader, "")).toEqual([]);
      }
      expect(await other.put("x/y/z", [bytes(2)])).toBe("created");
      expect(await store.get("x/y/z")).toEqual(Buffer.from([2]));
    });

    test("of racing deletes exactly one says deleted", async () => {
      const { store, other } = await factory();
      await store.put("once", [bytes(1)]);
      const outcomes = await Promise.all(
        Array.from({ length: RACERS }, (_, index) => (index % 2 === 0 ? store : other).delete("once")),
      );
      expect(outcomes.filter((outcome) => outcome === "deleted")).toHaveLength(1);
    });

    test("the last object under a name and the next one may come and go at once", async () => {
      const { store, other } = await factory();
      const visitor = async (writer: ObjectStore, object: string) => {
        for (let round = 0; round < 20; round++) {
          expect(await writer.put(object, [bytes(round)])).toBe("created");
          expect(await writer.delete(object)).toBe("deleted");
        }
      };
      await Promise.all([visitor(store, "p/q/one"), visitor(other, "p/q/two"), visitor(store, "p/three")]);
      expect(await namesOf(store, "")).toEqual([]);
      expect(await store.put("p", [bytes(1)])).toBe("created");
    });

    test("list gives the byte order of whole names, and a prefix need not be a directory", async () => {
      const { store, other } = await factory();
      for (const object of ORDERED_ODDLY) await store.put(object, [bytes(1)]);
      const sorted = inByteOrder(ORDERED_ODDLY);
      for (const prefix of PREFIXES)
        expect(await namesOf(other, prefix)).toEqual(sorted.filter((object) => object.startsWith(prefix)));
    });

    test("a listing is every stored name in byte order, for any names and prefix", async () => {
      await fc.assert(
        fc.asyncProperty(drawnNames(12), async ([names, prefix]) => {
          const { store } = await factory();
          await Promise.all(names.map((one) => store.put(one, [])));
          const sorted = inByteOrder(names);
          expect(await namesOf(store, prefix)).toEqual(sorted.filter((one) => one.startsWith(prefix)));
          expect(await namesOf(store, "")).toEqual(sorted);
        }),
        { numRuns: 30 },
      );
    });

    test(`${objects} objects, put and deleted without a limit at once, all list in order`, {
      timeout: MANY_MS_MAX,
    }, async () => {
      const { store, other } = await factory();
      const name = (index: number) => `many/${(index % 64).toString(16).padStart(2, "0")}/${index}`;
      const every = Array.from({ length: objects }, (_, index) => name(index));
      const outcomes = await Promise.all(every.map((one) => store.put(one, [Buffer.from(one)])));
      expect(outcomes.every((outcome) => outcome === "created")).toBe(true);
      const found = await listed(other.list("many/"));
      expect(found.map((facts) => facts.name)).toEqual(every.toSorted());
      expect(found.every((facts) => facts.bytes === facts.name.length)).toBe(true);
      const gone = every.filter((_, index) => index % 2 === 0);
      await Promise.all(gone.map((one) => other.delete(one)));
      expect(await namesOf(store, "many/")).toEqual(every.filter((_, index) => index % 2 === 1).toSorted());
    });

    test("a listing survives deletes and puts in the middle of it, and shows what did not change", async () => {
      const { store, other } = await factory();
      const stay = Array.from({ length: 100 }, (_, index) => `d/${index % 5}/stay${index}`);
      for (const one of stay) await store.put(one, []);
      for (let index = 0; index < 100; index++) await store.put(`d/${index % 7}/go${index}`, []);
      const seen: string[] = [];
      let index = 0;
      for await (const facts of store.list("d/")) {
        seen.push(facts.name);
        if (index < 100) await other.delete(`d/${index % 7}/go${index}`);
        await other.put(`d/new/${index}`, []);
        index += 1;
        if (index > 1000) break;
      }
      expect(seen.filter((one) => one.includes("stay"))).toEqual(stay.toSorted());
    });

    test("writtenAt is the store's time of the put", async () => {
      const { store } = await factory();
      await store.put("first", []);
      await store.put("second", []);
      const [first, second] = await listed(store.list(""));
      expect(Number.isSafeInteger(first?.writtenAt)).toBe(true);
      expect(second?.writtenAt).toBeGreaterThanOrEqual(first?.writtenAt ?? Number.NaN);
      expect(await store.head("first")).toEqual(first);
    });

    test.each(FINE_NAMES)("the name %s is fine", async (fine) => {
      const { store, other } = await factory();
      expect(await store.put(fine, [bytes(7)])).toBe("created");
      expect(await other.get(fine)).toEqual(Buffer.from([7]));
      expect(await namesOf(other, "")).toEqual([fine]);
    });

    test("every byte that a name may have stands for itself, wherever it stands", async () => {
      const { store, other } = await factory();
      const names = [...ALPHABET].flatMap((letter) => [`n${letter}/${letter}n`, `n${letter}${letter}`]);
      await Promise.all(names.map((one) => store.put(one, [Buffer.from(one)])));
      expect(await namesOf(other, "")).toEqual(names.toSorted());
      for (const one of names) expect((await other.get(one))?.toString()).toBe(one);
    });

    test.each(BAD_NAMES)("fails on the name %j before the store is touched", async (bad) => {
      const { store } = await factory();
      await expect(store.put(bad, [bytes(1)])).rejects.toThrow(TypeError);
      await expect(store.get(bad)).rejects.toThrow(TypeError);
      await expect(store.head(bad)).rejects.toThrow(TypeError);
      await expect(store.delete(bad)).rejects.toThrow(TypeError);
      expect(await namesOf(store, "")).toEqual([]);
    });

    test.each(BAD_PREFIXES)("fails on the prefix %j", async (bad) => {
      const { store } = await factory();
      await expect(namesOf(store, bad)).rejects.toThrow(TypeError);
    });

    if (knowsDirectories) {
      test("fails on a name that would be a directory and an object, and stores nothing of it", async () => {
        const { store } = await factory();
        await store.put("a/b/c", [bytes(1)]);
        for (const bad of ["a", "a/b", "a/b/c/d", "a/b/c/d/e"]) {
          await expect(store.put(bad, [bytes(2)])).rejects.toThrow(TypeError);
        }
        expect(await namesOf(store, "")).toEqual(["a/b/c"]);
      });
    }
  });
}
