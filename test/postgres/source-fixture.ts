import type { TableFacts } from "../../lib/model/table.ts";
import type { SourceReader } from "../../lib/ports/source-database.ts";
import type { RowTypes } from "../../lib/postgres/catalog.ts";
import { PostgresReader } from "../../lib/postgres/reader.ts";
import { Session } from "../../lib/postgres/session.ts";
import { PostgresView } from "../../lib/postgres/view.ts";

// Row types and schemas have tests of their own; these need neither.
const rowTypes: RowTypes = (_, oids) => Promise.resolve(new Map(oids.map((oid) => [oid, "00"])));
const captureSchema = () => Promise.resolve({ statements: [], sequences: [], uncovered: [] });

export const openView = (url: string): Promise<PostgresView> =>
  PostgresView.open({ address: url, captureSchema, rowTypes });

/** A session that writes, with `public` to be found without a prefix. */
export const openWriter = async (url: string): Promise<Session> => {
  const session = await Session.open(url, { readOnly: false });
  await session.query("SET search_path = public");
  return session;
};

/** A view of the database as it is now and a reader in it. */
export const openBoth = async (url: string) => {
  const view = await openView(url);
  const reader = await PostgresReader.join(url, view.token);
  const tables = new Map((await view.tables()).map(({ facts, size }) => [facts.name, { facts, size }] as const));
  return {
    view,
    reader,
    tables,
    facts: (name: string): TableFacts => {
      const table = tables.get(name);
      if (table === undefined) throw new Error(`no table ${name}`);
      return table.facts;
    },
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]();
      await view[Symbol.asyncDispose]();
    },
  };
};

/** Row frames, one buffer each. */
export const framesOf = async (rows: AsyncIterable<Buffer>): Promise<Buffer[]> => {
  const frames: Buffer[] = [];
  for await (const run of rows)
    for (let at = 0; at < run.length; ) {
      const end = at + 1 + run.readUInt32BE(at + 1);
      frames.push(Buffer.from(run.subarray(at, end)));
      at = end;
    }
  return frames;
};

/** The first field of each row of a text table, as text. */
export const firstFields = async (reader: SourceReader, table: TableFacts, since?: string): Promise<string[]> =>
  (await framesOf(reader.rows({ table, since }))).map(
    (frame) => frame.toString("utf8", 5).replace(/\n$/, "").split("\t")[0] ?? "",
  );
