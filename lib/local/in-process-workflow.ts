import { Failure, isFailure } from "../model/errors.ts";
import type { Clock } from "../ports/clock.ts";
import type { Pace, Plain, WorkerCall, WorkerFunction, Workflow } from "../ports/workflow.ts";
import {
  ATTEMPTS_MAX,
  allOrFirst,
  branchNames,
  checkPace,
  claimName,
  driveWorker,
  keptAnswer,
  keptResult,
  lookPauseMs,
  retryPauseMs,
  type WorkerOutcome,
} from "../ports/workflow-rules.ts";

interface InProcess {
  readonly clock: Clock;
  /** What a kind of worker does. Here its machine's time never ends. */
  readonly workers?: Readonly<Record<string, WorkerFunction>>;
  /** Ends the act with its reason at the next operation, pause or retry. What runs meanwhile must heed it by itself. */
  readonly signal?: AbortSignal;
}

/** The act runs in this process and ends with it: nothing is kept for a replay. */
export const openInProcessWorkflow = (world: InProcess): Workflow => new InProcessWorkflow(world);

class InProcessWorkflow implements Workflow {
  readonly #world: InProcess;
  readonly #names = new Set<string>();

  constructor(world: InProcess) {
    this.#world = world;
  }

  async step<T extends Plain>(name: string, act: () => Promise<T>): Promise<T> {
    this.#begin(name);
    for (let failed = 1; ; failed++) {
      try {
        return keptResult(name, await act());
      } catch (error) {
        this.#world.signal?.throwIfAborted();
        if (!isFailure(error) || !error.retryable || failed === ATTEMPTS_MAX) throw error;
      }
      await this.#sleep(retryPauseMs(failed));
    }
  }

  async wait(name: string, ms: number): Promise<void> {
    this.#begin(name);
    await this.#sleep(ms);
  }

  async poll<T extends Plain>(name: string, look: () => Promise<T | undefined>, pace: Pace): Promise<T | undefined> {
    this.#begin(name);
    checkPace(name, pace);
    const startedMs = this.#world.clock.elapsedMs();
    for (let looks = 1, failed = 0; ; looks++) {
      let failure: Failure | undefined;
      try {
        const seen = await look();
        if (seen !== undefined) return keptResult(name, seen);
      } catch (error) {
        this.#world.signal?.throwIfAborted();
        if (!isFailure(error) || !error.retryable) throw error;
        failure = error;
      }
      failed = failure === undefined ? 0 : failed + 1;
      const elapsedMs = this.#world.clock.elapsedMs() - startedMs;
      const pauseMs = lookPauseMs(pace, { looks, failed, elapsedMs });
      if (pauseMs !== undefined) await this.#sleep(pauseMs);
      else if (failure !== undefined) throw failure;
      else return undefined;
    }
  }

  async together<T extends Record<string, Plain>>(
    name: string,
    branches: { readonly [K in keyof T]: (workflow: Workflow) => Promise<T[K]> },
  ): Promise<T> {
    this.#begin(name);
    const names = branchNames(branches);
    const run = async (branch: keyof T & string): Promise<[string, Plain]> => {
      const result = await branches[branch](new InProcessWorkflow(this.#world));
      return [branch, keptResult(`${name}, ${branch}`, result)];
    };
    return Object.fromEntries(await allOrFirst(names.map(run))) as T;
  }

  async runWorkers<Result extends Plain>(
    name: string,
    kind: string,
    tasks: readonly Plain[],
  ): Promise<readonly Result[]> {
    this.#begin(name);
    const worker = this.#world.workers?.[kind];
    if (worker === undefined) throw new TypeError(`there is no worker of kind ${kind}`);
    const run = (task: Plain): Promise<Plain> =>
      driveWorker(
        kind,
        keptResult(`the task of a ${kind} worker`, task),
        (call) => this.#call(kind, worker, call),
        (ms) => this.#sleep(ms),
      );
    return (await allOrFirst(tasks.map(run))) as Result[];
  }

  async approve(name: string): Promise<never> {
    this.#begin(name);
    throw new Failure(
      "APPROVAL_UNAVAILABLE",
      `operation ${name} asks people for approval, which a workflow cannot yet`,
    );
  }

  async #call(kind: string, worker: WorkerFunction, call: WorkerCall): Promise<WorkerOutcome> {
    try {
      return keptAnswer(kind, await worker(call, { deadlineMs: Infinity }));
    } catch (error) {
      this.#world.signal?.throwIfAborted();
      return isFailure(error) ? { failure: error } : { died: error };
    }
  }

  #begin(name: string): void {
    claimName(this.#names, name);
    this.#world.signal?.throwIfAborted();
  }

  #sleep(ms: number): Promise<void> {
    return this.#world.clock.sleep(ms, this.#world.signal);
  }
}
