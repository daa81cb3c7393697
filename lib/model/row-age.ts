import type { EpochMs } from "./units.ts";

/** A day as the business counts it, and the instant it begins. */
export interface BusinessDay {
  /** `2026-11-20`. */
  readonly day: string;
  readonly startsAt: EpochMs;
}

/**
 * How the rows of a class are told apart by their age at one capture. The rows of each business day are a part of their own,
 * so that they leave every point on their day, by one key for each point. Rows before the first day have left by their age
 * and are not captured. Rows without a date, and those of a day to come, have no day yet: they are in the class's own part,
 * which goes when rows of the first day to come have to.
 */
export interface RowAge {
  /** Of every table of the class; a date, a timestamp or a timestamptz that says when a row began. */
  readonly column: string;
  /** Oldest first, without a gap. */
  readonly days: readonly BusinessDay[];
  /** The first day to come. */
  readonly next: BusinessDay;
}

/**
 * Name of the part that holds a day's rows of a class: `raw_2026-11-20`. Everything but policy takes it for a class with
 * its own keys and its own deadline; no class of a policy has an underscore in its name.
 */
export const dayClass = (className: string, day: string): string => `${className}_${day}`;

/** The class that a part is of, and the day of its rows if it is a day's. */
export const partClass = (name: string): { readonly class: string; readonly day?: string } => {
  const at = name.indexOf("_");
  return at < 0 ? { class: name } : { class: name.slice(0, at), day: name.slice(at + 1) };
};
