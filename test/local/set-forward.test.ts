import { expect, test } from "vitest";
import { memoryStore } from "../../lib/local/memory-store.ts";
import { clockAhead, storeAhead } from "../../lib/local/set-forward.ts";
import { objectStoreContract } from "../contracts/object-store.ts";
import { manualClock } from "../faults/manual-clock.ts";

const WEEK_MS = 7 * 24 * 3_600_000;

objectStoreContract("set forward by nothing", async () => {
  const memory = memoryStore({ ...manualClock(), now: () => Date.now() });
  return { store: storeAhead(memory, 0), other: storeAhead(memory, 0) };
});

test("a clock that is set forward and a store beside it tell the same time, and durations stay what they are", async () => {
  const clock = manualClock();
  const [later, store] = [clockAhead(clock, WEEK_MS), storeAhead(memoryStore(clock), WEEK_MS)];
  await store.put("a", [Buffer.from("1")]);
  const listed = [];
  for await (const facts of store.list("")) listed.push(facts);
  expect(later.now()).toBe(clock.now() + WEEK_MS);
  expect(await store.head("a")).toEqual({ name: "a", bytes: 1, writtenAt: later.now() });
  expect(listed).toEqual([await store.head("a")]);
  const began = later.elapsedMs();
  await clock.advance(1_000);
  expect(later.elapsedMs() - began).toBe(1_000);
});
