/** What each item has of something; items that lack it are left out. */
export const numbers = <T>(items: readonly T[], of: (item: T) => number | undefined): readonly number[] =>
  items.map(of).filter((value) => value !== undefined);

/** The middle value; of an even count the mean of the two in the middle; NaN of none. */
export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
};

export const minOf = (values: readonly number[]): number => Math.min(...values);
export const maxOf = (values: readonly number[]): number => Math.max(...values);
