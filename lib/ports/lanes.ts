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
