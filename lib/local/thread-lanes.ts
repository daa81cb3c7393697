import { Worker } from "node:worker_threads";
import { receivedFailure, type SentFailure } from "../model/errors.ts";
import type { Lanes } from "../ports/lanes.ts";

/** What a lane's thread is told. */
export type ToLane<Task> = { readonly run: Task } | { readonly abort: true } | { readonly close: true };

/** What a lane's thread answers. */
export type FromLane<Result> =
  | { readonly ready: true }
  | { readonly progress: { readonly rows: number; readonly bytes: number } }
  | { readonly result: Result }
  | { readonly failure: SentFailure }
  | { readonly bug: { readonly message: string; readonly stack: string | undefined } };

/**
 * Lanes in threads of this process: compression and sealing of one do not wait for those of another.
 * @param entry  module that calls `serveLane` (thread-lane.ts)
 * @param opening  plain data the entry opens its lane with
 * @throws what opening a lane threw
 */
export const openThreadLanes = async <Task, Result>(
  entry: URL,
  count: number,
  opening: unknown,
): Promise<Lanes<Task, Result>> => {
  const threads = Array.from({ length: count }, () => new LaneThread<Task, Result>(entry, opening));
  try {
    await Promise.all(threads.map((thread) => thread.opened));
  } catch (error) {
    await Promise.allSettled(threads.map((thread) => thread.close()));
    throw error;
  }
  const idle = [...threads];
  return {
    count,
    async run(task, progress, signal) {
      const thread = idle.pop();
      if (thread === undefined) throw new TypeError(`more than ${count} tasks at once`);
      try {
        return await thread.run(task, progress, signal);
      } finally {
        idle.push(thread);
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(threads.map((thread) => thread.close()));
    },
  };
};

class LaneThread<Task, Result> {
  readonly opened: Promise<void>;
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  #settle: { resolve: (result: Result) => void; reject: (error: unknown) => void } | undefined;
  #progress: (rows: number, bytes: number) => void = () => {};
  #dead: unknown;

  constructor(entry: URL, opening: unknown) {
    this.#worker = new Worker(entry, { workerData: opening });
    this.#exited = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.opened = new Promise((resolve, reject) => {
      this.#worker.on("message", (message: FromLane<Result>) => {
        if ("ready" in message) resolve();
        else if ("progress" in message) this.#progress(message.progress.rows, message.progress.bytes);
        else if ("result" in message) this.#settle?.resolve(message.result);
        else {
          const error = "failure" in message ? receivedFailure(message.failure) : receivedBug(message.bug);
          reject(error);
          this.#settle?.reject(error);
        }
      });
      const end = (error: unknown): void => {
        this.#dead ??= error;
        reject(error);
        this.#settle?.reject(error);
      };
      this.#worker.on("error", end);
      this.#worker.once("exit", () => end(new Error("a lane's thread ended")));
    });
  }

  async run(task: Task, progress: (rows: number, bytes: number) => void, signal: AbortSignal): Promise<Result> {
    signal.throwIfAborted();
    if (this.#dead !== undefined) throw this.#dead;
    this.#progress = progress;
    const abort = (): void => this.#send({ abort: true });
    signal.addEventListener("abort", abort, { once: true });
    try {
      return await new Promise<Result>((resolve, reject) => {
        this.#settle = { resolve, reject };
        this.#send({ run: task });
      });
    } catch (error) {
      signal.throwIfAborted();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
      this.#settle = undefined;
    }
  }

  async close(): Promise<void> {
    this.#send({ close: true });
    await this.#exited;
  }

  #send(message: ToLane<Task>): void {
    this.#worker.postMessage(message);
  }
}

const receivedBug = (sent: { message: string; stack: string | undefined }): Error => {
  const error = new Error(sent.message);
  if (sent.stack !== undefined) error.stack = sent.stack;
  return error;
};
