import { describe, expect, test } from "vitest";
import { PostgresReader } from "../../lib/postgres/reader.ts";
import type { Session } from "../../lib/postgres/session.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";
import { firstFields, framesOf, openBoth, openView, openWriter } from "./source-fixture.ts";

const MOVES: readonly (readonly [what: string, sql: string])[] = [
  ["truncated", "TRUNCATE t"],
  ["rewritten by ALTER TABLE", "ALTER TABLE t ALTER id TYPE bigint"],
  ["rewritten by VACUUM FULL", "VACUUM FULL t"],
  ["dropped", "DROP TABLE t"],
  ["renamed", "ALTER TABLE t RENAME TO u"],
  ["moved to another schema", "CREATE SCHEMA s; ALTER TABLE t SET SCHEMA s"],
  ["given another column name", "ALTER TABLE t RENAME id TO other"],
  ["bereft of a column", "ALTER TABLE t DROP v"],
];
const STILL: readonly (readonly [what: string, sql: string])[] = [
  ["rows changed", "UPDATE t SET v = 'y'; DELETE FROM t WHERE id = 1"],
  ["vacuumed", "VACUUM FREEZE t"],
  ["given an index", "CREATE INDEX ON t (v)"],
  ["given a column", "ALTER TABLE t ADD c int DEFAULT 3"],
];

