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
  /** Calls back at every SIGINT and SIGTERM until the returned function is called. */
  onInterrupt(listener: (signal: "SIGINT" | "SIGTERM") => void): () => void;
  /** Ends the process at once, without waiting for anything. */
  exitNow(status: number): void;
}

/** The context of this process. */
export const processContext = (): Context => {
  // A reader that has seen enough (`| head`) closes the pipe; that is its right and no failure of ours.
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      process.exit(EXIT.ok);
    });
  }
  return {
    stdout: process.stdout,
    stderr: process.stderr,
    env: process.env,
    canAsk: process.stdin.isTTY,
    onInterrupt(listener) {
      process.on("SIGINT", listener).on("SIGTERM", listener);
      return () => void process.off("SIGINT", listener).off("SIGTERM", listener);
    },
    exitNow: (status) => process.exit(status),
  };
};
