import { describe, expect, test } from "vitest";
import { chunkId, getChunk, putChunk } from "../../lib/engine/chunk.ts";
import { decodeDocument, encodeDocument } from "../../lib/engine/document.ts";
import { KeyList } from "../../lib/engine/key-list.ts";
import { adoptPage, getPage, putPage } from "../../lib/engine/page.ts";
import { getPart, getPointObject } from "../../lib/engine/points.ts";
import { open, type SealedHeader, seal } from "../../lib/engine/seal.ts";
import type { Failure } from "../../lib/model/errors.ts";
import type { PartRef } from "../../lib/model/point.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { memoryVault, namesIn, seededEntropy } from "./memory-vault.ts";
import { CLASS, laneFor, putSyntheticPoint, takeBase } from "./synthetic-history.ts";
import { syntheticFacts, syntheticKey, syntheticRow } from "./synthetic-rows.ts";

const entropy = seededEntropy("seal");

/** Every way to change one byte (by each of two masks) and every shorter and one longer form. */
function* damagesOf(bytes: Buffer): Generator<{ readonly what: string; readonly damaged: Buffer }> {
  for (let at = 0; at < bytes.length; at++) {
    for (const mask of [0x01, 0x80]) {
      const damaged = Buffer.from(bytes);
      damaged[at] = (damaged[at] as number) ^ mask;
      yield { what: `byte ${at} xor ${mask}`, damaged };
    }
    yield { what: `cut to ${at} bytes`, damaged: bytes.subarray(0, at) };
  }
  yield { what: "a byte longer", damaged: Buffer.concat([bytes, Buffer.from("x")]) };
}

const showing = (store: ObjectStore, name: string, bytes: Buffer): ObjectStore => ({
  ...store,
  get: (wanted) => (wanted === name ? Promise.resolve(bytes) : store.get(wanted)),
});

/** Reads the object in every damaged form; each must fail and name it. @returns those that did not */
const damagesMissed = async (
  store: ObjectStore,
  name: string,
  read: (store: ObjectStore) => Promise<unknown>,
): Promise<readonly string[]> => {
  const bytes = (await store.get(name)) as Buffer;
  await read(store);
  const missed: string[] = [];
  for (const { what, damaged } of damagesOf(bytes)) {
    try {
      await read(showing(store, name, damaged));
      missed.push(what);
    } catch (error) {
      const { code, message } = error as Failure;
      // A flip in a header's format number reads as a later format: refused, too.
      if (!["OBJECT_CORRUPT", "VAULT_TOO_NEW"].includes(code) || !message.includes(name))
        missed.push(`${what}: ${String(error)}`);
    }
  }
  return missed;
};

describe("every changed byte and every cut is found, and the object is named", () => {
  const place = { class: CLASS, table: "t1", rows: "binary" } as const;
  const facts = syntheticFacts();

  test("chunk", async () => {
    const { vault } = await memoryVault();
    const { namingSecret } = await vault.classSecret(CLASS, "make");
    const plain = Buffer.concat([syntheticRow(facts, 1, "a"), syntheticRow(facts, 2, "b")]);
    const { entry, stored } = putChunk(vault.hot, entropy, place, { id: chunkId(namingSecret, place, plain), plain });
    await stored;
    const whole = { ...entry, first: "", last: "", rows: 2 };
    expect(await getChunk(vault.hot, namingSecret, place, whole)).toEqual(plain);
    expect(await damagesMissed(vault.hot, entry.name, (store) => getChunk(store, namingSecret, place, whole))).toEqual(
      [],
    );
  });

  test("page, opened by its key and taken over by its part's key", async () => {
    const { vault } = await memoryVault();
    const partKey = await vault.partKeyOrMake("p1", CLASS);
    const keys = new KeyList();
    for (const id of [1, 2, 700]) {
      const key = syntheticKey(id);
      keys.push(key, 0, key.length);
    }
    const ref = await putPage(
      vault.hot,
      entropy,
      { class: CLASS, table: "t1", pointId: "p1", partKey },
      { chunks: [], keys },
    );
    expect(ref).toMatchObject({ rows: 3, chunks: 0, first: syntheticKey(1).toString("hex") });
    expect(await damagesMissed(vault.hot, ref.name, (store) => getPage(store, ref))).toEqual([]);
    expect(await damagesMissed(vault.hot, ref.name, (store) => adoptPage(store, ref.name, partKey))).toEqual([]);
    expect((await adoptPage(vault.hot, ref.name, partKey))?.ref).toEqual(ref);
  });

  test("part and point", async () => {
    const { vault, stores, reopen } = await memoryVault();
    const state = await takeBase(await laneFor(vault, "p1"), "t1", facts, new Map([[1, "one"]]));
    const point = await putSyntheticPoint(vault, "p1", 1, [state]);
    const ref = point.parts[0] as PartRef;
    expect(
      await damagesMissed(stores.hot, ref.name, async (store) => getPart(await reopen(store), point, ref)),
    ).toEqual([]);
    const [name] = await namesIn(stores.hot, "points/");
    expect(await damagesMissed(stores.hot, name as string, (store) => getPointObject(store, name as string))).toEqual(
      [],
    );
  });

  test("vault.json and the wrapped keys", async () => {
    const { vault, stores, reopen, keys } = await memoryVault();
    await vault.partKeyOrMake("p1", CLASS);
    await vault.classSecret(CLASS, "make");
    expect(await damagesMissed(stores.hot, "vault.json", reopen)).toEqual([]);
    const { Vault } = await import("../../lib/engine/vault.ts");
    const throughKeys = (store: ObjectStore) => Vault.open({ ...stores, keys: store }, keys, entropy);
    expect(
      await damagesMissed(stores.keys, `parts/p1/${CLASS}`, async (store) =>
        (await throughKeys(store)).partKey("p1", CLASS),
      ),
    ).toEqual([]);
    expect(
      await damagesMissed(stores.keys, `classes/${CLASS}`, async (store) =>
        (await throughKeys(store)).classSecret(CLASS),
      ),
    ).toEqual([]);
  });
});