const each = async (session: Session, sql: string): Promise<void> => {
  for (const statement of sql.split("; ")) await session.query(statement);
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  const withTable = async () => {
    const url = await freshDatabase(server);
    const writer = await openWriter(url);
    await writer.query("CREATE TABLE t (id int PRIMARY KEY, v text)");
    await writer.query("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 5) i");
    return { url, writer, [Symbol.asyncDispose]: () => writer.close() };
  };

  test("a source joins sessions, tables with their row types, schema and readers", async () => {
    await using given = await withTable();
    const source = await postgresSource(given.url);
    expect(source.database).toBe(new URL(given.url).pathname.slice(1));
    await using view = await source.openView();
    const [table] = await view.tables();
    expect(table?.facts).toMatchObject({
      schema: "public",
      name: "t",
      rowType: expect.stringMatching(/^[0-9a-f]+$/) as string,
    });
    expect((await view.schema()).statements.map((statement) => statement.kind)).toContain("table");
    await using reader = await source.join(view.token);
    expect(table === undefined ? [] : await framesOf(reader.rows({ table: table.facts }))).toHaveLength(5);
  });

  test("every reader of a view sees the view's snapshot, whatever is committed afterwards", async () => {
    await using given = await withTable();
    await using both = await openBoth(given.url);
    await given.writer.query("DELETE FROM t WHERE id < 5");
    await given.writer.query("INSERT INTO t VALUES (9, 'new')");
    await using late = await PostgresReader.join(given.url, both.view.token);
    for (const reader of [both.reader, late])
      expect(await framesOf(reader.rows({ table: both.facts("t") }))).toHaveLength(5);
    expect(await late.digests({ table: both.facts("t"), starts: [], seed: "1", since: "3" })).toMatchObject([
      { rows: 5 },
    ]);
  });

  test("rows since a snapshot are those inserted and updated after it, in subtransactions and late commits too", async () => {
    const url = await freshDatabase(server);
    await using writer = await openWriter(url);
    await using slow = await openWriter(url);
    await writer.query("CREATE TYPE pair AS (a int, b int)"); // A composite type makes the table text, which is read here.
    await writer.query("CREATE TABLE t (id int PRIMARY KEY, v text, p pair)");
    await writer.query("INSERT INTO t SELECT i, 'x' FROM generate_series(1, 5) i");
    await each(slow, "BEGIN; INSERT INTO t VALUES (10, 'open while the view was taken')");
    const before = await openView(url);
    await before[Symbol.asyncDispose]();
    await each(writer, "UPDATE t SET v = 'y' WHERE id = 2; DELETE FROM t WHERE id = 3");
    await each(
      writer,
      "BEGIN; SAVEPOINT a; INSERT INTO t VALUES (6); SAVEPOINT b; INSERT INTO t VALUES (7); ROLLBACK TO b",
    );
    await each(writer, "RELEASE a; COMMIT; VACUUM FREEZE t");
    await slow.query("COMMIT");
    await using after = await openBoth(url);
    const changed = await firstFields(after.reader, after.facts("t"), before.snapshot.xmin);
    expect(changed).toEqual(["2", "6", "10"]);
  });

  test.each(MOVES)("a table that is %s after the snapshot has moved", async (_, sql) => {
    await using given = await withTable();
    await using both = await openBoth(given.url);
    expect(await both.reader.moved([both.facts("t")])).toEqual([]);
    await each(given.writer, sql);
    expect(await both.reader.moved([both.facts("t")])).toEqual([both.facts("t")]);
  });

  test.each(STILL)("a table that is %s after the snapshot has not moved", async (_, sql) => {
    await using given = await withTable();
    await using both = await openBoth(given.url);
    await each(given.writer, sql);
    expect(await both.reader.moved([both.facts("t")])).toEqual([]);
    expect(await framesOf(both.reader.rows({ table: both.facts("t") }))).toHaveLength(5);
  });

  test("fails with SOURCE_MOVED when a table is gone by the time it is read, and names it", async () => {
    await using given = await withTable();
    await using both = await openBoth(given.url);
    await given.writer.query("DROP TABLE t");
    await expect(framesOf(both.reader.rows({ table: both.facts("t") }))).rejects.toMatchObject({
      code: "SOURCE_MOVED",
      message: "public.t was dropped, renamed or altered while it was read",
    });
  });

  test("fails with the table's name when the role may not read it, as the preflight said", async () => {
    await using given = await withTable();
    await each(
      given.writer,
      "CREATE ROLE reader LOGIN; CREATE TABLE other (id int); GRANT SELECT (id) ON other TO reader",
    );
    const url = new URL(given.url);
    url.username = "reader";
    await using both = await openBoth(url.href);
    const tables = [both.facts("t"), both.facts("other")];
    expect(await both.view.preflight(tables)).toEqual(["public.t: role reader has no SELECT on it"]);
    expect(await framesOf(both.reader.rows({ table: both.facts("other") }))).toEqual([]);
    await expect(framesOf(both.reader.rows({ table: both.facts("t") }))).rejects.toMatchObject({
      code: "DATABASE_FORBIDDEN",
      message: "failed reading public.t: permission denied for table t (SQLSTATE 42501)",
    });
    await each(given.writer, "REVOKE ALL ON other FROM reader; DROP ROLE reader");
  });

  test("tables are read by the rights of the role that is asked for, and then again by those of who logged in", async () => {
    await using given = await withTable();
    await each(
      given.writer,
      'CREATE ROLE "Who ""reads" NOLOGIN; CREATE ROLE entering LOGIN NOINHERIT; GRANT "Who ""reads" TO entering; GRANT SELECT ON t TO "Who ""reads"',
    );
    const url = new URL(given.url);
    url.username = "entering";
    await using both = await openBoth(url.href);
    const role = 'Who "reads';
    const table = both.facts("t");
    expect(await both.view.preflight([table])).toEqual(["public.t: role entering has no SELECT on it"]);
    expect(await both.view.preflight([table], role)).toEqual([]);
    expect(await both.view.splits(table, 2, role)).toHaveLength(1);
    expect(await framesOf(both.reader.rows({ table, role }))).toHaveLength(5);
    expect(await framesOf(both.reader.keys({ table, role }))).toHaveLength(5);
    const [digest] = await both.reader.digests({ table, role, starts: [], seed: "1", since: "3" });
    expect(digest?.rows).toBe(5);
    expect(await both.reader.moved([table])).toEqual([]);
    for (const read of [() => both.view.splits(table, 2), () => framesOf(both.reader.rows({ table }))])
      await expect(read()).rejects.toMatchObject({ code: "DATABASE_FORBIDDEN" });
    await each(given.writer, 'DROP OWNED BY "Who ""reads"; DROP ROLE "Who ""reads"; DROP ROLE entering');
  });

  test("the preflight tells a role that is not there, may not be taken, or may not read", async () => {
    await using given = await withTable();
    await each(given.writer, "CREATE ROLE elsewhere NOLOGIN; CREATE ROLE guest LOGIN");
    const url = new URL(given.url);
    url.username = "guest";
    await using both = await openBoth(url.href);
    expect(await both.view.preflight([both.facts("t")], "nobody")).toEqual(["there is no role nobody"]);
    expect(await both.view.preflight([both.facts("t")], "elsewhere")).toEqual([
      "role guest may not take role elsewhere",
    ]);
    await given.writer.query("GRANT elsewhere TO guest");
    expect(await both.view.preflight([both.facts("t")], "elsewhere")).toEqual([
      "public.t: role elsewhere has no SELECT on it",
    ]);
    await each(given.writer, "DROP ROLE guest; DROP ROLE elsewhere");
  });

  test("fails rather than reading less when row security filters the role, as the preflight said", async () => {
    await using given = await withTable();
    await each(
      given.writer,
      "CREATE ROLE filtered LOGIN; GRANT SELECT ON t TO filtered; ALTER TABLE t ENABLE ROW LEVEL SECURITY",
    );
    await given.writer.query("CREATE POLICY p ON t USING (id = 1)");
    const url = new URL(given.url);
    url.username = "filtered";
    await using both = await openBoth(url.href);
    expect(await both.view.preflight([both.facts("t")])).toEqual([
      "public.t: row security would hide rows from role filtered",
    ]);
    await expect(framesOf(both.reader.rows({ table: both.facts("t") }))).rejects.toMatchObject({
      code: "DATABASE_FORBIDDEN",
      message: expect.stringContaining("reading public.t") as string,
    });
  });

  test("a view names the server, the database and the snapshot, and waits until it is flushed", async () => {
    await using given = await withTable();
    await using view = await openView(given.url);
    const [own] = await given.writer.query("SELECT system_identifier::text AS id FROM pg_control_system()");
    expect(view.identity).toMatchObject({
      systemIdentifier: own?.["id"] as string,
      timeline: 1,
      database: new URL(given.url).pathname.slice(1),
      standby: false,
      encoding: "UTF8",
    });
    expect(Math.floor(view.identity.serverVersion / 10_000)).toBe(major);
    expect(view.identity.serverStartedAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(BigInt(view.snapshot.xmin)).toBeLessThanOrEqual(BigInt(view.snapshot.xmax));
    await view.flushed();
    const flushed = "SELECT pg_current_wal_flush_lsn() >= $1::pg_lsn AS flushed";
    expect(await given.writer.query(flushed, [view.snapshot.lsn])).toEqual([{ flushed: true }]);
  });

  test("fails with DATABASE_LOST to join a view that is closed", async () => {
    await using given = await withTable();
    const view = await openView(given.url);
    await view[Symbol.asyncDispose]();
    // The server takes the view's snapshot away when it has seen that its connection is closed.
    const others = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()";
    while ((await given.writer.query(others)).length > 0) await given.writer.query("SELECT pg_stat_clear_snapshot()");
    await expect(PostgresReader.join(given.url, view.token)).rejects.toMatchObject({ code: "DATABASE_LOST" });
  });
});
