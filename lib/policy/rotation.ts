import type { Policy, Term } from "../model/policy.ts";
import { DAY_MS, type EpochMs, HOUR_MS } from "../model/units.ts";
import type { ReadTurn } from "../model/verification.ts";

/**
 * Everything that is kept belongs to one of this many slices of about equal size, by its name alone. They lie on a ring:
 * each day reads on where the day before stopped. Enough of them that a day's share of a year is still several.
 */
export const SLICES = 4096;
/** Without a run before, what came within this is new. */
const NEW_MS = 26 * HOUR_MS;
/** Clocks of a store and ours differ. */
const SKEW_MS = 10 * 60_000;

/** What is read on a day. */
export interface ReadShare {
  /** Whether something is to be read, by its name and when its store says it was written. */
  readonly reads: (name: string, writtenAt: EpochMs) => boolean;
  /** To be recorded when it was read: the newest last, as many as make one ring. */
  readonly turns: readonly ReadTurn[];
  /** Since when everything that is there was read; undefined until a ring is complete. */
  readonly allReadSince: EpochMs | undefined;
}

/**
 * Chooses what is read on a day so that everything there is read within a cycle, the new on its first day. A day that
 * missed its run is made up for by the next one: how far a run goes is reckoned by the time since the one before. After
 * any run everything was read within a cycle less one day, so that with a run each day nothing waits for longer than one.
 *
 * @param turns  of the run before; empty if there was none that could be read
 */
export const rotation = (turns: readonly ReadTurn[], cycleDays: number, now: EpochMs): ReadShare => {
  const last = turns.at(-1);
  // A clock that was set back does not make less to be read than a day's share.
  const elapsedMs = last === undefined ? DAY_MS : Math.max(DAY_MS / 2, now - last.at);
  const count = Math.min(SLICES, Math.ceil((SLICES * elapsedMs) / (Math.max(1, cycleDays - 1) * DAY_MS)));
  const turn: ReadTurn = { at: now, from: last === undefined ? 0 : (last.from + last.count) % SLICES, count };
  const ring = [...oneRing(turns, SLICES - count), turn];
  const newSince = (last?.at ?? now - NEW_MS) - SKEW_MS;
  const isWhole = ring.reduce((sum, one) => sum + one.count, 0) >= SLICES;
  return {
    reads: (name, writtenAt) => writtenAt >= newSince || (sliceOf(name) - turn.from + SLICES) % SLICES < count,
    turns: ring,
    allReadSince: isWhole ? ring[0]?.at : undefined,
  };
};

/** The newest turns that together make up a number of slices. */
const oneRing = (turns: readonly ReadTurn[], slices: number): readonly ReadTurn[] => {
  let left = slices;
  let from = turns.length;
  for (; from > 0 && left > 0; from--) left -= (turns[from - 1] as ReadTurn).count;
  return turns.slice(from);
};

const DAYS_IN: Readonly<Record<Term["unit"], number>> = { hours: 1 / 24, days: 1, weeks: 7, months: 28, years: 365 };

/** Whole days of a term of reading, none longer than it; at least one, because the run is daily. */
export const cycleDaysOf = ({ verification }: Pick<Policy, "verification">): number => {
  const { unit, count } = verification.readAllWithin;
  return Math.max(1, Math.floor(count * DAYS_IN[unit]));
};

/** FNV-1a: the names that it spreads end in random digits already. */
const sliceOf = (name: string): number => {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193);
  return (hash >>> 0) % SLICES;
};
