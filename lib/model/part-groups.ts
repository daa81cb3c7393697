import type { PartId } from "./audit.ts";
import { formatNumber } from "./measure.ts";
import { partClass } from "./row-age.ts";

/**
 * Parts that a person reads as one, in the order of the first of each: those of the days of one class, with the class's own
 * part beside them. Every other part is by itself.
 */
export const groupDays = <Item>(
  items: readonly Item[],
  partOf: (item: Item) => Pick<PartId, "store" | "class">,
): readonly (readonly [Item, ...Item[]])[] => {
  const classOf = (item: Item): string => `${partOf(item).store}/${partClass(partOf(item).class).class}`;
  const divided = new Set(items.filter((one) => partClass(partOf(one).class).day !== undefined).map(classOf));
  return groupBy(items, (item) => (divided.has(classOf(item)) ? classOf(item) : undefined));
};

/** Items that share a key, in the order of the first of each; one without a key is by itself. */
export const groupBy = <Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string | undefined,
): readonly (readonly [Item, ...Item[]])[] =>
  [...Map.groupBy(items, (item, i) => keyOf(item) ?? i).values()] as unknown as readonly (readonly [Item, ...Item[]])[];

/**
 * Names of parts in words, the days of a class as one: `personal`, `raw, day 2026-11-06`, `raw, 3 days from 2026-11-04 to
 * 2026-11-06`, and `raw with 3 days from ...` where the class's own part is among them.
 */
export const classWords = (names: Iterable<string>): readonly string[] =>
  [...Map.groupBy(new Set(names), (name) => partClass(name).class)].map(([className, own]) => {
    const days = own.flatMap((name) => partClass(name).day ?? []).toSorted();
    if (days.length === 0) return className;
    return `${className}${own.length > days.length ? " with" : ","} ${dayWords(days)}`;
  });

const dayWords = (days: readonly string[]): string =>
  days.length === 1 ? `day ${days[0]}` : `${formatNumber(days.length, "day")} from ${days[0]} to ${days.at(-1)}`;

/** What parts of one group (groupDays) are of: the one point or archive by its id, more of them as a count. */
export const placeWords = (parts: readonly PartId[]): string => {
  const ids = new Set(parts.map(({ id }) => id));
  return ids.size === 1 ? `${parts[0]?.id}` : formatNumber(ids.size, parts[0]?.store === "hot" ? "point" : "archive");
};

/**
 * Parts in words, the days of a class as one: `raw, 3 days from 2026-11-04 to 2026-11-06, of 28 points`.
 * @param wordsOf  names one that is by itself
 */
export const partsInWords = (parts: readonly PartId[], wordsOf: (part: PartId) => string): readonly string[] =>
  groupDays(parts, (part) => part).map((group) =>
    group.length === 1
      ? wordsOf(group[0])
      : `${classWords(group.map((part) => part.class)).join()}, of ${placeWords(group)}`,
  );
