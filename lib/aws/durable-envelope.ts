import { isFailure, receivedFailure, type SentFailure, sentFailure } from "../model/errors.ts";

const STACK_CHARS_MAX = 4000;

/** How an act ended, as data that a replay gives back unchanged: the durable SDK keeps only name and message of what is thrown. */
export type Envelope<T> =
  | { readonly ok: T }
  | { readonly failure: SentFailure }
  | { readonly bug: { readonly name: string; readonly message: string; readonly stack: string } };

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
