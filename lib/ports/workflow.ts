/**
 * Runs an act that outlasts one process: minutes of waiting, several machines, restarts in the middle.
 *
 * What every adapter promises, and test/contracts/workflow.ts holds it to:
 *
 * - An act is a function of a Workflow. Its body may run again from the start at any moment (a *replay*): what ran before
 *   gives its result again without running. So the body itself reads no clock, no random number and no store; all of that
 *   happens inside steps, looks and workers. Names are unique within one workflow handle and the same on every replay.
 * - Results are plain JSON, small (see RESULT_BYTES_MAX): ids, counts and digests. Rows and manifests go through the vault.
 *   Anything else is a TypeError, as is a name used twice.
 * - What a step, look or worker throws comes out as the same Failure (code, message, hint, facts), also on a replay.
 *   A retryable Failure is tried again a few times with growing pauses (workflow-rules.ts has the numbers); any other is
 *   thrown at once. What is no Failure is a bug: it is thrown at once as an error of the same name and message.
 * - At least once: a process may die after an effect and before its result is kept. Effects must bear being done again.
 */
export interface Workflow {
  /** Runs `act` and keeps its result. */
  step<T extends Plain>(name: string, act: () => Promise<T>): Promise<T>;

  /** Sleeps. No process need live meanwhile. */
  wait(name: string, ms: number): Promise<void>;

  /**
   * Looks again and again until there is something to see. No process need live between two looks. A look that fails
   * retryably is one that saw nothing, unless several fail in a row.
   * @returns what the look gave, or undefined when the deadline passed first
   */
  poll<T extends Plain>(name: string, look: () => Promise<T | undefined>, pace: Pace): Promise<T | undefined>;

  /**
   * Runs branches side by side, each under a handle of its own, and waits for all.
   * @throws what the first branch that failed threw, in the order of their names
   */
  together<T extends Record<string, Plain>>(
    name: string,
    branches: { readonly [K in keyof T]: (workflow: Workflow) => Promise<T[K]> },
  ): Promise<T>;

  /**
   * Runs workers of one kind side by side, on machines of their own if the adapter has any. A worker that has not finished
   * when its machine's time ends returns a cursor and is called again with it. One that dies or fails retryably is called
   * again with the cursor it last began from.
   * @returns the results in the order of the tasks
   * @throws when all have ended, what the first task that failed threw: a Failure of its worker, or WORKER_LOST
   */
  runWorkers<Result extends Plain>(name: string, kind: string, tasks: readonly Plain[]): Promise<readonly Result[]>;

  /**
   * Asks people other than the requester; resolves with their decision, or as expired at the deadline.
   * @throws APPROVAL_UNAVAILABLE  no adapter can ask anybody yet
   */
  approve(name: string, request: ApprovalRequest): Promise<Approval>;
}

/** What survives JSON unchanged. `undefined` does not: leave the field out. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [name: string]: Plain };

/** Bytes of a result as JSON. Lambda keeps at most 256 KiB of a result without computing it again. */
export const RESULT_BYTES_MAX = 200 * 1024;

export interface Pace {
  readonly everyMs: number;
  /** Pauses grow by half up to this. */
  readonly everyMsMax: number;
  /** From the first look on. The last look is made then. */
  readonly deadlineMs: number;
}

/** What a worker of a workflow is called with. */
export interface WorkerCall {
  readonly task: Plain;
  /** What it returned the last time; null at first. */
  readonly cursor: Plain;
  /** How many times it was called before with this cursor, and died or failed retryably. */
  readonly attempt: number;
}

export type WorkerAnswer = { readonly cursor: Plain } | { readonly result: Plain };

/** A worker as its own machine sees it: it returns a cursor before so many milliseconds from its call have passed. */
export type WorkerFunction = (call: WorkerCall, until: { readonly deadlineMs: number }) => Promise<WorkerAnswer>;

export interface ApprovalRequest {
  /** What will be done, in words, and the digest of the plan that says exactly what. */
  readonly title: string;
  readonly planDigest: string;
  readonly requester: string;
  readonly approvers: number;
  readonly deadlineMs: number;
}

export type Approval =
  | { readonly decision: "approved" | "rejected"; readonly by: readonly string[]; readonly reason: string }
  | { readonly decision: "expired" };
