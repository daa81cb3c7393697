import { type DurableContext, NestingType } from "@aws/durable-execution-sdk-js";
import { Failure, receivedFailure } from "../model/errors.ts";
import type { EpochMs } from "../model/units.ts";
import type { Clock } from "../ports/clock.ts";
import type { Pace, Plain, WorkerCall, Workflow } from "../ports/workflow.ts";
import {
  ATTEMPTS_MAX,
  branchNames,
  checkPace,
  claimName,
  driveWorker,
  keptResult,
  lookPauseMs,
  retryPauseMs,
  type WorkerOutcome,
} from "../ports/workflow-rules.ts";
import { type Envelope, enclose, opened } from "./durable-envelope.ts";
import { OPERATIONS_MAX, OperationCount } from "./durable-operations.ts";
import { answeredOutcome } from "./durable-worker.ts";

interface Durable {
  /** Read inside looks only, never by the body of an act. */
  readonly clock: Pick<Clock, "now">;
  /** Qualified ARN of the function that works a kind. */
  readonly workers: Readonly<Record<string, string>>;
  readonly operationsMax?: number;
}

/**
 * The act runs as a Lambda durable function: every operation is kept by the service, and between them no process lives.
 * Waits and pauses are rounded up to whole seconds.
 * @see https://docs.aws.amazon.com/lambda/latest/dg/durable-functions.html
 */
export const durableWorkflow = (context: DurableContext, world: Durable): Workflow =>
  new DurableWorkflow(context, world, new OperationCount(world.operationsMax ?? OPERATIONS_MAX));

type Counted<T> = Envelope<T> & { readonly operations: number };

/** What a poll keeps from look to look. */
interface Looking<T> {
  readonly startedAt: EpochMs | null;
  readonly looks: number;
  readonly failed: number;
  readonly pauseMs: number;
  readonly end: Envelope<{ readonly seen?: T }> | null;
}

class DurableWorkflow implements Workflow {
  readonly #context: DurableContext;
  readonly #world: Durable;
  readonly #count: OperationCount;
  readonly #names = new Set<string>();

  constructor(context: DurableContext, world: Durable, count: OperationCount) {
    this.#context = context;
    this.#world = world;
    this.#count = count;
  }

  async step<T extends Plain>(name: string, act: () => Promise<T>): Promise<T> {
    claimName(this.#names, name);
    this.#count.start(1);
    const retries = this.#count.branch();
    const ended = await this.#context.step(
      name,
      async ({ attempt }): Promise<Counted<T>> => {
        retries.reach(attempt - 1);
        const ending = await enclose(async () => keptResult(name, await act()));
        const failure = failureOf(ending);
        if (failure?.retryable === true && attempt < ATTEMPTS_MAX) throw failure;
        return { ...ending, operations: attempt - 1 };
      },
      // Only what is to be tried again is thrown out of a step, so there is nothing to tell apart here.
      { retryStrategy: (_, attempt) => ({ shouldRetry: true, delay: wholeSeconds(retryPauseMs(attempt)) }) },
    );
    retries.reach(ended.operations);
    return opened(ended);
  }

