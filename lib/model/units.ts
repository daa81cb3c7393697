/** Milliseconds since 1970-01-01T00:00:00Z. Durations are plain numbers with the unit in their name. */
export type EpochMs = number & { readonly unit?: "EpochMs" };

export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;

export const KIB = 1024;
export const MIB = 1024 * KIB;
