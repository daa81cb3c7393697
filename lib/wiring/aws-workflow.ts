import type { DurableContext } from "@aws/durable-execution-sdk-js";
import { durableWorkflow } from "../aws/durable-workflow.ts";
import type { Workflow } from "../ports/workflow.ts";
import { machineClock } from "./machine.ts";
import type { StackEnvironment } from "./stack-environment.ts";

/** The workflow that a durable function runs, with the functions of its stack as workers. */
export const stackWorkflow = (stack: StackEnvironment, context: DurableContext): Workflow =>
  durableWorkflow(context, { clock: machineClock, workers: stack.workers });
