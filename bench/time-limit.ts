import type { Options, ScenarioName } from "./options.ts";
import { ALL } from "./scenarios/all.ts";

const GENERATE_SECONDS_PER_GB = 40;
const START_SECONDS = 10;

/** Minutes that scenarios will take on two idle cores, from what they took there; slow by a third when cores are shared. */
export const estimateMinutes = (names: readonly ScenarioName[], { sizeBytes, runs }: Options): number => {
  const perGb = names.reduce((sum, name) => {
    const { once, perRun } = ALL[name].secondsPerGb;
    return sum + once + perRun * runs;
  }, GENERATE_SECONDS_PER_GB);
  return Math.ceil((START_SECONDS + (perGb * sizeBytes) / 1e9) / 60);
};

/** Aborts when the time is over, and at Ctrl-C: then the measured command is ended, the server stopped, results kept. */
export const timeLimit = (minutes: number): AbortSignal => {
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => interrupted.abort(new Error(`stopped by ${signal}`)));
  const over = new AbortController();
  const stop = () => over.abort(new Error(`the limit of ${minutes} min was reached; run the rest with --only`));
  setTimeout(stop, minutes * 60_000).unref();
  return AbortSignal.any([interrupted.signal, over.signal]);
};
