import type { DurableContext, DurableExecutionHandler } from "@aws/durable-execution-sdk-js";
import { type Envelope, enclose, opened } from "../../lib/aws/durable-envelope.ts";
import { serveWorker } from "../../lib/aws/durable-worker.ts";
import { durableWorkflow } from "../../lib/aws/durable-workflow.ts";
import type { Plain, WorkerFunction, Workflow } from "../../lib/ports/workflow.ts";

/** An act of a workflow as the handler of a durable function, whose result says how the act ended. */
export const durableAct =
  (
    act: (workflow: Workflow) => Promise<Plain>,
    world: { readonly now: () => number; readonly kinds?: readonly string[]; readonly operationsMax?: number },
  ): DurableExecutionHandler<unknown, Envelope<Plain>> =>
  (_: unknown, context: DurableContext) => {
    const workers = Object.fromEntries((world.kinds ?? []).map((kind) => [kind, arnOf(kind)]));
    return enclose(() =>
      act(durableWorkflow(context, { clock: { now: world.now }, workers, operationsMax: world.operationsMax })),
    );
  };

/** What such an act gave, or throws what it threw. */
export const endOf = <T extends Plain>(result: unknown): T => opened(result as Envelope<T>);

export const arnOf = (kind: string): string => `arn:aws:lambda:eu-central-1:123456789012:function:${kind}:7`;

/** Functions of a worker Lambda each, by ARN. */
export const workerFunctions = (
  workers: Readonly<Record<string, WorkerFunction>>,
): Record<string, (event: unknown) => Promise<unknown>> => {
  const serve = serveWorker(workers);
  return Object.fromEntries(
    Object.keys(workers).map((kind) => [
      arnOf(kind),
      (event) => serve(event, { getRemainingTimeInMillis: () => 900_000 }),
    ]),
  );
};
