import { expect, test } from "vitest";
import { openInProcessWorkflow } from "../../lib/local/in-process-workflow.ts";
import { Failure } from "../../lib/model/errors.ts";
import { workflowContract } from "../contracts/workflow.ts";
import { manualClock } from "../faults/manual-clock.ts";

const SECOND = 1000;

/** Lets time pass while somebody sleeps and nobody has anything else to do. */
const passing = async <T>(clock: ReturnType<typeof manualClock>, running: Promise<T>): Promise<T> => {
  let ended = false;
  const end = () => {
    ended = true;
  };
  running.then(end, end);
  while (!ended) await clock.advance(clock.sleeping > 0 ? SECOND : 0);
  return running;
};

workflowContract("in process", async (workers) => {
  const clock = manualClock();
  return {
    clock,
    keepsTime: true,
    effectsRepeat: false,
    run: (act) => passing(clock, act(openInProcessWorkflow({ clock, workers }))),
  };
});

test("a worker's time never ends here", async () => {
  let until = 0;
  const workers = {
    async copy(_: unknown, { deadlineMs }: { deadlineMs: number }) {
      until = deadlineMs;
      return { result: 1 };
    },
  };
  await openInProcessWorkflow({ clock: manualClock(), workers }).runWorkers("copy", "copy", [1]);
  expect(until).toBe(Infinity);
});

test("ends with the signal's reason in a pause, before the next operation, and for whatever was cut short", async () => {
  const reason = new Failure("INTERRUPTED", "interrupted");
  const stop = new AbortController();
  const clock = manualClock();
  const cutShort = async (): Promise<never> => {
    await new Promise((resolve) => stop.signal.addEventListener("abort", resolve));
    throw new Failure("DATABASE_ERROR", "connection closed");
  };
  const workflow = openInProcessWorkflow({ clock, signal: stop.signal, workers: { copy: cutShort } });
  const pace = { everyMs: SECOND, everyMsMax: SECOND, deadlineMs: 60 * SECOND };
  let tries = 0;
  const running = [
    workflow.wait("wait", SECOND),
    workflow.poll("poll", async () => undefined, pace),
    workflow.step("retry", async () => {
      tries += 1;
      throw new Failure("INSTANCE_BUSY", "busy");
    }),
    workflow.step("step cut short", cutShort),
    workflow.poll("look cut short", cutShort, pace),
    workflow.runWorkers("workers cut short", "copy", [1, 2]),
  ];
  const endings = Promise.allSettled(running);
  await clock.advance(0);
  stop.abort(reason);
  for (const ending of await endings) expect(ending).toEqual({ status: "rejected", reason });
  expect(tries).toBe(1);
  await expect(workflow.step("after", async () => ++tries)).rejects.toBe(reason);
  expect([tries, clock.sleeping]).toEqual([1, 0]);
});
