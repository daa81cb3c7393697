import type { Clock } from "../../lib/ports/clock.ts";

export interface ManualClock extends Clock {
  /** Moves time forward; sleeps that end on the way resolve in the order of their ends. */
  advance(ms: number): Promise<void>;
  /** How many sleeps have not ended. */
  readonly sleeping: number;
}

interface Sleep {
  readonly until: number;
  readonly wake: () => void;
}

const eventLoopTurn = () => new Promise((resolve) => setImmediate(resolve));

/** A clock that stands still until a test moves it. */
export function manualClock(startsAt = Date.UTC(2026, 0, 1)): ManualClock {
  let elapsed = 0;
  const sleeps = new Set<Sleep>();
  return {
    now: () => startsAt + elapsed,
    elapsedMs: () => elapsed,
    sleep(ms, signal) {
      if (signal?.aborted) return Promise.reject(signal.reason as Error);
      if (ms <= 0) return Promise.resolve();
      return new Promise((resolve, reject) => {
        const abort = () => {
          sleeps.delete(sleep);
          reject(signal?.reason as Error);
        };
        const sleep = {
          until: elapsed + ms,
          wake: () => {
            sleeps.delete(sleep);
            signal?.removeEventListener("abort", abort);
            resolve();
          },
        };
        sleeps.add(sleep);
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
    async advance(ms) {
      const target = elapsed + ms;
      await eventLoopTurn();
      for (;;) {
        const [next] = [...sleeps].toSorted((a, b) => a.until - b.until);
        if (next === undefined || next.until > target) break;
        elapsed = Math.max(elapsed, next.until);
        next.wake();
        // Whoever was woken runs now, at the time it asked for, and may sleep again before the target.
        await eventLoopTurn();
      }
      elapsed = target;
    },
    get sleeping() {
      return sleeps.size;
    },
  };
}
