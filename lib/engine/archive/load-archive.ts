import type { TargetDatabase } from "../../ports/target-database.ts";
import { type SqlContent, sqlSteps } from "../restore/sql-stream.ts";
import type { ReadableTable } from "./archive-to-sql.ts";
import { lineFrames } from "./line-frames.ts";

/**
 * Loads an archive into an empty database as psql loads its stream: the same SQL, step by step, and the same lines of rows, in
 * the one transaction that the stream is. What fails leaves the database empty.
 * @param loaded  called when the rows of a table are in
 * @throws DATABASE_*, TARGET_NO_SPACE, OBJECT_*, the signal's reason
 */
export const loadArchive = async (
  target: TargetDatabase,
  content: SqlContent<ReadableTable>,
  loaded: (table: ReadableTable) => void,
  signal: AbortSignal,
): Promise<void> => {
  await using session = await target.open();
  for (const step of sqlSteps(content)) {
    signal.throwIfAborted();
    if ("sql" in step) {
      await session.run(step.sql, step.doing);
      continue;
    }
    const { schema, name, columns } = step.table.facts;
    const into = { schema, name, columns: columns.map((column) => column.name), format: "text" } as const;
    await session.load(into, lineFrames(step.table.lines()), { freeze: false });
    loaded(step.table);
  }
};
