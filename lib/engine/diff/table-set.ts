import type { DifferenceSide } from "../../model/difference.ts";
import type { Part, PartTable, Point } from "../../model/point.ts";
import type { SourceIdentity } from "../../model/source.ts";
import { layerSource } from "../layers.ts";
import { getParts } from "../points.ts";
import type { Vault } from "../vault.ts";
import type { TableSide } from "./layer-rows.ts";

/** All tables of one state of a database, ready to be read. */
export interface TableSet {
  readonly shown: DifferenceSide;
  readonly identity: SourceIdentity;
  readonly tables: readonly TableSide[];
  /** Classes whose part has expired. */
  readonly leftOut: readonly { readonly class: string; readonly because: string }[];
}

/** A point with its parts opened. */
export interface OpenPoint {
  readonly point: Point;
  readonly parts: ReadonlyMap<string, Part>;
  readonly set: TableSet;
}

/**
 * Opens all parts of a point. One that has expired is left out and named: classes of one point end at different times.
 * @throws OBJECT_MISSING, OBJECT_CORRUPT, KEY_WRONG, STORE_*
 */
export const openPoint = async (vault: Vault, point: Point): Promise<OpenPoint> => {
  const { parts, expired } = await getParts(vault, point);
  const tables: TableSide[] = [];
  for (const part of parts) {
    const { namingSecret } = await vault.classSecret(part.class);
    tables.push(...part.tables.map((table) => tableSide(vault, namingSecret, part.class, table)));
  }
  const leftOut = expired.map((part) => ({
    class: part.class,
    because: `the part of point ${point.id} ${part.at === undefined ? "has expired" : `expired at ${new Date(part.at).toISOString()}`}`,
  }));
  const shown = { point: point.id, database: point.database, takenAt: point.snapshot.takenAt };
  return {
    point,
    parts: new Map(parts.map((part) => [part.class, part])),
    set: { shown, identity: point.identity, tables, leftOut },
  };
};

const tableSide = (vault: Vault, namingSecret: Buffer, className: string, table: PartTable): TableSide => ({
  source: layerSource(vault.hot, namingSecret, className, table),
  table,
});

export interface TablePair {
  readonly a: TableSide | undefined;
  readonly b: TableSide | undefined;
}

/**
 * Finds each table of one set in the other: by oid where both come from the same database, which survives a rename, and
 * what is left by name, which survives a drop and create. In order of class and name.
 */
export const pairTables = (a: TableSet, b: TableSet): readonly TablePair[] => {
  const leftOut = new Set([...a.leftOut, ...b.leftOut].map((part) => part.class));
  const readable = (side: TableSide): boolean => !leftOut.has(side.source.place.class);
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
  if (oneHistory) match((side) => String(side.table.facts.oid));
  match(nameOf);
  const pairs: TablePair[] = [
    ...a.tables.filter(readable).map((side) => ({ a: side, b: found.get(side) })),
    ...[...waiting].map((side) => ({ a: undefined, b: side })),
  ];
  const order = ({ a: one, b: two }: TablePair): string => {
    const side = (one ?? two) as TableSide;
    return `${side.source.place.class}\0${nameOf(side)}`;
  };
  return pairs.sort((one, two) => (order(one) < order(two) ? -1 : 1));
};

const nameOf = ({ table: { facts } }: TableSide): string => JSON.stringify([facts.schema, facts.name]);
