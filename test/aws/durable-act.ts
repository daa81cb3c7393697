import {
  type DurableContext,
  type DurableExecutionHandler,
  InvocationStatus,
  withDurableExecution,
} from "@aws/durable-execution-sdk-js";
import { type Envelope, enclose, opened } from "../../lib/aws/durable-envelope.ts";
import { serveWorker } from "../../lib/aws/durable-worker.ts";
import { durableWorkflow } from "../../lib/aws/durable-workflow.ts";
import type { Plain, WorkerFunction, Workflow } from "../../lib/ports/workflow.ts";
import type { DurableHistory } from "./durable-history.ts";
import { type Death, type DurableEnd, executeDurably } from "./durable-service.ts";

export type Act<T extends Plain = Plain> = (workflow: Workflow) => Promise<T>;

export type Workers = Readonly<Record<string, WorkerFunction>>;

interface World {
  readonly now: () => number;
  readonly workers?: Workers;
  readonly operationsMax?: number;
}

/** An act of a workflow as the handler of a durable function, whose result says how the act ended. */
export const durableAct =
  (act: Act, { now, workers = {}, operationsMax }: World): DurableExecutionHandler<unknown, Envelope<Plain>> =>
  (_: unknown, context: DurableContext) => {
    const arns = Object.fromEntries(Object.keys(workers).map((kind) => [kind, arnOf(kind)]));
    return enclose(() => act(durableWorkflow(context, { clock: { now }, workers: arns, operationsMax })));
  };

/** What such an act gave, or throws what it threw. */
export const endOf = <T extends Plain>(result: unknown): T => opened(result as Envelope<T>);

const arnOf = (kind: string): string => `arn:aws:lambda:eu-central-1:123456789012:function:${kind}:7`;

/** Functions of a worker Lambda each, by ARN. */
export const workerFunctions = (workers: Workers): Record<string, (event: unknown) => Promise<unknown>> => {
  const serve = serveWorker(workers);
  const lambda = { getRemainingTimeInMillis: () => 900_000 };
  return Object.fromEntries(Object.keys(workers).map((kind) => [arnOf(kind), (event) => serve(event, lambda)]));
};

interface Run {
  readonly workers?: Workers;
  readonly dies?: (checkpoint: number, ofInvocation: number) => Death;
  readonly operationsMax?: number;
  /** Is told how to read the time of the run, before it begins. */
  readonly clock?: (now: () => number) => void;
}

/** Runs an act to its end under the service of durable-service.ts. */
export const runAct = async <T extends Plain>(
  act: Act<T>,
  { workers = {}, dies, operationsMax, clock }: Run = {},
): Promise<DurableEnd & { readonly result: T }> => {
  let now = (): number => 0;
  const handler = withDurableExecution(durableAct(act, { now: () => now(), workers, operationsMax }));
  const opened = (history: DurableHistory): void => {
    now = () => history.now;
    clock?.(now);
  };
  const end = await executeDurably(handler, { functions: workerFunctions(workers), dies, opened });
  if (end.output.Status !== InvocationStatus.SUCCEEDED) throw new Error(JSON.stringify(end.output));
  return { ...end, result: endOf<T>(JSON.parse(end.output.Result ?? "null")) };
};
