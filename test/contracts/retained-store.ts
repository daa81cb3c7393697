import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ByteRange } from "../../lib/model/byte-range.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import type { RetainedStore, RetainedVersion, Retention } from "../../lib/ports/retained-store.ts";
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

export interface RetainedSubject {
  readonly store: RetainedStore;
  /** The same objects, as another process would have them. One store may be both. */
  readonly other: RetainedStore;
  /** An instant on a second that is still to come for the store. */
  readonly later: EpochMs;
  /** Lets the date of a version in governance mode pass. */
  readonly pass: (name: string, version: string) => Promise<void>;
}

const BYTES = Buffer.from("kept");
const RACERS = 12;
const NONE: Retention = { mode: "none" };
const DATED = ["governance", "compliance"] as const;
const EVERY_RETENTION = ["none", ...DATED] as const;

const governance = (until: EpochMs): Retention => ({ mode: "governance", until });
const retentionOf = (mode: Retention["mode"], until: EpochMs): Retention => (mode === "none" ? NONE : { mode, until });

const put = async (store: RetainedStore, name: string, retention: Retention, bytes = BYTES): Promise<string> => {
  const written = (await store.put(name, [bytes.subarray(0, 2), bytes.subarray(2)], retention)) as RetainedVersion;
  return written.version;
};

const namesOf = async (store: RetainedStore, prefix: string) =>
  (await listed(store.list(prefix))).map((facts) => facts.name);

