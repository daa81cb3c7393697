import type { DurableContext } from "@aws/durable-execution-sdk-js";
import { executionModeDurableContext } from "@middy/core/executionModeDurableContext";
import type { ReleaseReceipt, ReleaseRequest } from "../../lib/model/release.ts";
import { STACK_METRICS } from "../../lib/model/stack.ts";
import { captureOverMachines } from "../../lib/operations/capture-point.ts";
import { openRelease } from "../../lib/operations/release.ts";
import { stackEvidence, stackSigner } from "../../lib/wiring/aws.ts";
import { stackSnapshots } from "../../lib/wiring/aws-snapshots.ts";
import { stackWorkflow } from "../../lib/wiring/aws-workflow.ts";
import { machineClock, machineEntropy } from "../../lib/wiring/machine.ts";
import { StackEnvironment } from "../../lib/wiring/stack-environment.ts";
import { commitHash, databaseName, exactly, releaseId } from "../events.ts";
import { type Call, durableHandler } from "../middleware.ts";

const open = (request: ReleaseRequest, { context }: Call<DurableContext>): Promise<ReleaseReceipt> => {
  const stack = new StackEnvironment(process.env);
  const { lanes } = stack;
  const world = {
    evidence: stackEvidence(stack),
    signer: stackSigner(stack),
    clock: machineClock,
    capture: captureOverMachines({ entropy: machineEntropy, lanes }),
    readers: lanes,
    instance: { snapshots: stackSnapshots(), of: stack.database(request.database).instance },
  };
  return openRelease(stackWorkflow(stack, context), world, request);
};

/** Opens a release, before a deploy: an instance snapshot and a proven point, or a receipt that is there already. */
export const handler = durableHandler(
  {
    event: exactly({ database: databaseName, release: releaseId, commit: commitHash }),
    facts: ({ database, release, commit }) => ({ database, release, commit }),
    run: open,
    counts: ({ database }: ReleaseReceipt) => [{ name: STACK_METRICS.releasePoints, database }],
  },
  executionModeDurableContext,
);
