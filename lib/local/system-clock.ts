import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import type { Clock } from "../ports/clock.ts";

const SLEEP_MS_MAX = 2 ** 31 - 1; // A longer timer fires at once.

/** This machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  elapsedMs: () => performance.now(),
  async sleep(ms, signal) {
    // Timers may fire up to a millisecond early, hence the second look.
    const until = performance.now() + ms;
    for (let left = ms; left > 0; left = until - performance.now()) {
      signal?.throwIfAborted();
      const elapsed = sleep(Math.min(Math.ceil(left), SLEEP_MS_MAX), undefined, signal === undefined ? {} : { signal });
      await elapsed.catch((error: unknown) => {
        signal?.throwIfAborted(); // The signal's reason, not Node's AbortError around it.
        throw error;
      });
    }
    signal?.throwIfAborted();
  },
};
