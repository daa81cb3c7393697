import {
  type CheckpointDurableExecutionRequest,
  type CheckpointDurableExecutionResponse,
  DurableExecutionClientError,
  DurableExecutionInvocationInputWithClient,
  type DurableExecutionInvocationOutput,
  type DurableLambdaHandler,
  InvocationStatus,
} from "@aws/durable-execution-sdk-js";
import type { Context } from "aws-lambda";
import { DurableHistory } from "./durable-history.ts";

/** Whether the process dies at this checkpoint, and whether the service had kept it. */
export type Death = "before it is kept" | "after it is kept" | undefined;

interface DurableService {
  /** What the execution is started with. */
  readonly input?: unknown;
  /** What is called by its ARN; what it throws is a failed invocation. */
  readonly functions?: Readonly<Record<string, (event: unknown) => Promise<unknown>>>;
  /** Asked at each checkpoint: which one of the execution it is, and which one of its invocation. From 1. */
  readonly dies?: (checkpoint: number, ofInvocation: number) => Death;
  /** Is given the history before the first invocation. */
  readonly opened?: (history: DurableHistory) => void;
}

export interface DurableEnd {
  readonly output: DurableExecutionInvocationOutput;
  readonly history: DurableHistory;
  readonly invocations: number;
  readonly checkpoints: number;
}

const INVOCATIONS_MAX = 20_000;

/** Turns of the event loop after which a function in this process counts as waiting. */
const IDLE_TURNS = 10;

/**
 * Lambda's durable execution service in this process: it keeps what an execution checkpoints, ends its invocations at every
 * pause, and may kill them at any checkpoint. Time is the history's own and passes only while nothing else can happen. As
 * strict as the documentation: 3,000 operations, 1 MiB payloads, 100 MB in all, tokens used once, no end without a start.
 */
export const executeDurably = async (
  handler: DurableLambdaHandler,
  { input = {}, functions = {}, dies = () => undefined, opened }: DurableService = {},
): Promise<DurableEnd> => {
  const history = new DurableHistory(input);
  opened?.(history);
  const running = new Map<string, Promise<void>>();
  let [checkpoints, invocations] = [0, 0];

  const call = (id: string, arn: string, payload: string): void => {
    const answering = (async () => {
      try {
        const answer = await (functions[arn] ?? missing)(JSON.parse(payload));
        history.answer(id, { Payload: JSON.stringify(answer) });
      } catch (error) {
        const { name, message } = error as Error;
        history.answer(id, { Error: { ErrorType: name, ErrorMessage: message } });
      } finally {
        running.delete(id);
      }
    })();
    running.set(id, answering);
  };

  const keep = ({ Updates = [] }: CheckpointDurableExecutionRequest): void => {
    for (const update of Updates) {
      history.apply(update);
      if (update.Type !== "CHAINED_INVOKE") continue;
      call(update.Id ?? "", update.ChainedInvokeOptions?.FunctionName ?? "", update.Payload ?? "null");
    }
  };

  const invoke = async (): Promise<DurableExecutionInvocationOutput | "died"> => {
    let token = `invocation ${invocations}`;
    let ofInvocation = 0;
    const Operations = history.kept();
    history.changes();
    const death = Promise.withResolvers<"died">();
    const silence = new Promise<never>(() => {});
    const client = {
      getExecutionState: () => Promise.reject(new Error("the whole state came with the event")),
      async checkpoint(request: CheckpointDurableExecutionRequest): Promise<CheckpointDurableExecutionResponse> {
        if (request.CheckpointToken !== token) return await silence; // From a process that is dead.
        checkpoints += 1;
        ofInvocation += 1;
        const dying = dies(checkpoints, ofInvocation);
        token = `${token} ${checkpoints}`;
        if (dying !== "before it is kept") refusing(() => keep(request));
        if (dying === undefined)
          return { CheckpointToken: token, NewExecutionState: { Operations: history.changes() } };
        token = "dead";
        death.resolve("died");
        return await silence;
      },
    };
    const state = {
      DurableExecutionArn: "arn:execution",
      CheckpointToken: token,
      InitialExecutionState: { Operations },
    };
    const event = new DurableExecutionInvocationInputWithClient(state, client);
    // No time is left to wait in the process, so that every pause ends the invocation and the next one replays.
    const lambda = { awsRequestId: `${invocations}`, getRemainingTimeInMillis: () => 0 } as Context;
    const output = await Promise.race([handler(event, lambda), death.promise]);
    token = "ended";
    return output;
  };

  while (invocations < INVOCATIONS_MAX) {
    invocations += 1;
    const output = await invoke();
    if (output === "died")
      history.count(); // Lambda invokes again, which counts.
    else if (output.Status !== InvocationStatus.PENDING) return { output, history, invocations, checkpoints };
    else if (!history.hasChanges) await next(history, running);
  }
  throw new Error(`not done after ${INVOCATIONS_MAX} invocations`);
};

/** Waits for the first of what runs elsewhere; lets time pass when all of that is waiting itself. */
const next = async (history: DurableHistory, running: ReadonlyMap<string, Promise<void>>): Promise<void> => {
  for (let turns = 0; turns < IDLE_TURNS && !history.hasChanges; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  if (history.hasChanges || history.passTime()) return;
  if (running.size === 0) throw new Error("the execution waits for nothing");
  await Promise.race(running.values());
};

const missing = (): Promise<never> => Promise.reject(new Error("there is no such function"));

/** What the service refuses ends the execution. */
const refusing = (act: () => void): void => {
  try {
    act();
  } catch (error) {
    throw new DurableExecutionClientError((error as Error).message, { scope: "EXECUTION" });
  }
};
