import type { LeftOut } from "../../model/difference.ts";
import { type CommonDays, commonDays, type SideDays } from "./common-days.ts";
import type { TableSide } from "./layer-rows.ts";
import { sideOf, type TableSet } from "./table-set.ts";

/** A table as both sides have it, or as the one that has it, with the rows that both sides can tell about. */
export interface TablePair {
  readonly a: TableSide | undefined;
  readonly b: TableSide | undefined;
  /** In words why its rows cannot be compared, if they cannot. */
  readonly whyNot?: string;
}

export interface PairedTables {
  /** In order of class and name. */
  readonly pairs: readonly TablePair[];
  readonly leftOut: readonly LeftOut[];
}

/** Finds each table of one set in the other, and the days whose rows both have. */
export const pairTables = (a: TableSet, b: TableSet): PairedTables => {
  const pairs: TablePair[] = [];
  const daysOut = new Map<string, LeftOut>();
  for (const pair of matchTables(a, b)) {
    const days = daysOfPair(a, b, pair);
    if (typeof days === "string") {
      pairs.push({ ...pair, whyNot: days });
      continue;
    }
    if (days.any) pairs.push({ a: within(pair.a, days), b: within(pair.b, days) });
    for (const part of days.leftOut) {
      const out = { class: classOf(pair), ...part };
      daysOut.set(JSON.stringify(out), out);
    }
  }
  return { pairs, leftOut: [...a.leftOut, ...b.leftOut, ...daysOut.values()] };
};

const classOf = ({ a, b }: TablePair): string => ((a ?? b) as TableSide).class;

const WHOLE: SideDays = { side: "", age: undefined, gone: new Set() };

const daysOfPair = (a: TableSet, b: TableSet, pair: TablePair): CommonDays | string => {
  const daysA = daysOf(a, pair.a);
  const daysB = daysOf(b, pair.b);
  // Where a side has no such table, what is known of its class counts.
  const className = classOf(pair);
  return commonDays(daysA ?? a.days.get(className) ?? daysB ?? WHOLE, daysB ?? b.days.get(className) ?? daysA ?? WHOLE);
};

/** A table may be whole although its class is divided: when its rows' age could not be told. */
const daysOf = (set: TableSet, side: TableSide | undefined): SideDays | undefined =>
  side === undefined
    ? undefined
    : side.slices.some(({ table }) => table.facts.slice !== undefined)
      ? set.days.get(side.class)
      : WHOLE;

const within = (side: TableSide | undefined, days: CommonDays): TableSide | undefined =>
  side === undefined
    ? undefined
    : sideOf(
        side,
        side.slices.filter(({ table }) => table.facts.slice === undefined || days.has(table.facts.slice.day)),
      );

/**
 * Finds each table of one set in the other: by oid where both come from the same database, which survives a rename, and
 * what is left by name, which survives a drop and create.
 */
const matchTables = (a: TableSet, b: TableSet): readonly TablePair[] => {
  const leftOut = new Set([...a.leftOut, ...b.leftOut].map((part) => part.class));
  const readable = (side: TableSide): boolean => !leftOut.has(side.class);
  const waiting = new Set(b.tables.filter(readable));
  const found = new Map<TableSide, TableSide>();
  const match = (same: (one: TableSide) => string): void => {
    const byIdentity = new Map([...waiting].map((side) => [same(side), side]));
    for (const side of a.tables.filter(readable)) {
      const other = found.has(side) ? undefined : byIdentity.get(same(side));
      if (other === undefined) continue;
      found.set(side, other);
      waiting.delete(other);
    }
  };
  const oneHistory =
    a.identity.systemIdentifier === b.identity.systemIdentifier && a.identity.databaseOid === b.identity.databaseOid;
  if (oneHistory) match((side) => String(side.facts.oid));
  match(nameOf);
  const pairs: TablePair[] = [
    ...a.tables.filter(readable).map((side) => ({ a: side, b: found.get(side) })),
    ...[...waiting].map((side) => ({ a: undefined, b: side })),
  ];
  const order = ({ a: one, b: two }: TablePair): string => {
    const side = (one ?? two) as TableSide;
    return `${side.class}\0${nameOf(side)}`;
  };
  return pairs.sort((one, two) => (order(one) < order(two) ? -1 : 1));
};

const nameOf = ({ facts }: TableSide): string => JSON.stringify([facts.schema, facts.name]);
