import { expect, test } from "vitest";
import { OPERATIONS_MAX } from "../../lib/aws/durable-operations.ts";
import type { Plain, WorkerCall, Workflow } from "../../lib/ports/workflow.ts";
import { BUSY, ending, pace, SECOND } from "../contracts/workflow-endings.ts";
import { runAct } from "./durable-act.ts";
import type { Death } from "./durable-service.ts";

const LANES = 8;
const RANGES = 2000;
const RANGES_PER_CALL = 50;

/** Capture's shape: one holds, eight lanes copy 2,000 ranges, each lane its share and a few at a call. */
const capture = (trouble: boolean) => {
  const board = new Map<number, number>();
  const done = Promise.withResolvers<void>();
  const troubles = new Set<string>();
  const once = (what: string): boolean => trouble && !troubles.has(what) && troubles.add(what) !== undefined;
  const workers = {
    async hold() {
      await done.promise;
      return { result: { ranges: board.size, rows: [...board.values()].reduce((sum, rows) => sum + rows, 0) } };
    },
    async copy({ task, cursor }: WorkerCall) {
      const { lane } = task as { lane: number };
      const from = (cursor as number | null) ?? 0;
      if (lane === 2 && from === 100 && once("throttled")) throw BUSY;
      const share = RANGES / LANES;
      const to = Math.min(from + RANGES_PER_CALL, share);
      for (let slot = from; slot < to; slot++) {
        if (lane === 3 && slot === 120 && once("crash")) throw new Error("out of memory");
        board.set(slot * LANES + lane, slot % 7);
      }
      if (board.size === RANGES) done.resolve();
      return to === share ? { result: { ranges: share } } : { cursor: to };
    },
  };
  const act = async (workflow: Workflow) => {
    await workflow.step("begin", async () => "r1");
    const lanes = Array.from({ length: LANES }, (_, lane) => ({ lane }));
    const { hold } = await workflow.together("capture", {
      hold: (own) => own.runWorkers("hold", "hold", [{ run: "r1" }]),
      copy: (own) => own.runWorkers("copy", "copy", lanes),
    });
    return workflow.step("receipt", async () => ({ hold }));
  };
  return { act, workers };
};

test(`${RANGES} ranges over ${LANES} lanes end with the same point through a crash, a throttled source and a kill at every checkpoint`, async () => {
  const quiet = capture(false);
  const undisturbed = await runAct(quiet.act, { workers: quiet.workers });
  expect(undisturbed.result).toEqual({ hold: [{ ranges: RANGES, rows: 5960 }] });
  expect(undisturbed.history.counted).toBe(49);

  const troubled = capture(true);
  const disturbed = await runAct(troubled.act, {
    workers: troubled.workers,
    dies: (_, ofInvocation) => (ofInvocation === 1 ? "after it is kept" : undefined),
  });
  expect(disturbed.result).toEqual(undisturbed.result);
  // A crash and a throttled call each cost a pause and a call more; each kill costs an invocation.
  expect(disturbed.history.counted).toBe(49 + 4 + disturbed.checkpoints);
  expect(disturbed.history.counted).toBeLessThan(OPERATIONS_MAX);
});

test(`an act may use ${OPERATIONS_MAX} operations, and the next one is refused before the service sees it`, async () => {
  const { result, history } = await runAct(async (workflow) => {
    let [steps, tries] = [0, 0];
    const more = () => workflow.step(`step ${++tries}`, async () => ++steps);
    for (let seen = await ending(more()); "gave" in (seen as object); seen = await ending(more()));
    return { steps, after: [await ending(more()), await ending(workflow.wait("wait", SECOND))] };
  });
  const refused = {
    failure: {
      code: "WORKFLOW_TOO_LONG",
      message: `this act needs more than ${OPERATIONS_MAX} operations`,
      facts: { operations: OPERATIONS_MAX },
    },
  };
  expect(result).toMatchObject({ steps: OPERATIONS_MAX - 1, after: [refused, refused] });
  expect(history.counted).toBe(OPERATIONS_MAX);
});

test.each<[string, (workflow: Workflow) => Promise<Plain | undefined>]>([
  ["a poll", (workflow) => workflow.poll("look", async () => undefined, pace(1, 1, 86_400))],
  ["a worker that is called again and again", (workflow) => workflow.runWorkers("copy", "copy", [1, 2, 3])],
  [
    "branches",
    (workflow) => {
      const endless = async (own: Workflow): Promise<Plain> => {
        for (let n = 0; ; n++) await own.step(`step ${n}`, async () => n);
      };
      return workflow.together("all", { a: endless, b: endless, c: endless });
    },
  ],
])("fails with WORKFLOW_TOO_LONG in %s, and never passes the bound, killed or not", async (_, act) => {
  const workers = { copy: async ({ cursor }: WorkerCall) => ({ cursor: Number(cursor) + 1 }) };
  for (const dies of [undefined, (n: number): Death => (n % 3 === 0 ? "after it is kept" : undefined)]) {
    let killed = 0;
    const counting = (n: number): Death => {
      const death = dies?.(n);
      if (death !== undefined) killed += 1;
      return death;
    };
    const { result, history } = await runAct(async (workflow) => ending(act(workflow)), {
      workers,
      dies: counting,
      operationsMax: 60,
    });
    expect(result).toMatchObject({ failure: { code: "WORKFLOW_TOO_LONG" } });
    expect(history.counted - killed).toBeLessThanOrEqual(60);
    expect(history.counted - killed).toBeGreaterThan(50);
  }
});
