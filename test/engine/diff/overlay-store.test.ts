import { expect, test } from "vitest";
import { overlayStore } from "../../../lib/engine/diff/overlay-store.ts";
import { memoryStore } from "../../../lib/local/memory-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import type { ObjectStore } from "../../../lib/ports/object-store.ts";
import { objectStoreContract } from "../../contracts/object-store.ts";
import { counting } from "../../faults/counting.ts";

objectStoreContract("overlay of an empty store", async () => {
  const [below, above] = [memoryStore(systemClock), memoryStore(systemClock)];
  return { store: overlayStore(below, above), other: overlayStore(below, above) };
});

const names = async (store: ObjectStore, prefix: string): Promise<string[]> => {
  const found: string[] = [];
  for await (const { name } of store.list(prefix)) found.push(name);
  return found;
};

const overFilled = async () => {
  const below = memoryStore(systemClock);
  for (const name of ["a/1", "a/3", "b/1"]) await below.put(name, [Buffer.from(`below ${name}`)]);
  const watched = counting(below);
  return { below, watched, store: overlayStore(watched, memoryStore(systemClock)) };
};

test("objects of both stores are read and listed in one order", async () => {
  const { store } = await overFilled();
  await store.put("a/2", [Buffer.from("above")]);
  await store.put("c", [Buffer.from("above")]);
  expect(await names(store, "")).toEqual(["a/1", "a/2", "a/3", "b/1", "c"]);
  expect(await names(store, "a/")).toEqual(["a/1", "a/2", "a/3"]);
  expect((await store.get("a/1", { offset: 6, length: 2 }))?.toString()).toBe("a/");
  expect((await store.get("a/2"))?.toString()).toBe("above");
  expect(await store.head("a/3")).toMatchObject({ name: "a/3", bytes: 9 });
  expect(await store.get("a/4")).toBeUndefined();
});

test("nothing is ever written to or deleted from the store below", async () => {
  const { below, watched, store } = await overFilled();
  expect(await store.put("a/1", [Buffer.from("other")])).toBe("exists");
  expect(await store.put("a/2", [Buffer.from("new")])).toBe("created");
  expect(await store.delete("a/2")).toBe("deleted");
  expect(await store.delete("a/2")).toBe("absent");
  await expect(store.delete("a/1")).rejects.toMatchObject({ code: "STORE_FORBIDDEN" });
  expect(watched.counts.put.calls + watched.counts.delete.calls).toBe(0);
  expect(await names(below, "")).toEqual(["a/1", "a/3", "b/1"]);
});
