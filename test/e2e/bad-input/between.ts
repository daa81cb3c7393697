import type { RowsQuery, SourceDatabase, SourceReader } from "../../../lib/ports/source-database.ts";

/** A source that lets something happen before the rows of a table are read: a migration in the middle of a capture. */
export const between = (source: SourceDatabase, before: (table: string) => Promise<void>): SourceDatabase => {
  const watched = (reader: SourceReader): SourceReader => ({
    moved: (tables) => reader.moved(tables),
    keys: (query) => reader.keys(query),
    digests: (query) => reader.digests(query),
    async *rows(query: RowsQuery) {
      await before(query.table.name);
      yield* reader.rows(query);
    },
    [Symbol.asyncDispose]: () => reader[Symbol.asyncDispose](),
  });
  return {
    database: source.database,
    openView: () => source.openView(),
    join: async (token) => watched(await source.join(token)),
  };
};
