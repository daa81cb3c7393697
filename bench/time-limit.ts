import type { Options, ScenarioName } from "./options.ts";
import { ALL } from "./scenarios/all.ts";

const GENERATE_SECONDS_PER_GB = 40;
const START_SECONDS = 10;

/** Minutes that scenarios will take on two idle cores, from what they took there; slow by a third when cores are shared. */
export const estimateMinutes = (names: readonly ScenarioName[], { sizeBytes, runs }: Options): number => {
  const sum = (of: (name: ScenarioName) => { readonly once: number; readonly perRun: number }) =>
    names.map(of).reduce((total, { once, perRun }) => total + once + perRun * runs, 0);
  const seconds =
    START_SECONDS +
    sum((name) => ALL[name].secondsFixed) +
    ((GENERATE_SECONDS_PER_GB + sum((name) => ALL[name].secondsPerGb)) * sizeBytes) / 1e9;
  return Math.ceil(seconds / 60);
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
