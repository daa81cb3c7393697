import { expect, test, vi } from "vitest";
import { listIntents } from "../../lib/engine/intent.ts";
import { Failure } from "../../lib/model/errors.ts";
import { faulty } from "../faults/faulty.ts";
import {
  contentOf,
  type Faults,
  inTime,
  machinesWith,
  orphansAfterSweep,
  pointsOf,
  trigger,
  withHot,
} from "./capture-machines.ts";

// Small cuts, so that small tables have many chunks; and 2 000 writers do not take 4 MiB each.
vi.mock("../../lib/engine/cut.ts", async (load) => ({
  ...(await load<object>()),
  BASE_CUT: { chunkBytesMin: 128, chunkBytesTarget: 256, chunkBytesMax: 1024 },
  DELTA_CUT: { chunkBytesMin: 64, chunkBytesTarget: 128, chunkBytesMax: 512 },
}));

const throttled = () => new Failure("DATABASE_LOST", "too many connections");

test("a capture over several machines makes one whole point and leaves no connection", async () => {
  const machines = machinesWith(3, 40);
  const { point, operations } = await inTime(machines.clock, trigger(machines, { lanes: 2 }));
  expect(point).toMatchObject({ tables: 3, rows: 120 });
  expect(operations).toBeLessThan(20);
  expect((await pointsOf(machines)).map(({ id }) => id)).toEqual([point.pointId]);
  expect(await contentOf(machines, point.pointId)).toHaveLength(3);
  expect(machines.database.readersOpen()).toBe(0);
  expect(await listIntents(machines.stores.hot)).toEqual([]);
});

test("2 000 ranges, with crashes, a throttled source, calls made twice, replays and a second trigger, end in the point of an undisturbed run", async () => {
  const undisturbed = machinesWith(20, 1_000);
  const peace = await inTime(undisturbed.clock, trigger(undisturbed, { lanes: 8 }));
  const content = await contentOf(undisturbed, peace.point.pointId);
  expect(content).toHaveLength(20);
  expect(content.flatMap((table) => (table as { pages: readonly object[] }).pages)).toHaveLength(2_000);
  expect(peace.operations).toBeLessThan(40);

  const machines = machinesWith(20, 1_000);
  let [reads, refused] = [0, 0];
  const onRead = () => () => {
    reads += 1;
    if (reads % 97 !== 0) return;
    refused += 1;
    throw throttled();
  };
  const first: Faults = {
    onRead,
    replays: true,
    // While its holder is at work: that one's call is made twice, and so are those of its lanes.
    diesAtMs: [9_000],
    world: ({ kind, nth }, world) => {
      const dying = faulty(world.stores.hot);
      if (kind === "hold" && nth === 1) return withHot(world, dying.stopAfter("put", 6));
      if (kind === "copy" && nth % 5 === 2) return withHot(world, dying.stopAfter("put", 40 * nth));
      return world;
    },
  };
  const triggers = [
    trigger(machines, { lanes: 8 }, first),
    machines.clock.sleep(14_000).then(() => trigger(machines, { lanes: 8 }, { onRead, replays: true })),
  ];
  const ends = await inTime(machines.clock, Promise.all(triggers));
  const [id = "", again] = ends.map(({ point }) => point.pointId);
  expect(again).toBe(id);
  expect((await pointsOf(machines)).map((point) => point.id)).toEqual([id]);
  expect(await contentOf(machines, id)).toEqual(content);
  for (const { operations } of ends) expect(operations).toBeLessThan(2_500);
  expect(refused).toBeGreaterThan(10);
  expect(machines.database.readersOpen()).toBe(0);
  expect(await orphansAfterSweep(machines)).toEqual([]);
}, 120_000);

test("the next run takes what changed, over the same board, and finds the broken chain by a second round", async () => {
  const machines = machinesWith(3, 60);
  const { database, clock } = machines;
  await inTime(clock, trigger(machines, { lanes: 3 }));
  database.change(
    "table_00",
    new Map([
      [3, "changed"],
      [1, "new"],
      [9, undefined],
    ]),
  );
  database.change("table_01", new Map([[4, "slipped in"]]), "long ago");
  const { point } = await inTime(clock, trigger(machines, { lanes: 3, run: "hot-shop-2026-11-22" }));
  const [changed, broken, same] = (await contentOf(machines, point.pointId)) as readonly { sums: unknown[][] }[];
  expect(changed).toMatchObject({ rows: 60, taken: "delta" });
  expect(changed?.sums.map((layer) => layer.slice(0, 3))).toEqual([
    ["base", 60, 0],
    ["delta", 2, 1],
  ]);
  expect(broken).toMatchObject({ rows: 61, taken: expect.stringContaining("live keys") as string });
  expect(broken?.sums.map((layer) => layer.slice(0, 3))).toEqual([["base", 61, 0]]);
  expect(same).toMatchObject({ rows: 60, taken: "delta" });
  expect(await orphansAfterSweep(machines)).toEqual([]);
});

test("a table truncated while it is read is taken again from a new view, and lanes move on to it", async () => {
  const machines = machinesWith(2, 40);
  let reads = 0;
  const onRead = () => () => {
    if (++reads === 20) machines.database.truncate("table_01");
  };
  const { point, calls } = await inTime(machines.clock, trigger(machines, { lanes: 2 }, { onRead }));
  expect(calls).toEqual({ hold: 1, copy: 2 });
  expect(await contentOf(machines, point.pointId)).toMatchObject([{ rows: 40 }, { rows: 0 }]);
  expect(await pointsOf(machines)).toHaveLength(1);
  expect(await orphansAfterSweep(machines)).toEqual([]);
});

test("the same run asked for again, at once or after a sweep, is the same point and reads nothing", async () => {
  const machines = machinesWith(2, 20);
  let reads = 0;
  const onRead = () => () => void (reads += 1);
  const { point } = await inTime(machines.clock, trigger(machines, { lanes: 2 }, { onRead }));
  const before = reads;
  expect((await inTime(machines.clock, trigger(machines, { lanes: 2 }, { onRead }))).point).toEqual(point);
  expect(await orphansAfterSweep(machines)).toEqual([]);
  expect((await inTime(machines.clock, trigger(machines, { lanes: 2 }, { onRead }))).point).toEqual(point);
  expect(reads).toBe(before);
  expect(await pointsOf(machines)).toHaveLength(1);
});
