import { expect, test } from "vitest";
import { awaitTurn, HeldIntent, LEASE_MS, listIntents, removeEndedIntents } from "../../lib/engine/intent.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { namesIn } from "./memory-vault.ts";

const world = () => {
  const clock = manualClock();
  return { clock, store: memoryStore(clock) };
};
const none = (): void => undefined;

test("a lease is renewed while its holder lives; released it is no intent, and a sweep leaves nothing of it", async () => {
  const { clock, store } = world();
  const held = await HeldIntent.take(store, clock, { id: "a", database: "shop" });
  for (let i = 0; i < 20; i++) await clock.advance(LEASE_MS / 3);
  expect(await listIntents(store)).toMatchObject([{ id: "a", settled: false }]);
  expect((await listIntents(store))[0]?.leaseUntil).toBeGreaterThan(clock.now());
  held.assertHeld();
  await held.release();
  expect(await listIntents(store)).toEqual([]);
  expect(clock.sleeping).toBe(0);
  await removeEndedIntents(store);
  expect(await namesIn(store)).toEqual([]);
});

test("who holds an intent deletes nothing: it is renewed, needs pages, is given up and released by new documents alone", async () => {
  const { clock, store } = world();
  const undeletable = { ...store, delete: () => Promise.reject(new Error("may not delete")) };
  for (const end of ["release", "giveUp"] as const) {
    const held = await HeldIntent.take(undeletable, clock, { id: end, database: "shop" });
    await held.need(["x"]);
    await clock.advance(LEASE_MS);
    held.assertHeld();
    await held[end]();
  }
  expect(await listIntents(store)).toMatchObject([{ id: "giveUp", leaseUntil: clock.now(), needs: ["x"] }]);
});

test("an intent whose first document is removed is none, however often its holder renews it", async () => {
  const { clock, store } = world();
  const held = await HeldIntent.take(store, clock, { id: "slept", database: "shop" });
  await held.need(["x"]);
  await store.delete("intents/slept/000001.json");
  expect(await held.isThere()).toBe(false);
  await clock.advance(LEASE_MS);
  expect(() => held.assertHeld()).toThrow("lease");
  await expect(held.need(["y"])).rejects.toMatchObject({ code: "CAPTURE_RUNNING" });
  expect(await listIntents(store)).toEqual([]);
  await removeEndedIntents(store);
  expect(await namesIn(store)).toEqual([]);
});

test("needs add up, and settle the intent", async () => {
  const { clock, store } = world();
  const held = await HeldIntent.take(store, clock, { id: "a", database: "shop" });
  await Promise.all([held.need(["x", "y"]), held.need(["y", "z"])]);
  expect(await listIntents(store)).toMatchObject([{ settled: true }]);
  expect([...((await listIntents(store))[0]?.needs ?? [])].sort()).toEqual(["x", "y", "z"]);
  // A renewal after it repeats neither.
  await clock.advance(LEASE_MS / 2);
  expect([...((await listIntents(store))[0]?.needs ?? [])].sort()).toEqual(["x", "y", "z"]);
  await held.release();
});

test("changes that meet a renewal are written one after the other", async () => {
  const { clock, store } = world();
  const slow = {
    ...store,
    put: async (name: string, pieces: readonly Uint8Array[]) => {
      await new Promise(setImmediate);
      await new Promise(setImmediate);
      return store.put(name, pieces);
    },
  };
  const held = await HeldIntent.take(slow, clock, { id: "a", database: "shop" });
  const renewals = clock.advance(LEASE_MS);
  await Promise.all([held.need(["x"]), held.need(["y"]), renewals, held.need(["z"])]);
  held.assertHeld();
  await held.giveUp();
  expect(await listIntents(store)).toMatchObject([{ needs: ["x", "y", "z"], leaseUntil: clock.now() }]);
});

test("who waits for a dead capture goes on when its lease is over; a given up lease is over at once", async () => {
  const { clock, store } = world();
  const dead = await HeldIntent.take(store, clock, { id: "dead", database: "shop" });
  await dead.giveUp();
  await awaitTurn(store, clock, "shop", none);
  const waits: number[] = [];
  const live = await HeldIntent.take(store, clock, { id: "live", database: "shop" });
  const refused = awaitTurn(store, clock, "shop", (ms) => waits.push(ms)).catch((error: unknown) => error);
  for (let i = 0; i < 3; i++) await clock.advance(16_000);
  expect(await refused).toMatchObject({ code: "CAPTURE_RUNNING" });
  expect(waits.length).toBeGreaterThan(0);
  await awaitTurn(store, clock, "another database", none);
  await live.release();
});
