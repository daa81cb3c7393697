import type { PartId } from "../lib/model/audit.ts";
import { groupBy } from "../lib/model/part-groups.ts";
import { partClass } from "../lib/model/row-age.ts";
import { formatDuration, formatNumber } from "./format.ts";

/** The noun's line in --help. */
export const EXPIRE = "let go what a policy says is over";

/** Some of the same kind, one at least. */
export type Group<One> = readonly [One, ...One[]];

/**
 * Parts that a line tells of: a day's rows that fared alike are one in all points, and so are the days of a class that are held
 * in one point. Every other part is by itself.
 * @param heldIn  the point of a part that is held
 */
export const groupPoints = <One>(
  items: readonly One[],
  partOf: (one: One) => Pick<PartId, "store" | "class">,
  fateOf: (one: One) => string,
  heldIn: (one: One) => string | undefined = () => undefined,
): readonly Group<One>[] =>
  groupBy(items, (one) => {
    const { store, class: name } = partOf(one);
    const { class: className, day } = partClass(name);
    return day === undefined ? undefined : JSON.stringify([store, className, fateOf(one), heldIn(one) ?? day]);
  });

interface Removed {
  readonly outcome: string;
  readonly keyShredded: boolean;
  readonly objectsDeleted: number;
  readonly objectsLeft: number;
  readonly marginMs: number;
}

/**
 * What was removed and when, the smallest margin of several.
 * @param why  objects of it are left
 */
export const removedWords = (group: Group<Removed>, why: string): string => {
  const sum = (count: (one: Removed) => number): number => group.reduce((all, one) => all + count(one), 0);
  const shredded = sum((one) => Number(one.keyShredded));
  const marginMs = Math.min(...group.map((one) => one.marginMs));
  const margin = `${formatDuration(Math.abs(marginMs))} ${marginMs < 0 ? "AFTER" : "before"} its deadline`;
  const keys =
    group.length > 1 ? `${formatNumber(shredded, "key")} shredded` : shredded > 0 ? "key shredded" : "key gone before";
  const done = `${formatNumber(
    sum((one) => one.objectsDeleted),
    "object",
  )} deleted, ${keys}`;
  if (group[0].outcome === "gone") return `${done}, proven gone ${margin}`;
  return `${done}, unreadable ${margin}; ${formatNumber(
    sum((one) => one.objectsLeft),
    "object",
  )} LEFT: ${why}`;
};

/** What keeps several parts: the reason of the first, where each may have its own. */
export const reasonWords = (reasons: Group<string>): string =>
  new Set(reasons).size === 1 ? reasons[0] : `${reasons[0]}; and others alike`;
