import type { DifferenceSide, LeftOut } from "../../model/difference.ts";
import type { Part, Point } from "../../model/point.ts";
import { partClass } from "../../model/row-age.ts";
import type { SourceIdentity } from "../../model/source.ts";
import { layerSource } from "../layers.ts";
import { getParts } from "../points.ts";
import type { Vault } from "../vault.ts";
import type { SideDays } from "./common-days.ts";
import type { TableSide, TableSlice } from "./layer-rows.ts";

/** All tables of one state of a database, ready to be read. */
export interface TableSet {
  readonly shown: DifferenceSide;
  readonly identity: SourceIdentity;
  readonly tables: readonly TableSide[];
  /** How the rows of classes that leave by their age are divided; other classes are whole. */
  readonly days: ReadonlyMap<string, SideDays>;
  /** Classes whose part has expired. */
  readonly leftOut: readonly LeftOut[];
}

/** A point with its parts opened. */
export interface OpenPoint {
  readonly point: Point;
  readonly parts: ReadonlyMap<string, Part>;
  readonly set: TableSet;
}

/**
 * Opens all parts of a point. A class that has expired is left out and named, and so are days of one: they end at different
 * times.
 * @throws OBJECT_MISSING, OBJECT_CORRUPT, KEY_WRONG, STORE_*
 */
export const openPoint = async (vault: Vault, point: Point): Promise<OpenPoint> => {
  const { parts, expired } = await getParts(vault, point);
  const slices: TableSlice[] = [];
  for (const part of parts) {
    const { namingSecret } = await vault.classSecret(part.class);
    for (const table of part.tables)
      slices.push({ source: layerSource(vault.hot, namingSecret, part.class, table), table });
  }
  const gone = expired.map((part) => ({ ...part, ...partClass(part.class) }));
  const daysOf = (className: string): ReadonlySet<string> =>
    new Set(gone.flatMap((part) => (part.class === className && part.day !== undefined ? [part.day] : [])));
  const days = (point.rowAges ?? []).map(({ class: name, ...age }): [string, SideDays] => [
    name,
    { side: `point ${point.id}`, age, gone: daysOf(name) },
  ]);
  const leftOut = gone.flatMap(({ day, ...part }): readonly LeftOut[] =>
    day !== undefined
      ? []
      : [
          {
            class: part.class,
            days: null,
            because: `the part of point ${point.id} ${part.at === undefined ? "has expired" : `expired at ${new Date(part.at).toISOString()}`}`,
          },
        ],
  );
  const shown = { point: point.id, database: point.database, takenAt: point.snapshot.takenAt };
  return {
    point,
    parts: new Map(parts.map((part) => [part.class, part])),
    set: { shown, identity: point.identity, tables: tableSides(slices), days: new Map(days), leftOut },
  };
};

/** The slices of one state by the tables that they are of. */
export const tableSides = (slices: readonly TableSlice[]): readonly TableSide[] => {
  const byTable = Map.groupBy(slices, ({ table }) => table.facts.oid);
  return [...byTable.values()].map((own) => {
    const [{ source, table }] = own as [TableSlice];
    const { slice: _, ...facts } = table.facts;
    return sideOf({ class: partClass(source.place.class).class, facts }, own);
  });
};

export const sideOf = (
  { class: className, facts }: Pick<TableSide, "class" | "facts">,
  slices: readonly TableSlice[],
): TableSide => ({
  class: className,
  facts,
  rows: slices.reduce((rows, { table }) => rows + table.rows, 0),
  slices,
});
