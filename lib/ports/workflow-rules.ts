import { Failure } from "../model/errors.ts";
import { type Pace, type Plain, RESULT_BYTES_MAX, type WorkerAnswer, type WorkerCall } from "./workflow.ts";

/** How often in all something is tried that fails retryably or dies, before its failure counts. */
export const ATTEMPTS_MAX = 5;

/** Calls of a worker for one task: a day of fifteen minutes. One that is not done by then never will be. */
export const WORKER_CALLS_MAX = 100;

/** Lambda takes 256 characters of printable ASCII as an operation's name; adapters put a number or two behind ours. */
const NAME = /^[\x20-\x7e]{1,200}$/;
const RETRY_MS_FIRST = 2000;
const RETRY_MS_MAX = 60_000;

/** Pause after so many failed attempts in a row: 2, 6, 18 and 54 s, so that eighty seconds of trouble pass unnoticed. */
export const retryPauseMs = (failed: number): number => Math.min(RETRY_MS_FIRST * 3 ** (failed - 1), RETRY_MS_MAX);

/** Refuses a name that this handle had before, and notes it. */
export const claimName = (taken: Set<string>, name: string): void => {
  if (!NAME.test(name)) throw new TypeError("the name of an operation is 1 to 200 printable ASCII characters");
  if (taken.has(name)) throw new TypeError(`a workflow handle has two operations named ${name}`);
  taken.add(name);
};

/** Names of branches in the order in which they start and in which their failures count. */
export const branchNames = (branches: Readonly<Record<string, unknown>>): readonly string[] => {
  const names = Object.keys(branches).toSorted();
  for (const name of names) claimName(new Set(), name);
  return names;
};

/**
 * A result as a replay gives it: through JSON and back.
 * @throws TypeError  JSON would change it, or it has more than RESULT_BYTES_MAX
 */
export const keptResult = <T extends Plain>(name: string, value: T): T => {
  const json = JSON.stringify(value) as string | undefined;
  if (json === undefined || !isPlain(value)) throw new TypeError(`the result of ${name} does not survive JSON`);
  const bytes = Buffer.byteLength(json);
  if (bytes > RESULT_BYTES_MAX) {
    throw new TypeError(`the result of ${name} has ${bytes} bytes, at most ${RESULT_BYTES_MAX} are kept`);
  }
  return JSON.parse(json) as T;
};

const isPlain = (value: unknown): value is Plain => {
  if (value === null || typeof value === "string" || typeof value === "boolean") return true;
  if (typeof value === "number") return Number.isFinite(value);
  if (typeof value !== "object") return false;
  if (Array.isArray(value)) return Array.from(value).every(isPlain);
  const kind: unknown = Object.getPrototypeOf(value);
  return (kind === Object.prototype || kind === null) && Object.values(value).every(isPlain);
};

/** Refuses a pace that would look without a pause or for ever. */
export const checkPace = (name: string, { everyMs, everyMsMax, deadlineMs }: Pace): void => {
  if (everyMs > 0 && everyMsMax >= everyMs && everyMsMax < Infinity && deadlineMs >= 0 && deadlineMs < Infinity) return;
  throw new TypeError(`poll ${name} cannot keep the pace ${everyMs} to ${everyMsMax} ms for ${deadlineMs} ms`);
};

/** Where a poll stands after a look that saw nothing. */
export interface Looked {
  readonly looks: number;
  /** Looks that failed retryably, in a row, up to this one. */
  readonly failed: number;
  readonly elapsedMs: number;
}

/** Pause before the next look, or undefined if this one was the last. The last look is at the deadline, never before it. */
export const lookPauseMs = (pace: Pace, { looks, failed, elapsedMs }: Looked): number | undefined => {
  const leftMs = pace.deadlineMs - elapsedMs;
  if (leftMs <= 0 || failed >= ATTEMPTS_MAX) return undefined;
  const pauseMs = failed > 0 ? retryPauseMs(failed) : Math.min(pace.everyMs * 1.5 ** (looks - 1), pace.everyMsMax);
  return Math.min(pauseMs, leftMs);
};

/** How one call of a worker ended. */
export type WorkerOutcome = WorkerAnswer | { readonly failure: Failure } | { readonly died: unknown };

/**
 * Calls a worker again and again until it has a result.
 * @param call  makes one call and says how it ended; it throws only what must end the act
 * @throws the worker's Failure, WORKER_LOST if it died ATTEMPTS_MAX times in one place
 */
export const driveWorker = async (
  kind: string,
  task: Plain,
  call: (call: WorkerCall) => Promise<WorkerOutcome>,
  pause: (ms: number) => Promise<void>,
): Promise<Plain> => {
  let [cursor, attempt]: [Plain, number] = [null, 0];
  for (let calls = 0; calls < WORKER_CALLS_MAX; calls++) {
    const outcome = await call({ task, cursor, attempt });
    if ("result" in outcome) return outcome.result;
    if ("cursor" in outcome) {
      [cursor, attempt] = [outcome.cursor, 0];
      continue;
    }
    attempt += 1;
    if ("failure" in outcome) {
      if (!outcome.failure.retryable || attempt === ATTEMPTS_MAX) throw outcome.failure;
    } else if (attempt === ATTEMPTS_MAX) {
      throw new Failure("WORKER_LOST", `a ${kind} worker died ${attempt} times in the same place`, {
        facts: { kind, attempts: attempt },
        cause: outcome.died,
      });
    }
    await pause(retryPauseMs(attempt));
  }
  throw new Failure("WORKFLOW_TOO_LONG", `a ${kind} worker has no result after ${WORKER_CALLS_MAX} calls`, {
    facts: { kind, calls: WORKER_CALLS_MAX },
  });
};

/** A worker's answer, checked: exactly a cursor or a result. */
export const keptAnswer = (kind: string, answer: WorkerAnswer): WorkerAnswer => {
  const [name, ...more] = Object.keys(answer);
  if (more.length > 0 || (name !== "cursor" && name !== "result")) {
    throw new TypeError(`a ${kind} worker answers a cursor or a result`);
  }
  return keptResult(`a ${kind} worker`, answer);
};

/** What all gave, in their order; or, when all have ended, throws what the first of those that failed threw. */
export const allOrFirst = async <T>(running: readonly Promise<T>[]): Promise<T[]> => {
  const outcomes = await Promise.allSettled(running);
  return outcomes.map((outcome) => {
    if (outcome.status === "rejected") throw outcome.reason;
    return outcome.value;
  });
};
