import { createInterface } from "node:readline";
import { isatty } from "node:tty";
import { EXIT } from "../lib/model/errors.ts";

/** Where text goes: a process's stream, or a test's list. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number;
}

/** All that the command line touches of its process, so that a test can stand in for it. */
export interface Context {
  readonly stdout: Sink;
  readonly stderr: Sink;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a person can be asked: standard input is a terminal. */
  readonly canAsk: boolean;
  /** Asks a person on standard error; an answer that is cut off (Ctrl-D) is empty. Rejects with the signal's reason. */
  ask(question: string, signal: AbortSignal): Promise<string>;
  /** Calls back at every SIGINT and SIGTERM until the returned function is called. */
  onInterrupt(listener: (signal: "SIGINT" | "SIGTERM") => void): () => void;
  /** Ends the process at once, without waiting for anything. */
  exitNow(status: number): void;
}

/** The context of this process. */
export const processContext = (): Context => {
  // `| head` closes the pipe when it has seen enough. Nobody reads on, so there is nothing left to do; but nobody must
  // take the part for the whole either.
  whenClosed(process.stdout, () => process.exit(EXIT.partial));
  // A capture does not fail because nobody watches it any more.
  whenClosed(process.stderr, () => {});
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    canAsk: isatty(process.stdin.fd),
    ask: askPerson,
    onInterrupt(listener) {
      process.on("SIGINT", listener).on("SIGTERM", listener);
      return () => void process.off("SIGINT", listener).off("SIGTERM", listener);
    },
    exitNow: (status) => process.exit(status),
  };
};

const whenClosed = (stream: NodeJS.WriteStream, then: () => void): void => {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
    then();
  });
};

const askPerson = (question: string, signal: AbortSignal): Promise<string> =>
  new Promise((done, fail) => {
    const reader = createInterface({ input: process.stdin, output: process.stderr });
    const stop = (): void => {
      fail(signal.reason);
      reader.close();
    };
    signal.addEventListener("abort", stop, { once: true });
    // readline keeps Ctrl-C to itself while it waits for a line.
    reader.on("SIGINT", () => process.emit("SIGINT", "SIGINT"));
    reader.on("close", () => {
      signal.removeEventListener("abort", stop);
      done("");
    });
    reader.question(question, (answer) => {
      done(answer);
      reader.close();
    });
  });
