import type { Context } from "aws-lambda";
import * as z from "zod/mini";
import { receivedFailure } from "../lib/model/errors.ts";
import { serveWorker } from "../lib/wiring/aws-worker.ts";
import { readEvent } from "./events.ts";
import type { Facts, Log } from "./log.ts";
import { type Call, type PlainHandler, plainHandler, type Surroundings } from "./middleware.ts";
import { logFailure } from "./report-error.ts";

type WorkerFunctions = Parameters<typeof serveWorker>[0];
type WorkerFunction = WorkerFunctions[string];
type WorkerEnvelope = Awaited<ReturnType<ReturnType<typeof serveWorker>>>;

/** A kind of worker: what it is asked, and who does it. */
export interface Worker<Task> {
  readonly task: z.ZodMiniType<Task>;
  readonly facts: (task: Task) => Facts;
  readonly work: (log: Log) => WorkerFunction;
}

/** A worker of any task, for a list of several. */
export type AnyWorker = { readonly checked: (log: Log) => WorkerFunction };

/** Holds every call of a worker to its task's shape. */
export const worker = <Task>({ task, facts, work }: Worker<Task>): AnyWorker => ({
  checked: (log) => (call, until) => {
    const { attempt } = call;
    log.info("called", { ...facts(readEvent(task, call.task, "task")), attempt, continued: call.cursor !== null });
    return work(log)(call, until);
  },
});

/**
 * A function that a workflow calls as a worker. A failure is answered, so that the workflow learns its code and whether
 * trying again helps; only a bug fails the invocation.
 */
export const workerHandler = (
  workers: Readonly<Record<string, AnyWorker>>,
  where?: Surroundings,
): PlainHandler<WorkerEnvelope> => {
  const run = async (event: unknown, { context, log }: Call<Context>): Promise<WorkerEnvelope> => {
    const functions = Object.entries(workers).map(([kind, one]) => [kind, one.checked(log)] as const);
    const answer = await serveWorker(Object.fromEntries(functions))(event, context);
    if ("failure" in answer) logFailure(log, receivedFailure(answer.failure));
    return answer;
  };
  const kindOf = (event: unknown): string | undefined =>
    Object.keys(workers).find((kind) => kind === (event as { readonly kind?: unknown } | null | undefined)?.kind);
  return plainHandler({ event: z.unknown(), facts: (event) => ({ kind: kindOf(event) }), run }, where);
};
