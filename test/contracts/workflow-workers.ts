import { expect, test } from "vitest";
import { ERRORS, Failure } from "../../lib/model/errors.ts";
import type { Plain, WorkerAnswer, WorkerCall } from "../../lib/ports/workflow.ts";
import { ATTEMPTS_MAX, WORKER_CALLS_MAX } from "../../lib/ports/workflow-rules.ts";
import { BUSY, ending, failed, type Open, SECOND, times, UNKNOWN } from "./workflow-endings.ts";

/** What the port promises of its workers. */
export function workersContract(open: Open): void {
  test("workers run side by side, and their results come in the order of their tasks", async () => {
    let met: () => void = () => {};
    const all = new Promise<void>((resolve) => {
      met = resolve;
    });
    let started = 0;
    const world = await open({
      async meet({ task }) {
        started += 1;
        if (started === 3) met();
        await all;
        return { result: { task, done: true } };
      },
    });
    const result = await world.run(async (workflow) => {
      const results = await workflow.runWorkers("meet", "meet", ["a", { b: 1 }, null]);
      await workflow.wait("replay", SECOND);
      return [results, await workflow.runWorkers("none", "meet", [])];
    });
    const done = [
      { task: "a", done: true },
      { task: { b: 1 }, done: true },
      { task: null, done: true },
    ];
    expect(result).toEqual([done, []]);
  });

  test("a worker is called with its cursor until it has a result; what died is called again with the one it began from", async () => {
    const calls: WorkerCall[] = [];
    const world = await open({
      async copy(call) {
        calls.push(call);
        const at = (call.cursor as { at: number } | null)?.at ?? 0;
        if (at === 2 && call.attempt < 2) throw new Error("killed");
        if (at === 3 && call.attempt < 1) throw BUSY;
        return at === 4 ? { result: at } : { cursor: { at: at + 1 } };
      },
    });
    const result = await world.run(async (workflow) => workflow.runWorkers("copy", "copy", [{ lane: 0 }]));
    expect(result).toEqual([4]);
    const told = calls.map(({ cursor, attempt }) => [(cursor as { at: number } | null)?.at ?? null, attempt]);
    const expected = [
      [null, 0],
      [1, 0],
      [2, 0],
      [2, 1],
      [2, 2],
      [3, 0],
      [3, 1],
      [4, 0],
    ];
    if (world.effectsRepeat) expect(new Set(told.map(String))).toEqual(new Set(expected.map(String)));
    else expect(told).toEqual(expected);
    for (const { task } of calls) expect(task).toEqual({ lane: 0 });
  });

  test.each<[string, () => Promise<WorkerAnswer>, Plain, number]>([
    [
      `with WORKER_LOST when it died ${ATTEMPTS_MAX} times in one place`,
      async () => Promise.reject(new TypeError("killed")),
      {
        failure: {
          code: "WORKER_LOST",
          message: `a copy worker died ${ATTEMPTS_MAX} times in the same place`,
          hint: ERRORS.WORKER_LOST.hint,
          facts: { kind: "copy", attempts: ATTEMPTS_MAX },
        },
      },
      ATTEMPTS_MAX,
    ],
    [
      `with its Failure when it failed retryably ${ATTEMPTS_MAX} times in one place`,
      async () => Promise.reject(BUSY),
      failed(BUSY),
      ATTEMPTS_MAX,
    ],
    ["at once with its Failure when that cannot be retried", async () => Promise.reject(UNKNOWN), failed(UNKNOWN), 1],
  ])("fails %s, and lets the others end", async (_, fail, expected, calls) => {
    let [bad, good] = [0, 0];
    const world = await open({
      async copy({ task, cursor }) {
        if (task === "good") return cursor === null ? { cursor: 1 } : { result: ++good };
        bad += 1;
        return fail();
      },
    });
    const result = await world.run(async (workflow) => {
      const seen = await ending(workflow.runWorkers("copy", "copy", ["bad", "good"]));
      await workflow.wait("replay", SECOND);
      return seen;
    });
    expect(result).toEqual(expected);
    times(world, bad, calls);
    times(world, good, 1);
  });

  test("fails with the first failure in the order of tasks, whichever came first", async () => {
    const world = await open({
      async copy({ task, cursor, attempt }) {
        if (cursor === null && task === "slow") return { cursor: 1 };
        if (task === "slow" && attempt === 0) throw BUSY;
        throw new Failure("RELEASE_TAKEN", task as string);
      },
    });
    const run = world.run(async (workflow) => ending(workflow.runWorkers("copy", "copy", ["slow", "quick"])));
    expect(await run).toMatchObject({ failure: { message: "slow" } });
  });

  test.each<[string, unknown]>([
    ["nothing", undefined],
    ["neither a cursor nor a result", { done: true }],
    ["both", { cursor: 1, result: 2 }],
    ["what JSON would change", { result: { at: new Date(0) } }],
  ])("fails with WORKER_LOST for a worker that answers %s", async (_, answer) => {
    const world = await open({ copy: async () => answer as WorkerAnswer });
    const result = await world.run(async (workflow) => ending(workflow.runWorkers("copy", "copy", [1])));
    expect(result).toMatchObject({ failure: { code: "WORKER_LOST" } });
  });

  test(`fails with WORKFLOW_TOO_LONG when a worker has no result after ${WORKER_CALLS_MAX} calls`, async () => {
    const world = await open({ copy: async ({ cursor }) => ({ cursor: ((cursor as number | null) ?? 0) + 1 }) });
    const result = await world.run(async (workflow) => ending(workflow.runWorkers("copy", "copy", [1])));
    expect(result).toMatchObject({ failure: { code: "WORKFLOW_TOO_LONG" } });
  });

  test("fails with a TypeError for a kind that nobody works", async () => {
    const world = await open({ copy: async () => ({ result: 1 }) });
    const result = await world.run(async (workflow) => ending(workflow.runWorkers("task", "paste", [1])));
    expect(result).toEqual({ error: "TypeError", message: "there is no worker of kind paste" });
  });
}
