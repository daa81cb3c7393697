import { withDurableExecution } from "@aws/durable-execution-sdk-js";
import { LocalDurableTestRunner } from "@aws/durable-execution-sdk-js-testing";
import { afterAll, beforeAll } from "vitest";
import { workflowContract } from "../contracts/workflow.ts";
import { durableAct, endOf, workerFunctions } from "./durable-act.ts";

// The runner takes this process's timers and clock, so these tests have a file of their own.
beforeAll(() => LocalDurableTestRunner.setupTestEnvironment({ skipTime: true }));
afterAll(() => LocalDurableTestRunner.teardownTestEnvironment());

workflowContract("durable, in AWS's own test runner", async (workers = {}) => {
  // The runner skips pauses without moving its clock by them; so each reading is a second after the last.
  let seconds = 0;
  const now = (): number => ++seconds * 1000;
  return {
    clock: { now },
    keepsTime: false,
    effectsRepeat: false,
    async run(act) {
      const runner = new LocalDurableTestRunner({
        handlerFunction: withDurableExecution(durableAct(act, { now, workers })),
      });
      for (const [arn, work] of Object.entries(workerFunctions(workers))) runner.registerFunction(arn, work);
      const execution = await runner.run({ payload: {} });
      return endOf(execution.getResult());
    },
  };
});
