/** Milliseconds since 1970-01-01T00:00:00Z. Durations are plain numbers with the unit in their name. */
export type EpochMs = number & { readonly unit?: "EpochMs" };

export const KIB = 1024;
export const MIB = 1024 * KIB;
