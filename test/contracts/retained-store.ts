import { describe, expect, test } from "vitest";
import type { EpochMs } from "../../lib/model/units.ts";
import type { RetainedStore, RetainedVersion } from "../../lib/ports/retained-store.ts";

export interface RetainedSubject {
  readonly store: RetainedStore;
  /** An instant that is still to come for the store. */
  readonly later: EpochMs;
  /** Lets the date of a version pass. */
  readonly pass: (name: string, version: string) => Promise<void>;
}

const BYTES = Buffer.from("kept");

const put = async (store: RetainedStore, name: string, later: EpochMs): Promise<string> => {
  const written = (await store.put(name, [BYTES.subarray(0, 2), BYTES.subarray(2)], later)) as RetainedVersion;
  return written.version;
};

/** The prose of lib/ports/retained-store.ts as tests. Every test has an empty store of its own. */
export function retainedStoreContract(name: string, factory: () => Promise<RetainedSubject>): void {
  describe(`retained store contract: ${name}`, () => {
    test("put gives the version by which its bytes are read, whole or in part", async () => {
      const { store, later } = await factory();
      const version = await put(store, "a/b", later);
      expect(await store.get("a/b", version)).toEqual(BYTES);
      expect(await store.get("a/b", version, { offset: 1, length: 10 })).toEqual(BYTES.subarray(1));
      expect(await store.get("a/b", version, { offset: 1, length: 0 })).toEqual(Buffer.alloc(0));
      expect(await store.get("a/b", version, { offset: 9, length: 1 })).toEqual(Buffer.alloc(0));
      expect(await store.versions("a/b")).toEqual([version]);
    });

    test("put never changes an object that exists, and names no version of it", async () => {
      const { store, later } = await factory();
      const version = await put(store, "x", later);
      expect(await store.put("x", [Buffer.from("other")], later)).toBe("exists");
      expect(await store.get("x", version)).toEqual(BYTES);
      expect(await store.versions("x")).toEqual([version]);
    });

    test("of racing puts of one name exactly one has a version", async () => {
      const { store, later } = await factory();
      const outcomes = await Promise.all(
        Array.from({ length: 12 }, (_, racer) => store.put("race", [Buffer.of(racer)], later)),
      );
      const winner = outcomes.findIndex((outcome) => outcome !== "exists");
      expect(outcomes.filter((outcome) => outcome !== "exists")).toHaveLength(1);
      expect(await store.get("race", (outcomes[winner] as RetainedVersion).version)).toEqual(Buffer.of(winner));
    });

    test("a version is kept until its date, not shorter and less than a second longer", async () => {
      const { store, later } = await factory();
      const until = await store.retainedUntil("x", await put(store, "x", later + 1));
      expect(until).toBeGreaterThanOrEqual(later + 1);
      expect(until).toBeLessThan(later + 1001);
    });

    test("fails with OBJECT_RETAINED to delete a version before its date, and changes nothing", async () => {
      const { store, later } = await factory();
      const version = await put(store, "x", later);
      await expect(store.delete("x", version)).rejects.toMatchObject({ code: "OBJECT_RETAINED", retryable: false });
      expect(await store.get("x", version)).toEqual(BYTES);
      expect(await store.versions("x")).toEqual([version]);
    });

    test("after its date a version is deleted for good, and the name is free", async () => {
      const { store, later, pass } = await factory();
      const version = await put(store, "x", later);
      await pass("x", version);
      expect(await store.delete("x", version)).toBe("deleted");
      expect(await store.delete("x", version)).toBe("absent");
      expect(await store.get("x", version)).toBeUndefined();
      expect(await store.versions("x")).toEqual([]);
      expect(await put(store, "x", later + 60_000)).not.toBe(version);
    });

    test("what is absent is undefined, also beside longer names", async () => {
      const { store, later } = await factory();
      const version = await put(store, "name/longer", later);
      for (const absent of ["name", "name/long", "other"]) {
        expect(await store.get(absent, version)).toBeUndefined();
        expect(await store.get(absent, version, { offset: 0, length: 0 })).toBeUndefined();
        expect(await store.versions(absent)).toEqual([]);
        expect(await store.retainedUntil(absent, version)).toBeUndefined();
        expect(await store.delete(absent, version)).toBe("absent");
      }
    });

    test.each(["", "../x", "a//b", "a b"])("fails on the name %j before the store is touched", async (bad) => {
      const { store, later } = await factory();
      await expect(store.put(bad, [BYTES], later)).rejects.toThrow(TypeError);
      await expect(store.get(bad, "v")).rejects.toThrow(TypeError);
      await expect(store.delete(bad, "v")).rejects.toThrow(TypeError);
      await expect(store.versions(bad)).rejects.toThrow(TypeError);
    });
  });
}
