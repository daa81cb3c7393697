import { Failure } from "../../model/errors.ts";
import type { RetainedStore } from "../../ports/retained-store.ts";
import type { RestoreScope } from "../restore/restore-plan.ts";
import { selectStatements } from "../restore/select-statements.ts";
import type { RowLines, SqlContent } from "../restore/sql-stream.ts";
import { EMPTY_DATABASE, headingOf, type SqlReport, type SqlWorld, writeStream } from "../restore/write-sql.ts";
import type { ArchivedTable } from "./archive-manifest.ts";
import { archiveId } from "./archive-names.ts";
import { selectTables } from "./archive-scope.ts";
import { type OpenedArchivePart, readArchivedTable } from "./open-archive-part.ts";

/** A table of an archive, and its rows. */
export interface ReadableTable extends ArchivedTable {
  readonly lines: () => AsyncIterable<RowLines>;
}

/**
 * Archive parts of one archive as one SQL stream: with the foreign keys between their classes, and with everything that the
 * database had if they are all its classes.
 * @param tables  `schema.name` of those that are wanted; empty: all
 * @throws ARCHIVE_MIXED  the parts were made of different points
 * @throws TABLE_NOT_FOUND
 */
export const archivedContent = (
  archive: RetainedStore,
  parts: readonly OpenedArchivePart[],
  tables: readonly string[],
): SqlContent<ReadableTable> => {
  const [first] = parts;
  if (first === undefined) throw new TypeError("no part of an archive is to be written");
  const { manifest } = first;
  assertOnePoint(parts);
  const all = parts.flatMap((part) =>
    part.manifest.tables.map((table, index) => ({ ...table, lines: () => readArchivedTable(archive, part, index) })),
  );
  const facts = all.map((table) => table.facts);
  const scope: RestoreScope = { schemas: [], tables };
  const selection =
    tables.length === 0
      ? selectTables(manifest.schema, facts, parts.length === manifest.classes.length ? "all classes" : "some classes")
      : selectStatements(manifest.schema, facts, scope, EMPTY_DATABASE);
  const wanted = all.filter((table) => selection.tableOids.has(table.facts.oid));
  return { heading: [...headingOf(manifest.point), ...selection.notices], selection, tables: wanted };
};

/** Writes such a stream. @throws OBJECT_*, and what making it throws */
export const writeArchiveSql = async (
  world: SqlWorld,
  archive: RetainedStore,
  parts: readonly OpenedArchivePart[],
  tables: readonly string[],
): Promise<SqlReport> => {
  const content = archivedContent(archive, parts, tables);
  return writeStream(
    world,
    content,
    content.tables.reduce((rows, table) => rows + table.rows, 0),
  );
};

/** Classes of one business date may have been archived from different points of that day: their rows need not fit together. */
const assertOnePoint = ([first, ...others]: readonly OpenedArchivePart[]): void => {
  for (const { part } of others)
    if (part.pointId !== first?.part.pointId)
      throw new Failure(
        "ARCHIVE_MIXED",
        `classes ${first?.part.class} and ${part.class} of archive ${archiveId(part)} were made of different points`,
      );
};
