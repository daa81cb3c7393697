import type { Part, PartTable } from "../../model/point.ts";
import type { TableFacts } from "../../model/table.ts";

/** Rows of a table in one part of a point. */
export interface TableSource {
  readonly class: string;
  readonly table: PartTable;
}

/** A table of a point with all of its rows, which are in several parts where they leave by their age. */
export interface WholeTable {
  /** Of the table itself: without a slice. */
  readonly facts: TableFacts;
  /** One, or one for each slice. Every row is in exactly one. */
  readonly sources: readonly [TableSource, ...TableSource[]];
}

/** The tables of parts of one point, each once. */
export const wholeTables = (parts: readonly Part[]): readonly WholeTable[] => {
  const tables = new Map<number, { readonly facts: TableFacts; readonly sources: [TableSource, ...TableSource[]] }>();
  for (const part of parts)
    for (const table of part.tables) {
      const source = { class: part.class, table };
      const { slice: _, ...facts } = table.facts;
      const known = tables.get(facts.oid);
      if (known === undefined) tables.set(facts.oid, { facts, sources: [source] });
      else known.sources.push(source);
    }
  return [...tables.values()];
};

export const rowsOf = ({ sources }: Pick<WholeTable, "sources">): number =>
  sources.reduce((rows, { table }) => rows + table.rows, 0);

/** Plaintext bytes of all rows that the layers hold. */
export const plainBytesOf = ({ sources }: Pick<WholeTable, "sources">): number =>
  sources
    .flatMap(({ table }) => table.layers)
    .flatMap((layer) => layer.pages)
    .reduce((bytes, page) => bytes + page.plainBytes, 0);

/** Sealed bytes that reading it takes. */
export const sealedBytesOf = ({ sources }: Pick<WholeTable, "sources">): number =>
  sources
    .flatMap(({ table }) => table.layers)
    .flatMap((layer) => [...layer.pages, ...layer.gone])
    .reduce((bytes, page) => bytes + page.sealedBytes, 0);