/** The prose of lib/ports/retained-store.ts as tests. Every test has an empty store of its own. */
export function retainedStoreContract(name: string, factory: () => Promise<RetainedSubject>): void {
  describe(`retained store contract: ${name}`, () => {
    test("put gives the version by which its bytes are read, whole or in part, by every reader", async () => {
      const { store, other, later } = await factory();
      const version = await put(store, "a/b", governance(later));
      for (const reader of [store, other]) {
        expect(await reader.get("a/b", version)).toEqual(BYTES);
        expect(await reader.get("a/b", version, { offset: 1, length: 10 })).toEqual(BYTES.subarray(1));
        expect(await reader.versions("a/b")).toEqual([version]);
      }
    });

    test.each(EVERY_RETENTION)("every range of an object in mode %s is that part of its bytes", async (mode) => {
      const { store, later } = await factory();
      const whole = Buffer.from(Array.from({ length: 300 }, (_, index) => index % 251));
      const version = await put(store, "x", retentionOf(mode, later), whole);
      const ranges: readonly [number, number][] = [
        [0, 0],
        [0, 300],
        [0, Number.MAX_SAFE_INTEGER],
        [1, 0],
        [299, 2],
        [300, 1],
        [301, 0],
        [Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
        [100, 150],
      ];
      for (const [offset, length] of ranges) {
        const part = await store.get("x", version, { offset, length });
        expect(part, `${length} from ${offset}`).toEqual(whole.subarray(offset, offset + length));
      }
    });

    test.each<ByteRange>([
      { offset: -1, length: 1 },
      { offset: 0, length: -1 },
      { offset: 0.5, length: 1 },
    ])("fails on the impossible range %o, whether the version exists or not", async (range) => {
      const { store } = await factory();
      await expect(store.get("absent", "v", range)).rejects.toThrow(TypeError);
    });

    test("an object without bytes is an object", async () => {
      const { store, later } = await factory();
      const { version } = (await store.put("none", [], governance(later))) as RetainedVersion;
      expect(await store.get("none", version)).toEqual(Buffer.alloc(0));
      expect(await listed(store.list(""))).toMatchObject([{ name: "none", version, bytes: 0 }]);
      expect(await store.put("none", [BYTES], NONE)).toBe("exists");
    });

    test("the store keeps its own copy: changing what was given or got changes no version", async () => {
      const { store, later } = await factory();
      const given = Buffer.from(BYTES);
      const version = await put(store, "x", governance(later), given);
      given.fill(9);
      (await store.get("x", version))?.fill(8);
      expect(await store.get("x", version)).toEqual(BYTES);
    });

    test("put never changes an object that exists, names no version of it and leaves its lock alone", async () => {
      const { store, other, later } = await factory();
      const version = await put(store, "x", governance(later));
      for (const retention of [NONE, governance(later + 60_000), governance(later - 1000)]) {
        expect(await other.put("x", [Buffer.from("other")], retention)).toBe("exists");
      }
      expect(await store.get("x", version)).toEqual(BYTES);
      expect(await store.versions("x")).toEqual([version]);
      expect(await store.retention("x", version)).toEqual(governance(later));
    });

    test("of racing puts of one name exactly one has a version, with its own bytes and its own lock", async () => {
      const { store, other, later } = await factory();
      const outcomes = await Promise.all(
        Array.from({ length: RACERS }, (_, racer) =>
          (racer % 2 === 0 ? store : other).put("race", [Buffer.of(racer)], governance(later + racer * 1000)),
        ),
      );
      const winner = outcomes.findIndex((outcome) => outcome !== "exists");
      expect(outcomes.filter((outcome) => outcome !== "exists")).toHaveLength(1);
      const { version } = outcomes[winner] as RetainedVersion;
      expect(await other.get("race", version)).toEqual(Buffer.of(winner));
      expect(await other.retention("race", version)).toEqual(governance(later + winner * 1000));
    });

    test.each(DATED)("a lock in mode %s lasts until its date, rounded up to a second", async (mode) => {
      const { store, other, later } = await factory();
      for (const [ms, seconds] of [
        [0, 0],
        [1, 1],
        [999, 1],
        [1000, 1],
      ] as const) {
        const version = await put(store, `x${ms}`, { mode, until: later + ms });
        expect(await other.retention(`x${ms}`, version)).toEqual({ mode, until: later + seconds * 1000 });
      }
    });

    test.each(DATED)(
      "fails with OBJECT_RETAINED to delete in mode %s before the date, and changes nothing",
      async (mode) => {
        const { store, other, later } = await factory();
        const version = await put(store, "x", { mode, until: later });
        for (const deleter of [store, other]) {
          await expect(deleter.delete("x", version)).rejects.toMatchObject({
            code: "OBJECT_RETAINED",
            retryable: false,
          });
        }
        expect(await store.get("x", version)).toEqual(BYTES);
        expect(await store.versions("x")).toEqual([version]);
        expect(await store.retention("x", version)).toEqual({ mode, until: later });
      },
    );

    test("after its date a version is deleted for good, and the name is free", async () => {
      const { store, other, later, pass } = await factory();
      const version = await put(store, "x", governance(later));
      await pass("x", version);
      expect(await store.delete("x", version)).toBe("deleted");
      for (const reader of [store, other]) {
        expect(await reader.delete("x", version)).toBe("absent");
        expect(await reader.get("x", version)).toBeUndefined();
        expect(await reader.versions("x")).toEqual([]);
        expect(await reader.retention("x", version)).toBeUndefined();
        expect(await listed(reader.list(""))).toEqual([]);
      }
      expect(await put(store, "x", governance(later + 60_000))).not.toBe(version);
    });

    test("a date that has passed is still told", async () => {
      const { store, later, pass } = await factory();
      const version = await put(store, "x", governance(later));
      await pass("x", version);
      const told = await store.retention("x", version);
      expect(told?.mode).toBe("governance");
    });

    test("nothing locks a version in mode none: it can be deleted at once, and its name is free", async () => {
      const { store, other } = await factory();
      const version = await put(store, "x", NONE);
      expect(await other.retention("x", version)).toBeUndefined();
      expect(await other.get("x", version)).toEqual(BYTES);
      expect(await other.delete("x", version)).toBe("deleted");
      const next = await put(store, "x", NONE);
      expect(next).not.toBe(version);
      expect(await other.delete("x", version)).toBe("absent");
      expect(await other.get("x", next)).toEqual(BYTES);
    });

    test("a version never stands for what came under its name after it", async () => {
      const { store, other, later } = await factory();
      const first = await put(store, "x", NONE);
      await store.delete("x", first);
      const second = await put(store, "x", governance(later), Buffer.from("other"));
      expect(await other.get("x", first)).toBeUndefined();
      expect(await other.get("x", first, { offset: 0, length: 2 })).toBeUndefined();
      expect(await other.retention("x", first)).toBeUndefined();
      expect(await other.delete("x", first)).toBe("absent");
      expect(await other.get("x", second)).toEqual(Buffer.from("other"));
    });

    test("racing deletes of one version leave nothing of it, and take nothing that is put meanwhile", async () => {
      const { store, other, later } = await factory();
      for (let round = 0; round < 10; round++) {
        const version = await put(store, "x/y", NONE);
        const deletes = Promise.all(
          Array.from({ length: RACERS }, (_, racer) => (racer % 2 === 0 ? store : other).delete("x/y", version)),
        );
        let next: RetainedVersion | "exists" = "exists";
        const lock = round === 9 ? governance(later) : NONE;
        for (let tries = 0; next === "exists"; tries++) {
          expect(tries).toBeLessThan(10_000);
          next = await other.put("x/y", [Buffer.of(round)], lock);
        }
        expect(await deletes).toContain("deleted");
        expect(await store.versions("x/y")).toEqual([next.version]);
        expect(await store.get("x/y", next.version)).toEqual(Buffer.of(round));
        if (lock.mode === "none") expect(await other.delete("x/y", next.version)).toBe("deleted");
      }
    });

    test("what is absent is undefined, also beside longer names", async () => {
      const { store, later } = await factory();
      const version = await put(store, "name/longer", governance(later));
      for (const absent of ["name", "name/long", "other", "name/longer/still"]) {
        expect(await store.get(absent, version)).toBeUndefined();
        expect(await store.get(absent, version, { offset: 0, length: 0 })).toBeUndefined();
        expect(await store.versions(absent)).toEqual([]);
        expect(await store.retention(absent, version)).toBeUndefined();
        expect(await store.delete(absent, version)).toBe("absent");
      }
    });

    test("a listing has each version with its bytes and the store's time of the put", async () => {
      const { store, other, later } = await factory();
      const a = await put(store, "a", governance(later));
      const b = await put(store, "b/c", NONE, Buffer.alloc(1000, 7));
      const found = await listed(other.list(""));
      expect(found).toMatchObject([
        { name: "a", version: a, bytes: 4 },
        { name: "b/c", version: b, bytes: 1000 },
      ]);
      expect(found.every(({ writtenAt }) => Number.isSafeInteger(writtenAt))).toBe(true);
      expect(found[1]?.writtenAt).toBeGreaterThanOrEqual(found[0]?.writtenAt ?? Number.NaN);
    });

    test("list gives the byte order of whole names, and a prefix need not be a directory", async () => {
      const { store, other, later } = await factory();
      for (const [index, one] of ORDERED_ODDLY.entries())
        await put(store, one, index % 2 === 0 ? NONE : governance(later));
      const sorted = inByteOrder(ORDERED_ODDLY);
      for (const prefix of PREFIXES)
        expect(await namesOf(other, prefix)).toEqual(sorted.filter((one) => one.startsWith(prefix)));
    });

    test("a listing is every stored name in byte order, for any names and prefix", async () => {
      await fc.assert(
        fc.asyncProperty(drawnNames(8), async ([names, prefix]) => {
          const { store } = await factory();
          await Promise.all(names.map((one) => store.put(one, [], NONE)));
          const sorted = inByteOrder(names);
          expect(await namesOf(store, prefix)).toEqual(sorted.filter((one) => one.startsWith(prefix)));
          expect(await namesOf(store, "")).toEqual(sorted);
        }),
        { numRuns: 15 },
      );
    });

    test("a listing survives deletes and puts in the middle of it, and shows what did not change", async () => {
      const { store, other, later } = await factory();
      const going: string[] = [];
      for (let index = 0; index < 20; index++) {
        await put(store, `d/${index % 3}/stay${index}`, governance(later));
        going.push(await put(store, `d/${index % 4}/go${index}`, NONE));
      }
      const seen: string[] = [];
      for await (const facts of store.list("d/")) {
        const index = seen.push(facts.name) - 1;
        const version = going[index];
        if (version !== undefined) await other.delete(`d/${index % 4}/go${index}`, version);
      }
      const stay = Array.from({ length: 20 }, (_, index) => `d/${index % 3}/stay${index}`);
      expect(seen.filter((one) => one.includes("stay"))).toEqual(inByteOrder(stay));
    });

    test.each(FINE_NAMES)("the name %s is fine", async (fine) => {
      const { store, other, later } = await factory();
      const version = await put(store, fine, governance(later));
      expect(await other.get(fine, version)).toEqual(BYTES);
      expect(await namesOf(other, "")).toEqual([fine]);
    });

    test.each(BAD_NAMES)("fails on the name %j before the store is touched", async (bad) => {
      const { store, later } = await factory();
      await expect(store.put(bad, [BYTES], governance(later))).rejects.toThrow(TypeError);
      await expect(store.get(bad, "v")).rejects.toThrow(TypeError);
      await expect(store.delete(bad, "v")).rejects.toThrow(TypeError);
      await expect(store.versions(bad)).rejects.toThrow(TypeError);
      await expect(store.retention(bad, "v")).rejects.toThrow(TypeError);
      expect(await listed(store.list(""))).toEqual([]);
    });

    test.each(BAD_PREFIXES)("fails on the prefix %j", async (bad) => {
      const { store } = await factory();
      await expect(listed(store.list(bad))).rejects.toThrow(TypeError);
    });
  });
}
