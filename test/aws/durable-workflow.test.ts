import { workflowContract } from "../contracts/workflow.ts";
import type { Open } from "../contracts/workflow-endings.ts";
import { runAct } from "./durable-act.ts";
import type { Death } from "./durable-service.ts";

const opening =
  (effectsRepeat: boolean, dies?: (checkpoint: number, ofInvocation: number) => Death): Open =>
  async (workers) => {
    let now = (): number => 0;
    const clock = (read: () => number): void => {
      now = read;
    };
    return {
      clock: { now: () => now() },
      keepsTime: true,
      effectsRepeat,
      run: async (act) => (await runAct(act, { workers, dies, clock })).result,
    };
  };

workflowContract("durable, replayed at every pause", opening(false));
workflowContract(
  "durable, killed after every checkpoint",
  opening(true, (_, ofInvocation) => (ofInvocation === 1 ? "after it is kept" : undefined)),
);
