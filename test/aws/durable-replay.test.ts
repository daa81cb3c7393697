import { expect, test } from "vitest";
import { KIB } from "../../lib/model/units.ts";
import type { Plain, WorkerCall, Workflow } from "../../lib/ports/workflow.ts";
import { BUSY, ending, pace, SECOND, UNKNOWN } from "../contracts/workflow-endings.ts";
import { type Act, runAct, type Workers } from "./durable-act.ts";
import type { Death } from "./durable-service.ts";

const DEATHS: readonly Death[] = ["before it is kept", "after it is kept", "after it is kept"];

interface World {
  readonly effects: Set<string>;
  readonly workers: Workers;
  readonly act: Act;
}

const run = (
  world: World,
  how: { dies?: (checkpoint: number, ofInvocation: number) => Death; operationsMax?: number } = {},
) => runAct(world.act, { ...how, workers: world.workers });

/** An act of every kind of operation: throttled, failing, with a worker that dies and one that needs several calls. */
const everything = (): World => {
  const effects = new Set<string>();
  let [begins, looks] = [0, 0];
  const call = (cursor: Plain): number => (cursor === null ? 0 : (cursor as number));
  const workers = {
    async hold({ task, attempt }: WorkerCall) {
      effects.add(`hold ${attempt}`);
      if (attempt === 0) throw new Error("killed");
      return { result: { point: task } };
    },
    async copy({ task, cursor, attempt }: WorkerCall) {
      effects.add(`copy ${Number(task)} ${call(cursor)}`);
      if (task === 1 && cursor === 1 && attempt === 0) throw BUSY;
      return call(cursor) === 2 ? { result: Number(task) * 10 } : { cursor: call(cursor) + 1 };
    },
  };
  const act = async (workflow: Workflow) => {
    const begun = await workflow.step("begin", async () => {
      effects.add("begin");
      begins += 1;
      if (begins < 3) throw BUSY;
      return { run: "r1" };
    });
    await workflow.wait("settle", 90 * SECOND);
    const seen = await workflow.poll(
      "snapshot",
      async () => {
        looks += 1;
        return looks < 4 ? undefined : "available";
      },
      pace(30, 300, 3600),
    );
    const both = await workflow.together("both", {
      hold: (own) => own.runWorkers("hold", "hold", [begun]),
      copy: async (own) => {
        await own.wait("plan", 5 * SECOND);
        return own.runWorkers("copy", "copy", [1, 2]);
      },
      refused: (own) => ending(own.step("refuse", async () => Promise.reject(UNKNOWN))),
    });
    await workflow.step("end", async () => {
      effects.add("end");
      return null;
    });
    return { begun, seen: seen ?? "nothing", both };
  };
  return { effects, workers, act };
};

test("an act ends the same wherever its process is killed, before or after the checkpoint is kept", async () => {
  const plain = everything();
  const undisturbed = await run(plain);
  expect(undisturbed.result).toMatchObject({ begun: { run: "r1" }, seen: "available", both: { copy: [10, 20] } });
  const deaths = Array.from({ length: undisturbed.checkpoints }, (_, at) => at + 1).flatMap((at) =>
    (["before it is kept", "after it is kept"] as const).map((death) => ({ at, death })),
  );
  expect(deaths.length).toBeGreaterThan(30);
  const ends = await Promise.all(
    deaths.map(async ({ at, death }) => {
      const world = everything();
      const end = await run(world, { dies: (checkpoint) => (checkpoint === at ? death : undefined) });
      return { at, death, result: end.result, effects: [...world.effects].toSorted(), died: end.invocations };
    }),
  );
  for (const { at, death, result, effects, died } of ends) {
    expect(result, `${at} ${death}`).toEqual(undisturbed.result);
    expect(effects, `${at} ${death}`).toEqual([...plain.effects].toSorted());
    expect(died, `${at} ${death}`).toBeGreaterThan(1);
  }
});

test("an act ends the same when its process is killed again and again, at checkpoints drawn by 60 seeds", async () => {
  const undisturbed = await run(everything());
  let died = 0;
  const ends = Array.from({ length: 60 }, async (_, seed) => {
    let state = seed + 1;
    const dies = (): Death => {
      state = (state * 48271) % 2147483647;
      const death = DEATHS[state % 10];
      if (death !== undefined) died += 1;
      return death;
    };
    return await run(everything(), { dies });
  });
  for (const [seed, { result }] of (await Promise.all(ends)).entries()) {
    expect(result, `seed ${seed}`).toEqual(undisturbed.result);
  }
  expect(died).toBeGreaterThan(240);
});

test("an act comes to the service's own count of operations, and to the same one however often it is replayed", async () => {
  const { counted } = (await run(everything())).history;
  const everyTime = (_: number, ofInvocation: number): Death => (ofInvocation === 1 ? "after it is kept" : undefined);
  for (const dies of [undefined, everyTime]) {
    await expect(run(everything(), { dies, operationsMax: counted })).resolves.toBeDefined();
    await expect(run(everything(), { dies, operationsMax: counted - 1 })).rejects.toMatchObject({
      code: "WORKFLOW_TOO_LONG",
    });
  }
  // Execution 1, begin 3, settle 1, snapshot 5, branches 4, hold 4, plan 1, copy 9, refuse 1, end 1.
  expect(counted).toBe(30);
});

test("results that are larger together than the service keeps of one batch come out the same after replays and kills", async () => {
  const large = (letter: string): string => letter.repeat(150 * KIB);
  const workers = { give: async ({ task }: WorkerCall) => ({ result: large(task as string) }) };
  const act = async (workflow: Workflow) => {
    const given = await workflow.runWorkers<string>("give", "give", ["a", "b", "c"]);
    const both = await workflow.together("both", {
      one: (own) => own.step("one", async () => large("d")),
      two: (own) => own.step("two", async () => large("e")),
    });
    await workflow.wait("replay", SECOND);
    return [...given, both.one, both.two].map((text) => `${text.length} ${text.at(0)}`);
  };
  const expected = ["a", "b", "c", "d", "e"].map((letter) => `${150 * KIB} ${letter}`);
  const { result, history } = await run({ act, workers, effects: new Set() });
  expect(result).toEqual(expected);
  expect(history.operations.filter(({ ContextDetails }) => ContextDetails?.ReplayChildren)).toHaveLength(2);
  const dies = (_: number, ofInvocation: number): Death => (ofInvocation === 1 ? "after it is kept" : undefined);
  const killed = await run({ act, workers, effects: new Set() }, { dies, operationsMax: history.counted });
  expect(killed.result).toEqual(expected);
});
