import { Failure, isFailure } from "../lib/model/errors.ts";
import type { Facts, Log } from "./log.ts";

const FRAMES_MAX = 8;

/**
 * What a caller gets of a failure: `errorType` is its code, `errorMessage` is JSON of code, message, hint and retryable.
 * Thrown, not answered: a failed call must count as one, for alarms, for triggers and for workflows.
 */
class ReportedFailure extends Error {
  constructor(failure: Failure) {
    const { code, message, hint, retryable, facts } = failure;
    super(JSON.stringify({ code, message, hint, retryable, facts }));
    this.name = code;
    // Where it was thrown stands in the log; the caller has no use for it.
    this.stack = `${code}: ${message}`;
  }
}

/** Logs an error and gives what the caller is to get. */
export const reportError = (log: Log, error: unknown): unknown => {
  if (isTheSdksOwn(error)) {
    log.warn("the execution goes on in another invocation", { error: error.name });
    return error;
  }
  const failure = failureOf(error);
  logFailure(log, failure, failure === error ? {} : { at: framesOf(error) });
  return new ReportedFailure(failure);
};

export const logFailure = (log: Log, { code, message, hint, retryable, facts }: Failure, more: Facts = {}): void => {
  log.error(message, { ...facts, code, hint, retryable, ...more });
};

/** What is not a Failure is a bug. Its text is not told: nobody knows what stands in it. */
const failureOf = (error: unknown): Failure => {
  if (isFailure(error)) return error;
  const name = error instanceof Error ? error.name : typeof error;
  return new Failure("BUG", `an unexpected ${name}`, {
    cause: error,
    hint: "this is a bug: report the lines of this request in the function's log",
  });
};

/** A checkpoint that failed: the durable SDK must see it as it is, and Lambda calls again. */
const isTheSdksOwn = (error: unknown): error is Error =>
  error instanceof Error && "isUnrecoverable" in error && error.isUnrecoverable === true;

/** Where it was thrown. The first lines of a stack repeat the message. */
const framesOf = (error: unknown): string =>
  ((error instanceof Error && error.stack) || "")
    .split("\n")
    .filter((line) => /^ {4}at /.test(line))
    .slice(0, FRAMES_MAX)
    .map((line) => line.trim())
    .join("; ");
