import type { EpochMs } from "../model/units.ts";

/** The only source of time. Nothing else in Lastgood reads a clock or sleeps. */
export interface Clock {
  now(): EpochMs;
  /** Milliseconds that only grow, for durations and rates. */
  elapsedMs(): number;
  /** Resolves after at least the given time, or rejects with the signal's reason. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** The only source of randomness. */
export interface Entropy {
  bytes(count: number): Buffer;
}
