/**
 * Workers that do tasks of one act side by side: threads, processes, Lambda invocations, or this very thread.
 *
 * What every adapter promises:
 *
 * - A task and its result are plain data (what structured clone takes): no functions, no handles.
 * - A task fails with the Failure its worker threw, code and facts kept. The other lanes go on.
 * - When the signal aborts, running tasks end soon, with its reason. Closing waits until no worker is left.
 */
export interface Lanes<Task, Result> extends AsyncDisposable {
  /** How many tasks may run at once. */
  readonly count: number;
  run(task: Task, progress: (rows: number, bytes: number) => void, signal: AbortSignal): Promise<Result>;
}

/**
 * Lanes that lie so far away (other machines, reached through a store) that handing over one task at a time would be most
 * of the work: they take a whole round. The promises of Lanes hold, but for the failure: the first one ends the round.
 */
export interface RoundLanes<Task, Result> extends AsyncDisposable {
  /** How many tasks may run at once. */
  readonly count: number;
  /** @returns results in the order of the tasks */
  runRound(
    tasks: readonly RoundTask<Task>[],
    progress: (rows: number, bytes: number) => void,
    signal: AbortSignal,
  ): Promise<readonly Result[]>;
}

export interface RoundTask<Task> {
  readonly task: Task;
  /** An estimate, to share the work out by. */
  readonly bytes: number;
}
