import { expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { systemClock } from "../../lib/local/system-clock.ts";
import { Failure } from "../../lib/model/errors.ts";
import { objectStoreContract } from "../contracts/object-store.ts";
import { counting } from "./counting.ts";
import { faulty, Killed } from "./faulty.ts";
import { manualClock } from "./manual-clock.ts";

const memory = () => memoryStore(systemClock);
const byte = [Uint8Array.of(1)];
const unreachable = () => new Failure("STORE_UNREACHABLE", "planted");

objectStoreContract("faulty without faults", async () => {
  const store = faulty(memory());
  return { store, other: store };
});

objectStoreContract("counting", async () => {
  const store = counting(memory());
  return { store, other: store };
});

test("a planted fault fires on its call alone, and that call changes nothing", async () => {
  const inner = memory();
  const store = faulty(inner).on("put", 2, unreachable()).on("list", 1, unreachable());
  await store.put("a", byte);
  await expect(store.put("b", byte)).rejects.toMatchObject({ code: "STORE_UNREACHABLE" });
  expect(await inner.get("b")).toBeUndefined();
  expect(await store.put("b", byte)).toBe("created");
  const listing = store.list("");
  await expect(async () => {
    for await (const _ of listing);
  }).rejects.toThrow("planted");
  store.assertAllFaultsFired();
});

test("fails when a planted fault was never reached, and names it", async () => {
  const store = faulty(memory()).on("put", 2, unreachable()).on("delete", 1, unreachable());
  await store.put("a", byte);
  expect(() => store.assertAllFaultsFired()).toThrow("put 2, delete 1");
});

test("fails when a fault is planted in the past", async () => {
  const store = faulty(memory());
  await store.put("a", byte);
  expect(() => store.on("put", 1, unreachable())).toThrow(RangeError);
});

test.each([
  [true, ["a", "b"]],
  [false, ["a"]],
])("a process stopped in its second put (effect: %s) gets nothing more done", async (effect, left) => {
  const inner = memory();
  const store = faulty(inner).stopAfter("put", 2, { effect });
  await store.put("a", byte);
  const listing = store.list("")[Symbol.asyncIterator]();
  await listing.next();
  await expect(store.put("b", byte)).rejects.toThrow(Killed);
  expect(store.killed).toBe(true);
  for (const call of [store.put("c", byte), store.get("a"), store.head("a"), store.delete("a"), listing.next()]) {
    await expect(call).rejects.toThrow(Killed);
  }
  const names: string[] = [];
  for await (const facts of inner.list("")) names.push(facts.name);
  expect(names).toEqual(left);
  store.assertAllFaultsFired();
});

test("counting tells calls and bytes per verb", async () => {
  const store = counting(memory());
  await store.put("a", [Buffer.alloc(10), Buffer.alloc(5)]);
  await store.put("a", [Buffer.alloc(10)]);
  await store.get("a", { offset: 3, length: 4 });
  await store.get("absent");
  await store.head("a");
  await store.delete("a");
  expect(store.counts).toEqual({
    put: { calls: 2, bytes: 15 },
    get: { calls: 2, bytes: 4 },
    head: { calls: 1, bytes: 0 },
    list: { calls: 0, bytes: 0 },
    delete: { calls: 1, bytes: 0 },
  });
  store.reset();
  expect(store.counts.put).toEqual({ calls: 0, bytes: 0 });
});

test("a manual clock wakes sleepers in order, each at its own time", async () => {
  const clock = manualClock(1000);
  const woken: [string, number][] = [];
  const sleeper = async (name: string, ...naps: number[]) => {
    for (const ms of naps) {
      await clock.sleep(ms);
      woken.push([name, clock.now()]);
    }
  };
  const all = Promise.all([sleeper("slow", 100), sleeper("fast", 30, 30, 30), sleeper("none", 0)]);
  await clock.advance(60);
  expect(woken).toEqual([
    ["none", 1000],
    ["fast", 1030],
    ["fast", 1060],
  ]);
  expect([clock.now(), clock.elapsedMs(), clock.sleeping]).toEqual([1060, 60, 2]);
  await clock.advance(1000);
  await all;
  expect(woken.slice(3)).toEqual([
    ["fast", 1090],
    ["slow", 1100],
  ]);
});

test("an aborted sleep rejects with the signal's reason and is forgotten, on both clocks", async () => {
  const manual = manualClock();
  for (const clock of [manual, systemClock]) {
    const stop = new AbortController();
    const sleep = clock.sleep(60_000, stop.signal);
    stop.abort(new Error("enough"));
    await expect(sleep).rejects.toThrow("enough");
    await expect(clock.sleep(1, stop.signal)).rejects.toThrow("enough");
  }
  expect(manual.sleeping).toBe(0);
});

test("the system clock sleeps at least as long as it was asked to", async () => {
  const before = systemClock.elapsedMs();
  await systemClock.sleep(5);
  expect(systemClock.elapsedMs() - before).toBeGreaterThanOrEqual(5);
  expect(Math.abs(systemClock.now() - Date.now())).toBeLessThan(1000);
});
