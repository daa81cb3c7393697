import { describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";
import { framesOf, openBoth, openWriter } from "./source-fixture.ts";

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  const withTables = async (...statements: string[]) => {
    const url = await freshDatabase(server);
    await using writer = await openWriter(url);
    for (const statement of statements) await writer.query(statement);
    return await openBoth(url);
  };

  test("tables are the ordinary ones, each with its own rows only, and leaves of partitions", async () => {
    await using both = await withTables(
      "CREATE TABLE parent (id int PRIMARY KEY)",
      "CREATE TABLE child () INHERITS (parent)",
      "INSERT INTO parent VALUES (1)",
      "INSERT INTO child VALUES (2), (3)",
      "CREATE TABLE split (id int PRIMARY KEY) PARTITION BY RANGE (id)",
      "CREATE TABLE leaf PARTITION OF split FOR VALUES FROM (0) TO (10)",
      "CREATE UNLOGGED TABLE unlogged (id int)",
      "CREATE TEMP TABLE temporary (id int)",
      "CREATE VIEW seen AS SELECT 1",
      "CREATE MATERIALIZED VIEW kept AS SELECT 1",
      'CREATE TABLE "Odd "" name" ("a b" int PRIMARY KEY, "select" text)',
      `INSERT INTO "Odd "" name" VALUES (1, 'x')`,
      "CREATE TABLE hollow ()",
    );
    expect([...both.tables.keys()]).toEqual(['Odd " name', "child", "hollow", "leaf", "parent", "unlogged"]);
    expect(await framesOf(both.reader.rows({ table: both.facts("parent") }))).toHaveLength(1);
    expect(await framesOf(both.reader.rows({ table: both.facts("child") }))).toHaveLength(2);
    expect(await framesOf(both.reader.rows({ table: both.facts('Odd " name') }))).toHaveLength(1);
    expect(both.facts("leaf").key).toEqual([{ name: "id", position: 0, order: "int4" }]);
    expect(both.facts("child").key).toBeUndefined();
    expect(both.facts("hollow")).toMatchObject({ columns: [], key: undefined, format: "binary" });
  });

  test("columns are the stored ones, with what decides their bytes", async () => {
    await using both = await withTables(
      "CREATE TYPE mood AS ENUM ('ok')",
      "CREATE DOMAIN feeling AS mood",
      "CREATE DOMAIN small AS int",
      "CREATE DOMAIN smaller AS small",
      `CREATE TABLE t (gone int, id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, m mood, f feeling, s smaller NOT NULL DEFAULT 3,
         v varchar(20) COLLATE "C", twice int GENERATED ALWAYS AS (7) STORED)`,
      "ALTER TABLE t DROP gone",
    );
    const { columns, key, format } = both.facts("t");
    expect(columns.map(({ typeOid: _, ...column }) => column)).toEqual([
      { name: "id", type: "integer", wireTypeOid: 23, notNull: true, identity: "a" },
      { name: "m", type: "public.mood", wireTypeOid: 25, notNull: false, identity: "" },
      { name: "f", type: "public.feeling", wireTypeOid: 25, notNull: false, identity: "" },
      { name: "s", type: "public.smaller", wireTypeOid: 23, notNull: true, identity: "", defaultSql: "3" },
      {
        name: "v",
        type: "character varying(20)",
        wireTypeOid: 1043,
        notNull: false,
        identity: "",
        collationSql: 'pg_catalog."C"',
      },
    ]);
    expect(key).toEqual([{ name: "id", position: 0, order: "int4" }]);
    expect(format).toBe("binary");
  });

  test.each([
    ["int4[]", "binary"],
    ["tstzrange", "binary"],
    ["jsonb", "binary"],
    ["public.mood[]", "text"],
    ["public.pair", "text"],
    ["int4multirange", "text"],
    ["regclass", "text"],
    ["tsquery", "text"],
    ["jsonpath", "text"],
    ["public.citext", "text"],
  ])("a table with a column of type %s is captured as %s", async (type, format) => {
    await using both = await withTables(
      "CREATE TYPE mood AS ENUM ('ok')",
      "CREATE TYPE pair AS (a int, b int)",
      "CREATE EXTENSION citext SCHEMA public",
      `CREATE TABLE t (id int PRIMARY KEY, v ${type})`,
    );
    expect(both.facts("t").format).toBe(format);
  });

  test("an unanalysed table has no rows by estimate, an analysed one says how it is clustered", async () => {
    await using fresh = await withTables("CREATE TABLE t (id int PRIMARY KEY)");
    expect(fresh.tables.get("t")?.size).toEqual({ rows: 0, bytes: 0, clustered: false });
    await using both = await withTables(
      "CREATE TABLE t (id int PRIMARY KEY)",
      "INSERT INTO t SELECT generate_series(1, 1000)",
      "CREATE TABLE mixed (id uuid PRIMARY KEY)",
      "INSERT INTO mixed SELECT md5(i::text)::uuid FROM generate_series(1, 1000) i",
      "ANALYZE t, mixed",
    );
    expect(both.tables.get("t")?.size).toMatchObject({ rows: 1000, clustered: true });
    expect(both.tables.get("mixed")?.size).toMatchObject({ rows: 1000, clustered: false });
  });
});
