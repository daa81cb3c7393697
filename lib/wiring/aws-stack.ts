import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { LambdaClient } from "@aws-sdk/client-lambda";
import { cloudErrorName, cloudFailure } from "../aws/cloud-failure.ts";
import { durableCaller } from "../aws/durable-caller.ts";
import { SHORT_CALLS } from "../aws/short-calls.ts";
import { Failure } from "../model/errors.ts";
import { STACK_ENV, STACK_OUTPUTS } from "../model/stack.ts";
import type { WorkflowCaller } from "../ports/workflow-caller.ts";
import { machineClock } from "./machine.ts";
import { StackEnvironment } from "./stack-environment.ts";

/** A stack as its owner's command line sees it. */
export interface OpenedStack {
  readonly environment: StackEnvironment;
  readonly releases: WorkflowCaller;
  readonly hotCopies: WorkflowCaller;
}

/** Outputs that say the same as a variable of the functions. */
const SAME = ["hotBucket", "keysBucket", "evidenceBucket", "wrappingKey", "signingKey", "databases"] as const;

/**
 * Finds a stack by its name, in the Region and account of this process.
 * @throws STACK_NOT_FOUND  there is none, or it is none of ours; CLOUD_*
 */
export const openStack = async (name: string): Promise<OpenedStack> => {
  const outputs = await outputsOf(name);
  const output = (key: keyof typeof STACK_OUTPUTS): string => {
    const value = outputs.get(STACK_OUTPUTS[key]);
    if (value !== undefined) return value;
    throw new Failure("STACK_NOT_FOUND", `stack ${name} has no output ${STACK_OUTPUTS[key]}`, {
      hint: "name the stack that holds the construct Lastgood; deploy it again if it is of an earlier version",
    });
  };
  const lambda = new LambdaClient(SHORT_CALLS);
  const environment = Object.fromEntries(SAME.map((key) => [STACK_ENV[key], output(key)]));
  return {
    environment: new StackEnvironment({ [STACK_ENV.stack]: name, ...environment }),
    releases: durableCaller(lambda, output("releaseFunction"), machineClock),
    hotCopies: durableCaller(lambda, output("hotCopyWorkflow"), machineClock),
  };
};

const outputsOf = async (name: string): Promise<ReadonlyMap<string, string>> => {
  const client = new CloudFormationClient(SHORT_CALLS);
  try {
    const { Stacks: [stack] = [] } = await client.send(new DescribeStacksCommand({ StackName: name }));
    return new Map((stack?.Outputs ?? []).map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue]));
  } catch (error) {
    // CloudFormation calls an absent stack a wrong input.
    if (cloudErrorName(error) === "ValidationError")
      throw new Failure("STACK_NOT_FOUND", `there is no stack ${name} in this Region and account`, { cause: error });
    // The SDK's own words, in a plain Error.
    if (error instanceof Error && error.message === "Region is missing")
      throw new Failure("CLOUD_CREDENTIALS", `could not find stack ${name}: no Region is set`, {
        cause: error,
        hint: "set AWS_REGION, or AWS_PROFILE to a profile that names one",
      });
    throw cloudFailure(error, `find stack ${name} by cloudformation:DescribeStacks`);
  } finally {
    client.destroy();
  }
};
