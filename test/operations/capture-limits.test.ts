import { expect, test, vi } from "vitest";
import { HeldIntent } from "../../lib/engine/intent.ts";
import { Failure } from "../../lib/model/errors.ts";
import { MIB } from "../../lib/model/units.ts";
import { estimateMs } from "../../lib/operations/hold-capture.ts";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { contentOf, inTime, machinesWith, orphansAfterSweep, pointsOf, trigger, withHot } from "./capture-machines.ts";

vi.mock("../../lib/engine/cut.ts", async (load) => ({
  ...(await load<object>()),
  BASE_CUT: { chunkBytesMin: 128, chunkBytesTarget: 256, chunkBytesMax: 1024 },
}));

const MINUTE_MS = 60_000;
const GIB = 1024 * MIB;

test("the estimate counts what is read whole, a third of what is compared, and the lanes", () => {
  const whole = estimateMs({ lanes: 8, wholeBytes: 200 * GIB, changesBytes: 0 });
  expect(whole / MINUTE_MS).toBeCloseTo(13.3, 1);
  expect(estimateMs({ lanes: 8, wholeBytes: 0, changesBytes: 600 * GIB })).toBe(whole);
  expect(estimateMs({ lanes: 16, wholeBytes: 200 * GIB, changesBytes: 0 })).toBe(whole / 2);
});

test("fails with the estimate and the way out, before a row is read, when a capture does not fit into one call", async () => {
  const machines = machinesWith(2, 10);
  machines.database.believe(20 * GIB);
  let reads = 0;
  const onRead = () => () => void (reads += 1);
  const refused = inTime(machines.clock, trigger(machines, { lanes: 2 }, { onRead }));
  await expect(refused).rejects.toMatchObject({
    code: "CAPTURE_TOO_LARGE",
    message: "reading 400.0 GiB over 2 lanes takes about 107 min, and 14 min are left",
    hint: expect.stringContaining("raise the number of lanes") as string,
  });
  expect(reads).toBe(0);
  expect(machines.clock.elapsedMs()).toBeLessThan(MINUTE_MS);
  // The same run goes through once there is a way.
  machines.database.believe(100);
  const { point } = await inTime(machines.clock, trigger(machines, { lanes: 2 }));
  expect(point.rows).toBe(20);
  expect(await orphansAfterSweep(machines)).toEqual([]);
});

test("fails cleanly when the time is over all the same, and its lanes go home", async () => {
  const machines = machinesWith(2, 20, 2 * MINUTE_MS);
  const late = inTime(machines.clock, trigger(machines, { lanes: 2 }));
  await expect(late).rejects.toMatchObject({
    code: "CAPTURE_TOO_LARGE",
    message: "the capture was not done after 14 min, which is all the time it has",
  });
  expect(machines.clock.elapsedMs()).toBeLessThan(16 * MINUTE_MS);
  expect(await pointsOf(machines)).toEqual([]);
  await machines.clock.advance(3 * MINUTE_MS);
  expect(machines.database.readersOpen()).toBe(0);
  expect(await orphansAfterSweep(machines)).toEqual([]);
});

test("a lane whose time is over is called again and goes on behind its last result", async () => {
  const machines = machinesWith(2, 20, 10_000);
  const ranges: string[] = [];
  const { point, calls } = await inTime(
    machines.clock,
    trigger(
      machines,
      { lanes: 2 },
      {
        windowMs: ({ kind }) => (kind === "copy" ? 2 * MINUTE_MS : 15 * MINUTE_MS),
        onRead: () => (query) => void ranges.push(`${query.table.name}/${query.from ?? ""}`),
      },
    ),
  );
  expect(point.rows).toBe(40);
  expect(calls.hold).toBe(1);
  expect(calls.copy).toBeGreaterThan(3);
  // One range for each row and one before the first. What is at hand when the time is over is read again from its start.
  expect(new Set(ranges).size).toBe(42);
  expect(ranges.length - 42).toBeLessThanOrEqual(calls.copy - 2);
});

test("fails when one range alone takes longer than a lane has", async () => {
  const machines = machinesWith(1, 2, 5 * MINUTE_MS);
  const windowMs = ({ kind }: { readonly kind: string }) => (kind === "copy" ? 2 * MINUTE_MS : 15 * MINUTE_MS);
  await expect(inTime(machines.clock, trigger(machines, { lanes: 2 }, { windowMs }))).rejects.toMatchObject({
    code: "CAPTURE_TOO_LARGE",
    message: "one range of table public.table_00 was not read in the 2 min that a worker has",
  });
  expect(machines.clock.elapsedMs()).toBeLessThan(3 * MINUTE_MS);
});

test("fails with what a lane was refused, at once; the others go home, and the same run goes through later", async () => {
  const machines = machinesWith(3, 20);
  const forbidden = new Failure("DATABASE_FORBIDDEN", "permission denied for table table_02", {
    facts: { table: "x" },
  });
  const onRead =
    ({ lane }: { readonly lane: number | undefined }) =>
    () => {
      if (lane === 1) throw forbidden;
    };
  await expect(inTime(machines.clock, trigger(machines, { lanes: 3 }, { onRead }))).rejects.toMatchObject({
    code: "DATABASE_FORBIDDEN",
    message: forbidden.message,
    facts: { table: "x" },
  });
  expect(machines.clock.elapsedMs()).toBeLessThan(20_000);
  expect(machines.database.readersOpen()).toBe(0);
  const { point } = await inTime(machines.clock, trigger(machines, { lanes: 3 }));
  expect(point.rows).toBe(60);
  expect(await orphansAfterSweep(machines)).toEqual([]);
});

