import { isFailure } from "../../model/errors.ts";
import type { Lanes } from "../../ports/lanes.ts";

const DEADLOCK = "40P01";
const TRIES_MAX = 3;

export interface Queued<Task> {
  readonly task: Task;
  /** Heavier tasks start first, so that no lane is left alone with a large one at the end. */
  readonly weight: number;
  /** Names of what no other task may use while this one runs. */
  readonly locks?: readonly string[];
  /** Names of what others may use too, unless they lock it. */
  readonly shares?: readonly string[];
}

/**
 * Runs tasks over all lanes, none at once with another that locks what it needs. The first failure stops them all: a
 * restore is whole or it is not.
 *
 * @returns results of the tasks given here, in their order
 * @throws what the first failed task threw, or the signal's reason, when no task runs any more
 */
export const runTasks = async <Task, Result>(
  lanes: Lanes<Task, Result>,
  tasks: readonly Queued<Task>[],
  options: {
    readonly progress: (queued: Queued<Task>, rows: number, bytes: number) => void;
    /** @returns tasks that this one made possible, which are run too */
    readonly done?: (
      queued: Queued<Task>,
      result: Result,
    ) => readonly Queued<Task>[] | Promise<readonly Queued<Task>[]>;
    readonly signal: AbortSignal;
  },
): Promise<readonly Result[]> => {
  const stop = new AbortController();
  const signal = AbortSignal.any([options.signal, stop.signal]);
  const results = new Map<Queued<Task>, Result>();
  const waiting = [...tasks].sort(heavierFirst);
  const running = new Map<Queued<Task>, Promise<void>>();
  const run = async (queued: Queued<Task>): Promise<void> => {
    try {
      const progress = (rows: number, bytes: number): void => options.progress(queued, rows, bytes);
      const result = await tried(() => lanes.run(queued.task, progress, signal));
      results.set(queued, result);
      waiting.push(...((await options.done?.(queued, result)) ?? []));
      waiting.sort(heavierFirst);
    } catch (error) {
      stop.abort(error);
    } finally {
      running.delete(queued);
    }
  };
  while (!signal.aborted && waiting.length + running.size > 0) {
    const next = running.size < lanes.count ? waiting.findIndex((queued) => mayRun(queued, running)) : -1;
    if (next < 0) await Promise.race(running.values());
    else {
      const [queued] = waiting.splice(next, 1) as [Queued<Task>];
      running.set(queued, run(queued));
    }
  }
  await Promise.all(running.values());
  options.signal.throwIfAborted();
  stop.signal.throwIfAborted();
  return tasks.map((queued) => results.get(queued) as Result);
};

const heavierFirst = (a: Queued<unknown>, b: Queued<unknown>): number => b.weight - a.weight;

const mayRun = <Task>(queued: Queued<Task>, running: ReadonlyMap<Queued<Task>, unknown>): boolean => {
  const { locks = [], shares = [] } = queued;
  return ![...running.keys()].some(
    (other) =>
      locks.some((name) => other.locks?.includes(name) === true || other.shares?.includes(name) === true) ||
      shares.some((name) => other.locks?.includes(name) === true),
  );
};

/** Two statements that lock several tables may meet in a deadlock whatever we do: the server ends one, which did nothing. */
const tried = async <Result>(act: () => Promise<Result>): Promise<Result> => {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!isFailure(error) || error.facts["sqlstate"] !== DEADLOCK || attempt === TRIES_MAX) throw error;
    }
  }
};