  async wait(name: string, ms: number): Promise<void> {
    claimName(this.#names, name);
    this.#count.start(1);
    await this.#context.wait(name, wholeSeconds(ms));
  }

  async poll<T extends Plain>(name: string, look: () => Promise<T | undefined>, pace: Pace): Promise<T | undefined> {
    claimName(this.#names, name);
    checkPace(name, pace);
    this.#count.start(1);
    const looks = this.#count.branch();
    const ended = await this.#context.waitForCondition<Looking<T>>(
      name,
      async (state) => {
        looks.reach(state.looks + 1);
        return await this.#look(name, look, pace, state);
      },
      {
        initialState: { startedAt: null, looks: 0, failed: 0, pauseMs: 0, end: null },
        waitStrategy: ({ end, pauseMs }) =>
          end === null ? { shouldContinue: true, delay: wholeSeconds(pauseMs) } : { shouldContinue: false },
      },
    );
    looks.reach(ended.looks);
    return ended.end === null ? undefined : opened(ended.end).seen;
  }

  async together<T extends Record<string, Plain>>(
    name: string,
    branches: { readonly [K in keyof T]: (workflow: Workflow) => Promise<T[K]> },
  ): Promise<T> {
    claimName(this.#names, name);
    const names = branchNames(branches);
    this.#count.start(1 + names.length);
    const counts = names.map(() => this.#count.branch());
    const batch = await this.#context.parallel(
      name,
      names.map((branch, at) => ({
        name: branch,
        func: (context: DurableContext) =>
          counted(counts[at], async (count) => {
            const result = await branches[branch as keyof T](new DurableWorkflow(context, this.#world, count));
            return keptResult<Plain>(`${name}, ${branch}`, result);
          }),
      })),
    );
    const results = openedAll(batch, counts);
    return Object.fromEntries(names.map((branch, at) => [branch, results[at] ?? null])) as T;
  }

  async runWorkers<Result extends Plain>(
    name: string,
    kind: string,
    tasks: readonly Plain[],
  ): Promise<readonly Result[]> {
    claimName(this.#names, name);
    const arn = this.#world.workers[kind];
    if (arn === undefined) throw new TypeError(`there is no worker of kind ${kind}`);
    const kept = tasks.map((task) => keptResult(`the task of a ${kind} worker`, task));
    this.#count.start(1);
    const counts = kept.map(() => this.#count.branch());
    const batch = await this.#context.map(
      name,
      kept,
      (context, task, at) =>
        counted(counts[at], (count) => driveWorker(kind, task, ...callsOf({ context, count, name, at, arn, kind }))),
      { maxConcurrency: Math.max(1, kept.length), nesting: NestingType.FLAT },
    );
    return openedAll(batch, counts) as Result[];
  }

  async approve(name: string): Promise<never> {
    claimName(this.#names, name);
    throw new Failure(
      "APPROVAL_UNAVAILABLE",
      `operation ${name} asks people for approval, which a workflow cannot yet`,
    );
  }

  async #look<T extends Plain>(
    name: string,
    look: () => Promise<T | undefined>,
    pace: Pace,
    before: Looking<T>,
  ): Promise<Looking<T>> {
    const startedAt = before.startedAt ?? this.#world.clock.now();
    const ending = await enclose(async () => {
      const seen = await look();
      return seen === undefined ? {} : { seen: keptResult(name, seen) };
    });
    const failure = failureOf(ending);
    const looks = before.looks + 1;
    const failed = failure === undefined ? 0 : before.failed + 1;
    const looked = { startedAt, looks, failed, pauseMs: 0 };
    const nothing = failure === undefined ? "ok" in ending && !("seen" in ending.ok) : failure.retryable;
    if (!nothing) return { ...looked, end: ending };
    const pauseMs = lookPauseMs(pace, { looks, failed, elapsedMs: this.#world.clock.now() - startedAt });
    if (pauseMs === undefined) return { ...looked, end: ending };
    if (this.#count.left < 1) return { ...looked, end: await enclose(() => Promise.reject(this.#count.tooLong())) };
    return { ...looked, pauseMs, end: null };
  }
}

const failureOf = (envelope: Envelope<unknown>): Failure | undefined =>
  "failure" in envelope ? receivedFailure(envelope.failure) : undefined;

/** The service sleeps whole seconds, and one at least. */
const wholeSeconds = (ms: number): { readonly seconds: number } => ({ seconds: Math.max(1, Math.ceil(ms / 1000)) });

/** Runs a branch or lane and encloses how it ended: so a batch never fails early, it waits for all of them. */
const counted = async <T>(
  count: OperationCount | undefined,
  act: (count: OperationCount) => Promise<T>,
): Promise<Counted<T>> => {
  if (count === undefined) throw new TypeError("a batch has more items than it was started with");
  const ending = await enclose(() => act(count));
  return { ...ending, operations: count.used };
};

interface Batch<T> {
  throwIfError(): void;
  getResults(): readonly Counted<T>[];
}

/** What all gave, in their order; throws what the first that failed threw. Their operations count, also when none ran again. */
const openedAll = <T>(batch: Batch<T>, counts: readonly OperationCount[]): readonly T[] => {
  batch.throwIfError();
  const ended = batch.getResults();
  for (const [at, { operations }] of ended.entries()) counts[at]?.reach(operations);
  return ended.map(opened);
};

interface Lane {
  readonly context: DurableContext;
  readonly count: OperationCount;
  readonly name: string;
  readonly at: number;
  readonly arn: string;
  readonly kind: string;
}

/** How a lane calls its worker, and how it pauses. */
const callsOf = (
  lane: Lane,
): [call: (call: WorkerCall) => Promise<WorkerOutcome>, pause: (ms: number) => Promise<void>] => {
  const { context, count, name, at, arn, kind } = lane;
  let [calls, pauses] = [0, 0];
  return [
    async (call) => {
      count.start(1);
      calls += 1;
      try {
        return answeredOutcome(await context.invoke(`${name} ${at}, call ${calls}`, arn, { kind, ...call }));
      } catch (died) {
        // The function threw, ran out of time or memory, or could not be invoked: all the same to a lane.
        return { died };
      }
    },
    async (ms) => {
      count.start(1);
      pauses += 1;
      await context.wait(`${name} ${at}, pause ${pauses}`, wholeSeconds(ms));
    },
  ];
};