test("fails when a whole, valid object lies under another's name", async () => {
  const { vault } = await memoryVault();
  const { namingSecret } = await vault.classSecret(CLASS, "make");
  const facts = syntheticFacts();
  const put = async (table: string, body: string) => {
    const place = { class: CLASS, table, rows: "binary" } as const;
    const plain = syntheticRow(facts, 1, body);
    const { entry, stored } = putChunk(vault.hot, entropy, place, { id: chunkId(namingSecret, place, plain), plain });
    await stored;
    return { ...entry, first: "", last: "", rows: 1 };
  };
  const a = await put("t1", "a");
  const b = await put("t1", "b");
  const place = { class: CLASS, table: "t1", rows: "binary" } as const;
  const swapped = showing(vault.hot, a.name, (await vault.hot.get(b.name)) as Buffer);
  await expect(getChunk(swapped, namingSecret, place, a)).rejects.toMatchObject({ code: "OBJECT_CORRUPT" });
  // With the key of the other it opens, but it is not what its page names.
  await expect(getChunk(swapped, namingSecret, place, { ...a, key: b.key })).rejects.toMatchObject({
    code: "CHUNK_DIGEST_MISMATCH",
    facts: { object: a.name },
  });
  await expect(getChunk(vault.hot, namingSecret, { ...place, table: "t2" }, a)).rejects.toMatchObject({
    code: "CHUNK_DIGEST_MISMATCH",
  });
});

test("fails when a point's clear facts are not those sealed with its part, though its digest holds", async () => {
  const { vault } = await memoryVault();
  const state = await takeBase(await laneFor(vault, "p1"), "t1", syntheticFacts(), new Map([[1, "one"]]));
  const point = await putSyntheticPoint(vault, "p1", 1, [state]);
  for (const forged of [
    { startedAt: 2 },
    { release: "v2" },
    { tier: "release" as const },
    { identity: { ...point.identity, timeline: 2 } },
  ]) {
    await expect(getPart(vault, { ...point, ...forged }, point.parts[0] as PartRef)).rejects.toMatchObject({
      code: "OBJECT_CORRUPT",
    });
  }
});

test("equal rows are sealed under another key, nonce and name each time", async () => {
  const { vault } = await memoryVault();
  const place = { class: CLASS, table: "t1", rows: "binary" } as const;
  const plain = Buffer.from("the same");
  const one = putChunk(vault.hot, entropy, place, { id: "ab".repeat(32), plain });
  const two = putChunk(vault.hot, entropy, place, { id: "ab".repeat(32), plain });
  await Promise.all([one.stored, two.stored]);
  expect(new Set([one.entry.name, two.entry.name, one.entry.key, two.entry.key]).size).toBe(4);
});

test("fails when an object or a document is of a later format, and says so", () => {
  const key = Buffer.alloc(32, 7);
  const later: SealedHeader = { kind: "page", format: 2 };
  const sealed = Buffer.concat(seal(later, Buffer.from("x"), key, entropy));
  expect(() => open("some/object", sealed, "page", key)).toThrow("format 2, this Lastgood reads up to 1");
  expect(() => decodeDocument("some/document", encodeDocument({ format: 9 }), 1)).toThrow("format 9");
});
