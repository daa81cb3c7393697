import { Failure } from "../../model/errors.ts";
import type { RetainedStore } from "../../ports/retained-store.ts";
import type { RestoreScope } from "../restore/restore-plan.ts";
import { selectStatements } from "../restore/select-statements.ts";
import type { SqlContent } from "../restore/sql-stream.ts";
import { EMPTY_DATABASE, headingOf, type SqlReport, type SqlWorld, writeStream } from "../restore/write-sql.ts";
import { archiveId } from "./archive-names.ts";
import { selectTables } from "./archive-scope.ts";
import { type OpenedArchivePart, readArchivedTable } from "./open-archive-part.ts";

/**
 * Writes archive parts of one archive as one SQL stream: with the foreign keys between their classes, and with everything
 * that the database had if they are all its classes.
 * @param tables  `schema.name` of those that are wanted; empty: all
 * @throws ARCHIVE_MIXED  the parts were made of different points
 * @throws TABLE_NOT_FOUND, OBJECT_*
 */
export const writeArchiveSql = async (
  world: SqlWorld,
  archive: RetainedStore,
  parts: readonly OpenedArchivePart[],
  tables: readonly string[],
): Promise<SqlReport> => {
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
  const content: SqlContent = {
    heading: [...headingOf(manifest.point), ...selection.notices],
    selection,
    tables: wanted,
  };
  return writeStream(
    world,
    content,
    wanted.reduce((rows, table) => rows + table.rows, 0),
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
