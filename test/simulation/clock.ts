import { systemClock } from "../../lib/local/system-clock.ts";
import type { EpochMs } from "../../lib/model/units.ts";
import type { Clock } from "../../lib/ports/clock.ts";

/** A machine's clock that moves when it is told to. Durations are real ones, so that rates and estimates mean something. */
export interface SimulatedClock extends Clock {
  /** Lets some time pass within an act. */
  tick(ms: number): void;
  /** Goes on to an instant, and wakes on the way whoever sleeps until then. */
  moveTo(at: EpochMs): Promise<void>;
}

interface Sleep {
  readonly until: EpochMs;
  wake(): void;
}

export const simulatedClock = (startsAt: EpochMs): SimulatedClock => {
  let now = startsAt;
  const sleeps = new Set<Sleep>();
  const wakeDue = (): void => {
    for (const sleep of sleeps) if (sleep.until <= now) sleep.wake();
  };
  return {
    now: () => now,
    elapsedMs: () => systemClock.elapsedMs(),
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      if (ms <= 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const abort = () => {
          sleeps.delete(sleep);
          reject(signal?.reason as Error);
        };
        const sleep: Sleep = {
          until: now + ms,
          wake() {
            sleeps.delete(sleep);
            signal?.removeEventListener("abort", abort);
            resolve();
          },
        };
        sleeps.add(sleep);
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
    tick(ms) {
      now += ms;
      wakeDue();
    },
    async moveTo(at) {
      for (;;) {
        const next = Math.min(at, ...[...sleeps].map((sleep) => sleep.until));
        now = Math.max(now, next);
        wakeDue();
        // Whoever was woken runs now, and may sleep again before the instant.
        await new Promise((resolve) => setImmediate(resolve));
        if (next >= at) return;
      }
    },
  };
};
