import type { RowsQuery, SourceDatabase, SourceReader } from "../../../lib/ports/source-database.ts";

/**
 * A source that lets something happen just before a table is first read, when it is checked but not yet locked: a
 * migration in the middle of a capture.
 */
export const between = (source: SourceDatabase, before: (table: string) => Promise<void>): SourceDatabase => {
  const watched = (reader: SourceReader): SourceReader => ({
    moved: (tables) => reader.moved(tables),
    keys: (query) => reader.keys(query),
    async digests(query) {
      await before(query.table.name);
      return reader.digests(query);
    },
    async *rows(query: RowsQuery) {
      // Changed rows come after the digests: the table is locked by then, and a migration waits.
      if (query.since === undefined) await before(query.table.name);
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
