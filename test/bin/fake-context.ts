import type { Context, Sink } from "../../bin/context.ts";

type Listener = (signal: "SIGINT" | "SIGTERM") => void;

interface FakeContext extends Context {
  /** All that was written to standard output. */
  out(): string;
  /** All that was written to standard error, as it is. */
  err(): string;
  /** Standard error, line by line, each parsed. */
  events(): readonly Record<string, unknown>[];
  interrupt(signal: "SIGINT" | "SIGTERM"): void;
  /** Statuses that exitNow was called with. */
  readonly exits: readonly number[];
  listeners(): number;
}

/** A process that a test can look into. */
export const fakeContext = ({
  env = {},
  isTTY = false,
  columns = 80,
  answers,
}: {
  env?: Record<string, string>;
  isTTY?: boolean;
  columns?: number;
  /** What the person at the terminal says, in turn; without it, nobody is there. */
  answers?: readonly string[];
} = {}): FakeContext => {
  const written = { out: "", err: "" };
  const sink = (name: "out" | "err"): Sink => ({
    isTTY,
    columns,
    write(text) {
      written[name] += text;
    },
  });
  const listeners = new Set<Listener>();
  const exits: number[] = [];
  const waiting = [...(answers ?? [])];
  return {
    stdout: sink("out"),
    stderr: sink("err"),
    env,
    canAsk: answers !== undefined,
    ask(question) {
      written.err += question;
      return Promise.resolve(waiting.shift() ?? "");
    },
    exits,
    onInterrupt(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    exitNow: (status) => void exits.push(status),
    out: () => written.out,
    err: () => written.err,
    events: () =>
      written.err
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    interrupt(signal) {
      for (const listener of listeners) listener(signal);
    },
    listeners: () => listeners.size,
  };
};