test("fails when a lane dies again and again: the holder does not wait for it until its own time is over", async () => {
  const machines = machinesWith(2, 20);
  const onRead =
    ({ lane }: { readonly lane: number | undefined }) =>
    () => {
      if (lane === 1) throw new TypeError("a bug");
    };
  await expect(inTime(machines.clock, trigger(machines, { lanes: 2 }, { onRead }))).rejects.toMatchObject({
    code: "WORKER_LOST",
  });
  expect(machines.clock.elapsedMs()).toBeLessThan(3 * MINUTE_MS);
  expect(machines.database.readersOpen()).toBe(0);
});

test("a run waits for another capture of the database, and fails if that one never ends", async () => {
  const machines = machinesWith(2, 10);
  const { clock, stores } = machines;
  await inTime(clock, trigger(machines, { lanes: 1, run: "first" }));
  const began = clock.now();
  const other = await HeldIntent.take(stores.hot, clock, { id: "20260101T000000Z-0ther0", database: "shop" });
  const waiting = trigger(machines, { lanes: 2 });
  const released = clock.sleep(20 * MINUTE_MS).then(() => other.release());
  const { point } = await inTime(clock, waiting);
  await released;
  expect(point.startedAt).toBeGreaterThanOrEqual(began + 20 * MINUTE_MS);

  const held = await HeldIntent.take(stores.hot, clock, { id: "20260102T000000Z-0ther1", database: "shop" });
  await expect(inTime(clock, trigger(machines, { lanes: 2, run: "another" }))).rejects.toMatchObject({
    code: "CAPTURE_RUNNING",
    message: expect.stringMatching(/^run another has waited 6\d min for other captures of its database$/) as string,
  });
  await held.release();
});

test("fails without writing anything into a store that is not a vault, and the lanes go home", async () => {
  const machines = machinesWith(1, 10);
  const { stores, clock } = machines;
  await stores.hot.put("holiday.jpg", [Buffer.from("beach")]);
  await expect(inTime(clock, trigger(machines, { lanes: 2 }))).rejects.toMatchObject({ code: "VAULT_NOT_OURS" });
  expect(await namesIn(stores.hot)).toEqual(["holiday.jpg"]);
});

/** What a capture's role may do with the hot store: the names it asks for, by verb. Everything else is refused. */
const asRole = (store: ObjectStore, asked: Map<string, Set<string>>): ObjectStore => {
  const note = (verb: string, name: string): void => {
    const kinds = asked.get(verb) ?? new Set();
    asked.set(verb, kinds.add(name.split("/")[0] as string));
  };
  return {
    put: (name, pieces) => (note("put", name), store.put(name, pieces)),
    get: (name, range) => (note("get", name), store.get(name, range)),
    head: (name) => (note("head", name), store.head(name)),
    list: (prefix) => (note("list", prefix), store.list(prefix)),
    delete: (name) => Promise.reject(new Failure("STORE_FORBIDDEN", `may not delete ${name}`)),
  };
};

test("captures delete nothing and read no chunk: first, later, tried again, and taking over from the dead", async () => {
  const machines = machinesWith(2, 20);
  const { database, stores, clock } = machines;
  const asked = { hold: new Map<string, Set<string>>(), copy: new Map<string, Set<string>>() };
  let reads = 0;
  const world: NonNullable<Parameters<typeof trigger>[2]>["world"] = ({ kind }, own) =>
    withHot(
      { ...own, stores: { ...own.stores, keys: { ...own.stores.keys, delete: refuse } } },
      asRole(stores.hot, asked[kind]),
    );
  const onRead = () => () => {
    reads += 1;
    if (reads === 15) throw new TypeError("died");
    if (reads === 30) database.truncate("table_01");
  };
  await inTime(clock, trigger(machines, { lanes: 2 }, { world, onRead }));
  database.change(
    "table_00",
    new Map([
      [3, "changed"],
      [6, undefined],
    ]),
  );
  const { point } = await inTime(clock, trigger(machines, { lanes: 2, run: "next" }, { world }));
  expect(await contentOf(machines, point.pointId)).toMatchObject([{ taken: "delta", rows: 19 }, {}]);
  const rights = (map: ReadonlyMap<string, ReadonlySet<string>>) =>
    Object.fromEntries([...map].map(([verb, kinds]) => [verb, [...kinds].toSorted()]));
  expect(rights(asked.hold)).toEqual({
    get: ["intents", "pages", "parts", "points", "vault.json", "work"],
    head: ["intents", "vault.json", "work"],
    list: ["", "intents", "pages", "points", "work"],
    put: ["intents", "parts", "points", "vault.json", "work"],
  });
  expect(rights(asked.copy)).toEqual({
    get: ["pages", "vault.json", "work"],
    head: ["work"],
    list: ["work"],
    put: ["chunks", "pages", "work"],
  });
});

const refuse = (name: string) => Promise.reject(new Failure("STORE_FORBIDDEN", `may not delete ${name}`));
