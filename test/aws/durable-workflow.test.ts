import { InvocationStatus } from "@aws/durable-execution-sdk-js";
import type { Plain, WorkerFunction, Workflow } from "../../lib/ports/workflow.ts";
import { workflowContract } from "../contracts/workflow.ts";
import { durableAct, endOf, workerFunctions } from "./durable-act.ts";
import { type Death, executeDurably } from "./durable-service.ts";

const opening =
  (effectsRepeat: boolean, dies?: (checkpoint: number, ofInvocation: number) => Death) =>
  async (workers: Readonly<Record<string, WorkerFunction>> = {}) => {
    let now = () => 0;
    return {
      clock: { now: () => now() },
      keepsTime: true,
      effectsRepeat,
      async run<T extends Plain>(act: (workflow: Workflow) => Promise<T>): Promise<T> {
        const handler = durableAct(act, { now: () => now(), kinds: Object.keys(workers) });
        const { output } = await executeDurably(handler, { functions: workerFunctions(workers), dies }, (history) => {
          now = () => history.now;
        });
        if (output.Status !== InvocationStatus.SUCCEEDED) throw new Error(JSON.stringify(output));
        return endOf<T>(JSON.parse(output.Result ?? "null"));
      },
    };
  };

workflowContract("durable, replayed at every pause", opening(false));
workflowContract(
  "durable, killed after every checkpoint",
  opening(true, (_, ofInvocation) => (ofInvocation === 1 ? "after it is kept" : undefined)),
);
