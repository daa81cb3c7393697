import { expect, test } from "vitest";
import { sweep } from "../../lib/engine/sweep.ts";
import { manualClock } from "../faults/manual-clock.ts";
import { contentOf, inTime, newMachines, pointsOf, trigger } from "./capture-machines.ts";
import { memoryDatabase } from "./memory-source.ts";

const rowsOf = (count: number, word: string): ReadonlyMap<number, string> =>
  new Map(Array.from({ length: count }, (_, i) => [i * 3, `${word} ${i}`]));

const shop = (tables: number, rows: number) =>
  Object.fromEntries(
    Array.from({ length: tables }, (_, i) => [`t${String(i).padStart(2, "0")}`, rowsOf(rows, `t${i}`)]),
  );

test("a capture over several machines makes one whole point", async () => {
  const clock = manualClock();
  const machines = newMachines(clock, memoryDatabase(clock, shop(3, 40), 100));
  const { point, operations } = await inTime(clock, trigger(machines, { lanes: 2 }));
  expect(point).toMatchObject({ tables: 3, rows: 120 });
  expect(operations).toBeLessThan(20);
  expect((await pointsOf(machines)).map(({ id }) => id)).toEqual([point.pointId]);
  expect(await contentOf(machines, point.pointId)).toHaveLength(3);
  expect(machines.database.readersOpen()).toBe(0);
  await clock.advance(3_700_000);
  await sweep(
    { stores: machines.stores, clock, progress: () => {}, signal: new AbortController().signal },
    { dryRun: false },
  );
});
