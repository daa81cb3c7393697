import type { LambdaClient } from "@aws-sdk/client-lambda";
import { Failure } from "../model/errors.ts";
import type { WorkflowStarter } from "../ports/workflow-starter.ts";
import { cloudErrorName, cloudFailure } from "./cloud-failure.ts";
import { namedExecution } from "./durable-invoke.ts";

const NAME = /^[A-Za-z0-9_-]{1,64}$/;

/**
 * Starts executions of one durable function. Lambda keeps their names apart: the same name and input again is the same
 * execution, with another input it is refused.
 * @param functionArn  with a version or alias: a durable function has no other address
 * @see https://docs.aws.amazon.com/lambda/latest/dg/durable-execution-idempotency.html
 */
export const durableStarter = (client: LambdaClient, functionArn: string): WorkflowStarter => ({
  async start(name, input) {
    if (!NAME.test(name)) throw new TypeError(`${JSON.stringify(name)} cannot be the name of an execution`);
    try {
      await client.send(namedExecution(functionArn, name, input));
      return "accepted";
    } catch (error) {
      switch (cloudErrorName(error)) {
        case "DurableExecutionAlreadyStartedException":
          return "known";
        case "ResourceNotFoundException":
          throw new Failure("STACK_INVALID", `there is no function ${functionArn}`, { cause: error });
        default:
          throw cloudFailure(error, `start ${name} by lambda:InvokeFunction of ${functionArn}`);
      }
    }
  },
});
