import { LambdaClient } from "@aws-sdk/client-lambda";
import { durableStarter } from "../aws/durable-starter.ts";
import { SHORT_CALLS } from "../aws/short-calls.ts";
import type { WorkflowStarter } from "../ports/workflow-starter.ts";
import type { StackEnvironment } from "./stack-environment.ts";

let client: LambdaClient | undefined;

/** Starts the stack's hot copies. */
export const hotCopyStarter = (stack: StackEnvironment): WorkflowStarter => {
  client ??= new LambdaClient(SHORT_CALLS);
  return durableStarter(client, stack.text("hotCopyWorkflow"));
};
