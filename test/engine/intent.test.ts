import { expect, test } from "vitest";
import { awaitTurn, HeldIntent, LEASE_MS, listIntents } from "../../lib/engine/intent.ts";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { namesIn } from "./memory-vault.ts";

const world = () => {
  const clock = manualClock();
  return { clock, store: memoryStore(clock) };
};
const none = (): void => undefined;

test("a lease is renewed while its holder lives, and released it leaves nothing", async () => {
  const { clock, store } = world();
  const held = await HeldIntent.take(store, clock, { id: "a", database: "shop" });
  for (let i = 0; i < 20; i++) await clock.advance(LEASE_MS / 3);
  expect(await listIntents(store)).toMatchObject([{ id: "a", settled: false }]);
  expect((await listIntents(store))[0]?.leaseUntil).toBeGreaterThan(clock.now());
  expect(await namesIn(store)).toHaveLength(1);
  held.assertHeld();
  await held.release();
  expect(await namesIn(store)).toEqual([]);
  expect(clock.sleeping).toBe(0);
});

test("needs add up, and settle the intent", async () => {
  const { clock, store } = world();
  const held = await HeldIntent.take(store, clock, { id: "a", database: "shop" });
  await Promise.all([held.need(["x", "y"]), held.need(["y", "z"])]);
  expect(await listIntents(store)).toMatchObject([{ settled: true }]);
  expect([...((await listIntents(store))[0]?.needs ?? [])].sort()).toEqual(["x", "y", "z"]);
  expect(await namesIn(store)).toHaveLength(1);
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
