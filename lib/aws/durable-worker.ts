import { Failure, isFailure, receivedFailure, type SentFailure, sentFailure } from "../model/errors.ts";
import type { WorkerAnswer, WorkerCall, WorkerFunction } from "../ports/workflow.ts";
import { keptAnswer, type WorkerOutcome } from "../ports/workflow-rules.ts";

/** Time a worker leaves at the end of its invocation, so that its answer is out before Lambda kills it. */
export const WORKER_MARGIN_MS = 10_000;

/** What a function that serves workers is invoked with. */
export interface WorkerEvent extends WorkerCall {
  readonly kind: string;
}

/** What it answers. A bug is no answer: the invocation fails, and the workflow calls again. */
export type WorkerEnvelope = WorkerAnswer | { readonly failure: SentFailure };

/** Makes a Lambda handler of workers by their kind. */
export const serveWorker =
  (functions: Readonly<Record<string, WorkerFunction>>) =>
  async (event: unknown, lambda: { getRemainingTimeInMillis(): number }): Promise<WorkerEnvelope> => {
    try {
      const { kind, ...call } = workerEvent(event, functions);
      const deadlineMs = Math.max(0, lambda.getRemainingTimeInMillis() - WORKER_MARGIN_MS);
      const answer = await functions[kind]?.(call, { deadlineMs });
      return keptAnswer(kind, answer as WorkerAnswer);
    } catch (error) {
      if (!isFailure(error)) throw error;
      return { failure: sentFailure(error) };
    }
  };

const workerEvent = (event: unknown, functions: Readonly<Record<string, WorkerFunction>>): WorkerEvent => {
  const { kind, task, cursor, attempt } = (event ?? {}) as Partial<WorkerEvent>;
  if (typeof kind !== "string" || !Object.hasOwn(functions, kind)) {
    throw new Failure("EVENT_INVALID", `kind must be one of ${Object.keys(functions).join(", ")}`);
  }
  if (task === undefined || cursor === undefined || typeof attempt !== "number") {
    throw new Failure("EVENT_INVALID", "task, cursor and attempt must be given");
  }
  return { kind, task, cursor, attempt };
};

/** What a function answered, read by the workflow. Anything unheard of is a worker that lost its mind. */
export const answeredOutcome = (answer: unknown): WorkerOutcome => {
  const envelope = (answer ?? {}) as Partial<{ readonly failure: SentFailure } & Record<"cursor" | "result", never>>;
  if (envelope.failure !== undefined) return { failure: receivedFailure(envelope.failure) };
  if (envelope.result !== undefined) return { result: envelope.result };
  if (envelope.cursor !== undefined) return { cursor: envelope.cursor };
  return { died: new TypeError("a worker answered neither a cursor nor a result") };
};
