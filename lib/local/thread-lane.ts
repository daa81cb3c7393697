import { parentPort, workerData } from "node:worker_threads";
import { Failure, sentFailure } from "../model/errors.ts";
import type { FromLane, ToLane } from "./thread-lanes.ts";

/** A lane as its thread sees it. */
export interface ServedLane<Task, Result> extends AsyncDisposable {
  run(task: Task, progress: (rows: number, bytes: number) => void, signal: AbortSignal): Promise<Result>;
}

/** Progress is told at most this often: a message between threads costs more than a batch of rows. */
const PROGRESS_ROWS_MIN = 20_000;
const PROGRESS_BYTES_MIN = 4 * 1024 * 1024;

/** The other side of openThreadLanes: opens a lane with what the thread was given, then runs one task after another. */
export const serveLane = async <Opening, Task, Result>(
  open: (opening: Opening) => Promise<ServedLane<Task, Result>>,
): Promise<void> => {
  const port = parentPort;
  if (port === null) throw new TypeError("a lane is served in a thread only");
  const say = (message: FromLane<Result>): void => port.postMessage(message);
  let lane: ServedLane<Task, Result>;
  try {
    lane = await open(workerData as Opening);
  } catch (error) {
    say(sentError(error));
    return;
  }
  let running: Promise<void> | undefined;
  let stop = new AbortController();
  port.on("message", (message: ToLane<Task>) => {
    if ("abort" in message) return stop.abort(new Failure("INTERRUPTED", "the act was interrupted"));
    if ("close" in message) {
      stop.abort(new Failure("INTERRUPTED", "the lane is closing"));
      void close(running, lane).finally(() => port.close());
      return;
    }
    stop = new AbortController();
    running = runOne(lane, message.run, stop.signal, say);
  });
  say({ ready: true });
};

const runOne = async <Task, Result>(
  lane: ServedLane<Task, Result>,
  task: Task,
  signal: AbortSignal,
  say: (message: FromLane<Result>) => void,
): Promise<void> => {
  let rows = 0;
  let bytes = 0;
  const tell = (): void => {
    if (rows + bytes > 0) say({ progress: { rows, bytes } });
    rows = 0;
    bytes = 0;
  };
  try {
    const result = await lane.run(
      task,
      (moreRows, moreBytes) => {
        rows += moreRows;
        bytes += moreBytes;
        if (rows >= PROGRESS_ROWS_MIN || bytes >= PROGRESS_BYTES_MIN) tell();
      },
      signal,
    );
    tell();
    say({ result });
  } catch (error) {
    say(sentError(error));
  }
};

const close = async (running: Promise<void> | undefined, lane: AsyncDisposable): Promise<void> => {
  await running;
  await lane[Symbol.asyncDispose]();
};

const sentError = (error: unknown): FromLane<never> => {
  if (error instanceof Failure) return { failure: sentFailure(error) };
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  return { bug: { message, stack } };
};
