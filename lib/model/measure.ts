import { type EpochMs, HOUR_MS } from "./units.ts";

const SIZE_UNITS = ["kB", "MB", "GB", "TB", "PB"];

/** `0 B`, `999 B`, `1.5 MB`, `64 GB`: powers of 1000, at most three digits and one after the point. */
export const formatBytes = (bytes: number): string => {
  if (bytes < 1000) return `${bytes} B`;
  let value = bytes;
  let unit = -1;
  // 999.5 would print as 1000.
  while (value >= 999.5 && unit < SIZE_UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${value < 9.95 ? value.toFixed(1) : value.toFixed(0)} ${SIZE_UNITS[unit]}`;
};

/** `1,234,567`. */
export const formatCount = (count: number): string => count.toLocaleString("en-US");

/** A count with its noun: `1 table`, `2,000 rows`. */
export const formatNumber = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${formatCount(count)} ${count === 1 ? noun : nouns}`;

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;

const two = (value: number): string => value.toFixed(0).padStart(2, "0");

/** `0.4 s`, `37 s`, `3 min 05 s`, `2 h 05 min`, `3 d 04 h`. */
export const formatDuration = (ms: number): string => {
  if (ms < 9950) return `${(ms / SECOND_MS).toFixed(1)} s`;
  const seconds = Math.round(ms / SECOND_MS);
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  const minutes = Math.round(ms / MINUTE_MS);
  if (minutes < 24 * 60) return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
  const hours = Math.round(ms / HOUR_MS);
  return `${Math.floor(hours / 24)} d ${two(hours % 24)} h`;
};

/** `2026-11-20 16:00:05Z`. */
export const formatInstant = (at: EpochMs): string =>
  new Date(at)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, "Z");
