import type { Context } from "./context.ts";
import { interruptible } from "./interrupt.ts";
import { createOutput, type Output } from "./output.ts";
import { createProgress, type Progress } from "./progress.ts";
import { messageLines, printable } from "./terminal.ts";

/** What a command gets to work with. */
export interface Session {
  readonly env: Context["env"];
  readonly output: Output;
  readonly progress: Progress;
  /** Aborts at Ctrl-C; pass it to everything that waits. */
  readonly signal: AbortSignal;
  /** Asks a person and gives the answer; undefined in scripts and under --no-input, where nobody can be asked. */
  ask(question: string): Promise<string | undefined>;
}

/** Turns what a command does into an action of commander. The command returns its exit status. */
export type Act = <Args extends unknown[]>(
  run: (session: Session, ...args: Args) => number | Promise<number>,
) => (...args: Args) => Promise<void>;

interface GlobalOptions {
  readonly json?: true | undefined;
  /** `--no-input` sets it to false. */
  readonly input: boolean;
}

/**
 * Runs one command within a session: progress is taken away, failures are printed, signals are left alone afterwards.
 * @returns the exit status
 */
export const runInSession = async (
  context: Context,
  options: GlobalOptions,
  run: (session: Session) => number | Promise<number>,
): Promise<number> => {
  const json = options.json === true;
  const messages = messageLines(context.stderr);
  const output = createOutput(context, messages, { json });
  const progress = createProgress(messages, { json });
  using interrupt = interruptible(context, output.note);
  try {
    const status = await run({
      env: context.env,
      output,
      progress,
      signal: interrupt.signal,
      async ask(question) {
        if (!context.canAsk || !options.input) return undefined;
        progress.finish();
        return await context.ask(printable(question), interrupt.signal);
      },
    });
    progress.finish();
    return status;
  } catch (error) {
    progress.finish();
    // Whatever broke because of Ctrl-C broke because of Ctrl-C.
    return output.fail(interrupt.signal.aborted ? interrupt.signal.reason : error);
  }
};
