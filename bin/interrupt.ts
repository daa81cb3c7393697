import { EXIT, Failure } from "../lib/model/errors.ts";
import type { Context } from "./context.ts";

export interface Interrupt extends Disposable {
  /** Aborts, with INTERRUPTED as its reason, at the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
}

/** Turns Ctrl-C into an orderly stop; the second one ends the process at once. Dispose it to leave signals alone again. */
export const interruptible = (context: Context, note: (message: string) => void): Interrupt => {
  const controller = new AbortController();
  const stop = context.onInterrupt((signal) => {
    if (controller.signal.aborted) {
      context.exitNow(EXIT.interrupted);
      return;
    }
    note("stopping in order; once more to stop at once");
    controller.abort(new Failure("INTERRUPTED", `stopped by ${signal}`));
  });
  return { signal: controller.signal, [Symbol.dispose]: stop };
};
