import { type ErrorCode, Failure, isFailure } from "../model/errors.ts";

const STACK_CHARS_MAX = 4000;

/** A Failure as plain data: the durable SDK keeps only name and message of what is thrown. */
export interface SentFailure {
  readonly code: ErrorCode;
  readonly message: string;
  readonly hint: string;
  readonly facts: Failure["facts"];
}

/** How an act ended, as data that a replay gives back unchanged. */
export type Envelope<T> =
  | { readonly ok: T }
  | { readonly failure: SentFailure }
  | { readonly bug: { readonly name: string; readonly message: string; readonly stack: string } };

export const sentFailure = ({ code, message, hint, facts }: Failure): SentFailure => ({ code, message, hint, facts });

export const receivedFailure = ({ code, message, hint, facts }: SentFailure): Failure =>
  new Failure(code, message, { hint, facts });

/** Runs an act and encloses how it ended. */
export const enclose = async <T>(act: () => Promise<T>): Promise<Envelope<T>> => {
  try {
    return { ok: await act() };
  } catch (error) {
    if (isFailure(error)) return { failure: sentFailure(error) };
    const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
    return { bug: { name, message, stack: (stack ?? "").slice(0, STACK_CHARS_MAX) } };
  }
};

/** What the act gave, or throws what it threw. */
export const opened = <T>(envelope: Envelope<T>): T => {
  if ("ok" in envelope) return envelope.ok;
  if ("failure" in envelope) throw receivedFailure(envelope.failure);
  const { name, message, stack } = envelope.bug;
  const error = new Error(message);
  error.name = name;
  error.stack = stack;
  throw error;
};
