import { expect, test, vi } from "vitest";
import type { ObjectStore } from "../../lib/ports/object-store.ts";
import { namesIn } from "../engine/memory-vault.ts";
import { counting } from "../faults/counting.ts";
import { faulty } from "../faults/faulty.ts";
import {
  contentOf,
  type Faults,
  inTime,
  type MachineCall,
  machinesWith,
  orphansAfterSweep,
  pointsOf,
  trigger,
  withHot,
} from "./capture-machines.ts";

vi.mock("../../lib/engine/cut.ts", async (load) => ({
  ...(await load<object>()),
  BASE_CUT: { chunkBytesMin: 128, chunkBytesTarget: 256, chunkBytesMax: 1024 },
}));

const TABLES = 2;
const ROWS = 8;
const LANES = 2;

/** What an undisturbed run makes, and how often the machine in question writes on the way. */
const peace = async (isIt: (call: MachineCall) => boolean) => {
  const machines = machinesWith(TABLES, ROWS);
  const counted = counting(machines.stores.hot);
  const world: Faults["world"] = (call, own) => (isIt(call) ? withHot(own, counted) : own);
  const { point } = await inTime(machines.clock, trigger(machines, { lanes: LANES }, { world }));
  const content = await contentOf(machines, point.pointId);
  return { content, puts: counted.counts.put.calls, stored: point.storedObjects };
};

const eachPut = (puts: number) =>
  Array.from({ length: puts }, (_, i) => i + 1).flatMap((nth) => [true, false].map((effect) => ({ nth, effect })));

test.each([
  { who: "the holder", isIt: ({ kind, nth }: MachineCall) => kind === "hold" && nth === 1, least: 10 },
  { who: "a lane", isIt: ({ kind, nth }: MachineCall) => kind === "copy" && nth === 1, least: 15 },
])(
  "$who killed at any write is called again, and the run ends in one point and no orphan",
  async ({ isIt, least }) => {
    const { content, puts } = await peace(isIt);
    expect(puts).toBeGreaterThan(least);
    for (const { nth, effect } of eachPut(puts)) {
      const label = `put ${nth}, with its effect: ${effect}`;
      const machines = machinesWith(TABLES, ROWS);
      const dying = faulty(machines.stores.hot).stopAfter("put", nth, { effect });
      const world: Faults["world"] = (call, own) => (isIt(call) ? withHot(own, dying) : own);
      const { point } = await inTime(machines.clock, trigger(machines, { lanes: LANES }, { world }));
      dying.assertAllFaultsFired();
      expect(
        (await pointsOf(machines)).map(({ id }) => id),
        label,
      ).toEqual([point.pointId]);
      expect(await contentOf(machines, point.pointId), label).toEqual(content);
      expect(await orphansAfterSweep(machines), label).toEqual([]);
    }
  },
  60_000,
);

test("all machines killed at any write: the run asked for again ends in one point and no orphan", async () => {
  const { content, puts, stored } = await peace(() => true);
  let adopted = 0;
  for (const { nth, effect } of eachPut(puts)) {
    const label = `put ${nth}, with its effect: ${effect}`;
    const machines = machinesWith(TABLES, ROWS);
    const dying = faulty(machines.stores.hot).stopAfter("put", nth, { effect });
    const world: Faults["world"] = (_, own) => withHot(own, dying);
    await expect(inTime(machines.clock, trigger(machines, { lanes: LANES }, { world })), label).rejects.toThrow(
      /stopped in put|died 5 times/,
    );
    expect(dying.killed).toBe(true);
    const left = await pointsOf(machines);
    const { point } = await inTime(machines.clock, trigger(machines, { lanes: LANES }));
    if (left.length > 0)
      expect(
        left.map(({ id }) => id),
        label,
      ).toEqual([point.pointId]);
    else if (point.storedObjects < stored) adopted += 1;
    expect(
      (await pointsOf(machines)).map(({ id }) => id),
      label,
    ).toEqual([point.pointId]);
    expect(await contentOf(machines, point.pointId), label).toEqual(content);
    expect(await orphansAfterSweep(machines), label).toEqual([]);
  }
  // What the dead left is taken over from their first whole page on.
  expect(adopted).toBeGreaterThan(puts);
}, 60_000);

test.each(["before", "after"] as const)(
  "a holder that hangs %s its point is stored, and whose call is made a second time meanwhile: one point",
  async (when) => {
    const { content } = await peace(() => false);
    const machines = machinesWith(TABLES, ROWS);
    const { clock, stores } = machines;
    let hung = 0;
    const hanging: ObjectStore = {
      ...stores.hot,
      async put(name, pieces) {
        const isPoint = name.startsWith("points/");
        const stored = when === "after" ? await stores.hot.put(name, pieces) : undefined;
        if (isPoint) {
          hung += 1;
          await clock.sleep(60_000);
        }
        return stored ?? stores.hot.put(name, pieces);
      },
    };
    const faults: Faults = {
      world: ({ kind, nth }, own) => (kind === "hold" && nth === 1 ? withHot(own, hanging) : own),
      diesAtMs: [6_000],
    };
    const { point, calls } = await inTime(clock, trigger(machines, { lanes: LANES }, faults));
    await clock.advance(120_000);
    expect({ hung, hold: calls.hold }).toEqual({ hung: 1, hold: 2 });
    expect((await pointsOf(machines)).map(({ id }) => id)).toEqual([point.pointId]);
    expect(await contentOf(machines, point.pointId)).toEqual(content);
    // The name of the first call's point was taken before it came.
    expect(await namesIn(stores.hot, "points/")).toHaveLength(when === "before" ? 2 : 1);
    expect(await orphansAfterSweep(machines)).toEqual([]);
  },
);
