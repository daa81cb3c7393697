import type { DurableContext } from "@aws/durable-execution-sdk-js";
import { executionModeDurableContext } from "@middy/core/executionModeDurableContext";
import type { HotCopyRequest, HotCopyResult } from "../../lib/model/hot-copy.ts";
import { STACK_METRICS } from "../../lib/model/stack.ts";
import { captureOverMachines } from "../../lib/operations/capture-point.ts";
import { hotCopy } from "../../lib/operations/hot-copy.ts";
import { stackWorkflow } from "../../lib/wiring/aws-workflow.ts";
import { machineEntropy } from "../../lib/wiring/machine.ts";
import { StackEnvironment } from "../../lib/wiring/stack-environment.ts";
import { businessDay, databaseName, exactly } from "../events.ts";
import { type Call, durableHandler } from "../middleware.ts";

const copy = (request: HotCopyRequest, { context }: Call<DurableContext>): Promise<HotCopyResult> => {
  const stack = new StackEnvironment(process.env);
  const { lanes } = stack;
  stack.database(request.database);
  const world = { capture: captureOverMachines({ entropy: machineEntropy, lanes }), readers: lanes };
  return hotCopy(stackWorkflow(stack, context), world, request);
};

/** Takes the hot copy of a day and proves it. */
export const handler = durableHandler(
  {
    event: exactly({ database: databaseName, day: businessDay }),
    facts: ({ database, day }) => ({ database, day }),
    run: copy,
    counts: ({ database }: HotCopyResult) => [{ name: STACK_METRICS.hotCopies, database }],
  },
  executionModeDurableContext,
);
