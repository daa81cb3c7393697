import { type EpochMs, HOUR_MS } from "../model/units.ts";

/** More than this between our clock and the store's, and nobody can say which of the two is wrong. */
export const CLOCK_OFFSET_MS_MAX = 60_000;
/** The worker runs every hour and something is recorded every day; after a longer silence the clock may have jumped. */
export const SILENCE_MS_MAX = 26 * HOUR_MS;

export interface ClockFacts {
  /** By our own clock. */
  readonly now: EpochMs;
  /** By the store's, at the same moment. */
  readonly storeNow: EpochMs;
  /** The newest instant in the evidence; left out if there is none yet. */
  readonly recordedAt?: EpochMs;
  /** Somebody has looked, and says that it is the evidence that was written by a wrong clock. */
  readonly isChecked?: boolean;
}

export interface ClockControl {
  readonly verdict: "ok" | "failed" | "behind";
  /** Ours minus the store's. */
  readonly offsetMs: number;
  /** It is at least as late as this, whoever is wrong: minimums are held by it. */
  readonly trusted: EpochMs;
  /** What is wrong, in words; left out if nothing is. */
  readonly problem?: string;
}

/**
 * Whether a clock may decide that something is over. One that went back is refused until somebody has looked at it. One that is ahead deletes
 * too early, so it must agree with the store's; where the store's is the same machine's, only a silence in the evidence tells.
 */
export const clockControl = ({ now, storeNow, recordedAt, isChecked }: ClockFacts): ClockControl => {
  const offsetMs = now - storeNow;
  const facts = { offsetMs, trusted: Math.min(now, storeNow) };
  if (recordedAt === undefined) return offsetVerdict(facts);
  if (now < recordedAt - CLOCK_OFFSET_MS_MAX)
    return {
      ...facts,
      verdict: isChecked === true ? "failed" : "behind",
      problem: `the clock says ${iso(now)}, and the evidence has a record of ${iso(recordedAt)}: the clock went back`,
    };
  const silenceMs = now - recordedAt;
  if (silenceMs <= SILENCE_MS_MAX) return offsetVerdict(facts);
  return {
    offsetMs,
    trusted: Math.min(facts.trusted, recordedAt),
    verdict: "failed",
    problem: `nothing was recorded for ${Math.floor(silenceMs / HOUR_MS)} hours: nothing ran, or the clock was set forward`,
  };
};

const offsetVerdict = (facts: Pick<ClockControl, "offsetMs" | "trusted">): ClockControl =>
  Math.abs(facts.offsetMs) <= CLOCK_OFFSET_MS_MAX
    ? { ...facts, verdict: "ok" }
    : {
        ...facts,
        verdict: "failed",
        problem: `the clock is ${Math.round(Math.abs(facts.offsetMs) / 1000)} s ${facts.offsetMs > 0 ? "ahead of" : "behind"} the store's`,
      };

const iso = (at: EpochMs): string => new Date(at).toISOString();
