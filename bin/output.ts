import { Failure } from "../lib/model/errors.ts";
import type { Context } from "./context.ts";
import { type MessageLines, printable, styled } from "./terminal.ts";

/** Where a command says things: data on standard output, messages on standard error. */
export interface Output {
  readonly json: boolean;
  /** Something a person should know while the command works; under --json one `lastgood.note/1` event. */
  readonly note: (message: string) => void;
  /**
   * The outcome, once, at the end: under --json one object with its schema, else the lines for people.
   * @param command  `capture`, `point.list`: the schema is `lastgood.<command>/1`
   */
  readonly result: (command: string, facts: object, lines: () => readonly string[]) => void;
  /** Text that is the product itself, as it is (a script, SQL): never wrapped in JSON. */
  readonly raw: (text: string) => void;
  /** Prints a failure. @returns the exit status */
  readonly fail: (error: unknown) => number;
}

export const createOutput = (context: Context, messages: MessageLines, { json }: { json: boolean }): Output => ({
  json,
  note(message) {
    messages.print(json ? JSON.stringify({ schema: "lastgood.note/1", message }) : message);
  },
  result(command, facts, lines) {
    if (json) context.stdout.write(`${JSON.stringify({ schema: `lastgood.${command}/1`, ...facts })}\n`);
    else for (const line of lines()) context.stdout.write(`${printable(line)}\n`);
  },
  raw: (text) => void context.stdout.write(text),
  fail(error) {
    messages.show("");
    const { code, message, hint, exit, retryable, facts } = asFailure(error);
    if (json) {
      messages.print(
        JSON.stringify({ schema: "lastgood.error/1", error: { code, message, hint, exit, retryable, facts } }),
      );
    } else {
      messages.print(`${styled(context, context.stderr, ["red", "bold"], "error:")} ${message}`);
      if (hint !== "") messages.print(`${styled(context, context.stderr, "bold", "hint:")} ${hint}`);
    }
    if (!json && (context.env["LASTGOOD_DEBUG"] ?? "") !== "") {
      for (const line of stackOf(error)) messages.print(line);
    }
    return exit;
  },
});

/** The failure behind whatever was thrown. What is no Failure is a bug of ours, and its text has not been checked for secrets. */
export const asFailure = (error: unknown): Failure => {
  if (error instanceof Failure) return error;
  if (error instanceof Error && error.name === "AbortError" && error.cause instanceof Failure) return error.cause;
  const text = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  return new Failure("BUG", `unexpected ${withoutCredentials(text)}`, { cause: error });
};

const withoutCredentials = (text: string): string =>
  text
    .replaceAll(/(\w+:\/\/)[^\s/@]*@/g, "$1***@")
    .replaceAll(/(password|passphrase|secret|token)=[^\s&"']+/gi, "$1=***");

const CAUSES_MAX = 8;

/** Stacks of an error and its causes; for LASTGOOD_DEBUG only. */
const stackOf = (error: unknown): readonly string[] => {
  const lines: string[] = [];
  let at: unknown = error;
  for (let depth = 0; at instanceof Error && depth < CAUSES_MAX; depth++) {
    lines.push(...withoutCredentials(`${depth === 0 ? "" : "caused by "}${at.stack ?? at.message}`).split("\n"));
    at = at.cause;
  }
  return lines;
};
