import { describe, expect, test } from "vitest";
import { isFailure } from "../../../lib/model/errors.ts";
import type { CapturedSchema, SchemaStatement } from "../../../lib/model/schema.ts";
import { captureSchema } from "../../../lib/postgres/schema/capture-schema.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { capture, load, restore, withSnapshot } from "./round-trip.ts";

const server = testServer(18);

async function captured(setup: string): Promise<CapturedSchema> {
  const url = await freshDatabase(server);
  await query(url, setup);
  return capture(url);
}

const only = (schema: CapturedSchema, keep: (statement: SchemaStatement) => boolean): CapturedSchema => ({
  ...schema,
  statements: schema.statements.filter(keep),
});

describe("the order of statements", () => {
  test("a view that groups by a primary key comes after the rows, with what reads it", async () => {
    const { statements } = await captured(`
      CREATE TABLE t (id integer PRIMARY KEY, a text);
      CREATE VIEW grouped AS SELECT id, a, count(*) FROM t GROUP BY id;
      CREATE VIEW above AS SELECT a FROM grouped;
      CREATE VIEW plain AS SELECT a FROM t;`);
    const of = (name: string) => statements.findIndex((s) => s.name === name);
    expect(statements[of("public.grouped")]?.section).toBe("post");
    expect(statements[of("public.above")]?.section).toBe("post");
    expect(statements[of("public.plain")]?.section).toBe("pre");
    expect(of("public.t.t_pkey")).toBeLessThan(of("public.grouped"));
    expect(of("public.grouped")).toBeLessThan(of("public.above"));
  });

  test("a table whose column has the row type of such a view brings view and key before the rows", async () => {
    const { statements } = await captured(`
      CREATE TABLE t (id integer PRIMARY KEY, a text);
      CREATE VIEW grouped AS SELECT id, a, count(*) FROM t GROUP BY id;
      CREATE TABLE holder (g grouped);`);
    const pre = statements.filter((s) => s.section === "pre").map((s) => `${s.kind} ${s.name}`);
    expect(pre).toEqual([
      "schema public",
      "table public.t",
      "primary key public.t.t_pkey",
      "view public.grouped",
      "table public.holder",
    ]);
  });

  test("event triggers come after all they could fire on, refreshes last and from below", async () => {
    const url = await freshDatabase(server);
    await load(url, "zoo");
    const { statements } = await capture(url);
    const kinds = statements.map((s) => s.kind);
    const refreshed = statements.filter((s) => s.kind === "refresh materialized view");
    expect(refreshed.map((s) => s.name)).toEqual([
      "zoo.by_mood",
      "zoo.a_last",
      "zoo.keepers_rows",
      "zoo.on_grouped_rows",
    ]);
    expect(kinds.slice(-refreshed.length)).toEqual(refreshed.map((s) => s.kind));
    expect(kinds.slice(0, -refreshed.length).lastIndexOf("event trigger")).toBe(kinds.length - refreshed.length - 1);
    expect(statements.findIndex((s) => s.section === "post")).toBe(
      statements.findLastIndex((s) => s.section === "pre") + 1,
    );
  });
});

describe("a part of a database", () => {
  test("one table's statements rebuild that table alone", async () => {
    const source = await freshDatabase(server);
    await load(source, "rental");
    const schema = await capture(source);
    const table = schema.statements.find((s) => s.kind === "table" && s.name === "public.city");
    const target = await freshDatabase(server);
    await query(target, "CREATE FUNCTION stamp_change() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END'");
    await restore(
      target,
      only(schema, (s) => s.tableOid === table?.tableOid && s.kind !== "foreign key"),
    );
    expect(await query(target, "INSERT INTO city (name, country_id) VALUES ('x', 1) RETURNING city_id")).toEqual([
      { city_id: 1 },
    ]);
    expect(schema.statements.filter((s) => s.tableOid === table?.tableOid).map((s) => s.kind)).toEqual([
      "sequence",
      "table",
      "sequence owned by",
      "primary key",
      "foreign key",
      "trigger",
    ]);
  });

  test("one schema's statements rebuild that schema alone", async () => {
    const source = await freshDatabase(server);
    await load(source, "orders");
    const target = await freshDatabase(server);
    const schema = await capture(source);
    await restore(
      target,
      only(schema, (s) => s.schema === "sales"),
    );
    expect((await capture(target)).statements.length).toBe(schema.statements.length);
  });

  test("every statement about a table names it by oid: columns, keys, indexes, triggers, rights and comments", async () => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE TABLE t (id serial PRIMARY KEY, a text); CREATE INDEX i ON t (a); COMMENT ON COLUMN t.a IS 'x'; COMMENT ON INDEX i IS 'y';
       COMMENT ON CONSTRAINT t_pkey ON t IS 'z'; GRANT SELECT (a) ON t TO PUBLIC; ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t;
       CREATE STATISTICS s ON id, a FROM t; ALTER TABLE t REPLICA IDENTITY FULL; CREATE RULE r AS ON DELETE TO t DO NOTHING`,
    );
    const oid = Number((await query(url, "SELECT 't'::regclass::oid AS oid"))[0]?.oid);
    const others = (await capture(url)).statements.filter((s) => s.tableOid !== oid).map((s) => s.kind);
    expect(others).toEqual(["schema"]);
  });
});

describe("rights", () => {
  test("grants to other roles are of kind grant, those of PUBLIC and the owner are not and name no role", async () => {
    const { statements } = await captured(`
      DO $$ BEGIN CREATE ROLE right_reader; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
      CREATE TABLE t (a integer); GRANT SELECT ON t TO right_reader WITH GRANT OPTION; GRANT INSERT ON t TO PUBLIC; REVOKE DELETE ON t FROM postgres;`);
    const rights = statements.filter((s) => ["grant", "acl"].includes(s.kind)).map((s) => [s.kind, s.sql]);
    expect(rights).toEqual([
      ["acl", "REVOKE DELETE ON TABLE public.t FROM CURRENT_USER"],
      ["grant", "GRANT SELECT ON TABLE public.t TO right_reader WITH GRANT OPTION"],
      ["acl", "GRANT INSERT ON TABLE public.t TO PUBLIC"],
    ]);
  });

  test("a role that is no superuser and owns nothing captures the same schema", async () => {
    const url = await freshDatabase(server);
    await load(url, "zoo");
    await query(url, "CREATE ROLE only_reads LOGIN; GRANT pg_read_all_data TO only_reads");
    const asOwner = await capture(url);
    const reader = new URL(url);
    reader.username = "only_reads";
    expect(await capture(reader.href)).toEqual(asOwner);
  });

  test("fails when the role may not read a sequence, and names it", async () => {
    const url = await freshDatabase(server);
    await query(
      url,
      `DO $$ BEGIN CREATE ROLE reads_nothing LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$; CREATE SEQUENCE "No One's"`,
    );
    const reader = new URL(url);
    reader.username = "reads_nothing";
    const failure = await capture(reader.href).catch((error: unknown) => error);
    expect(isFailure(failure, "DATABASE_FORBIDDEN")).toBe(true);
    expect(String(failure)).toContain(`public."No One's"`);
  });
});

describe("what is not captured", () => {
  test("is counted and named, with what needs it, and the rest still restores", async () => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE EXTENSION postgres_fdw; CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw; CREATE USER MAPPING FOR PUBLIC SERVER elsewhere;
       CREATE FOREIGN TABLE far (a integer) SERVER elsewhere; CREATE VIEW of_far AS SELECT a FROM far; CREATE VIEW of_of_far AS SELECT a FROM of_far;
       COMMENT ON FOREIGN TABLE far IS 'x'; COMMENT ON VIEW of_far IS 'y'; GRANT SELECT ON of_far TO PUBLIC;
       SELECT lo_create(12345), lo_create(12346);
       CREATE OPERATOR FAMILY backwards USING btree;
       CREATE OPERATOR CLASS backwards FOR TYPE integer USING btree FAMILY backwards AS OPERATOR 1 >, OPERATOR 2 >=, OPERATOR 3 =, OPERATOR 4 <=, OPERATOR 5 <, FUNCTION 1 btint4cmp(integer, integer);
       CREATE TABLE t (a integer); CREATE INDEX by_class ON t (a backwards); CREATE INDEX plain ON t (a);
       CREATE CONVERSION conv FOR 'LATIN1' TO 'UTF8' FROM iso8859_1_to_utf8;
       CREATE LANGUAGE mine HANDLER plpgsql_call_handler INLINE plpgsql_inline_handler VALIDATOR plpgsql_validator;
       CREATE FUNCTION in_mine() RETURNS integer LANGUAGE mine AS 'BEGIN RETURN 1; END';
       CREATE TYPE shell;
       ALTER DATABASE ${new URL(url).pathname.slice(1)} SET work_mem = '5MB'; REVOKE EXECUTE ON FUNCTION pg_sleep(double precision) FROM PUBLIC;`,
    );
    const schema = await capture(url);
    const uncovered = schema.uncovered.filter(({ kind }) => kind !== "roles");
    expect(uncovered).toEqual([
      { kind: "large objects", count: 2, names: ["12345", "12346"] },
      { kind: "foreign servers", count: 1, names: ["elsewhere"] },
      { kind: "user mappings", count: 1, names: ["elsewhere for public"] },
      { kind: "foreign tables", count: 1, names: ["public.far"] },
      { kind: "languages", count: 1, names: ["mine"] },
      { kind: "base types", count: 1, names: ["public.shell"] },
      { kind: "operator classes", count: 1, names: ["public.backwards"] },
      { kind: "operator families", count: 1, names: ["public.backwards"] },
      { kind: "conversions", count: 1, names: ["public.conv"] },
      {
        kind: "rights changed on objects of extensions and of the system",
        count: 1,
        names: ["function pg_sleep(double precision)"],
      },
      { kind: "settings of the database and its roles", count: 1, names: ["database work_mem"] },
      { kind: "function that needs what is not captured", count: 1, names: ["public.in_mine()"] },
      { kind: "view that needs what is not captured", count: 2, names: ["public.of_far", "public.of_of_far"] },
      { kind: "index that needs what is not captured", count: 1, names: ["public.by_class"] },
      { kind: "comment that needs what is not captured", count: 1, names: ["VIEW public.of_far"] },
      { kind: "acl that needs what is not captured", count: 1, names: ["TABLE public.of_far"] },
    ]);
    const target = await freshDatabase(server);
    await restore(target, schema);
    expect((await capture(target)).statements.map((s) => s.sql)).toEqual(schema.statements.map((s) => s.sql));
  });
});

test("sequences stand where they stood, whether used, set, or neither", async () => {
  const { sequences } = await captured(`
    CREATE SEQUENCE fresh START 7; CREATE SEQUENCE used; CREATE SEQUENCE "Set Only";
    CREATE SEQUENCE big MAXVALUE 9223372036854775807; CREATE TABLE t (id integer GENERATED ALWAYS AS IDENTITY (START 3));
    SELECT nextval('used'), nextval('used'), setval('"Set Only"', 40, false), setval('big', 9223372036854775807); INSERT INTO t DEFAULT VALUES;`);
  expect(sequences).toEqual([
    { schema: "public", name: "Set Only", lastValue: "40", isCalled: false },
    { schema: "public", name: "big", lastValue: "9223372036854775807", isCalled: true },
    { schema: "public", name: "fresh", lastValue: "7", isCalled: false },
    { schema: "public", name: "t_id_seq", lastValue: "3", isCalled: true },
    { schema: "public", name: "used", lastValue: "2", isCalled: true },
  ]);
});

/** A value as the server sent it: booleans as t and f, everything else as JSON writes it, strings bare. */
function asPostgresText(value: unknown): string | null {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "t" : "f";
  return JSON.stringify(value);
}

test("a driver that leaves every value as PostgreSQL's text gives the same schema", async () => {
  const url = await freshDatabase(server);
  await load(url, "orders");
  const asText = await withSnapshot(url, (run) =>
    captureSchema(async (sql, params) =>
      (await run(sql, params)).map((row) =>
        Object.fromEntries(Object.entries(row).map(([name, value]) => [name, asPostgresText(value)])),
      ),
    ),
  );
  expect(asText).toEqual(await capture(url));
});

test.each([
  ["table", "DROP TABLE t CASCADE"],
  ["index", "DROP INDEX i"],
  ["check", "ALTER TABLE t DROP CONSTRAINT c"],
  ["policy", "DROP POLICY p ON t; ALTER TABLE t DROP COLUMN a"],
  ["trigger", "DROP TRIGGER g ON t"],
  ["function", "DROP FUNCTION f CASCADE"],
  ["view", "DROP VIEW v"],
])(
  "fails when some %s is dropped while the schema is described, or shows it whole, but never half of it",
  async (_, drop) => {
    const url = await freshDatabase(server);
    await query(
      url,
      `CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
     CREATE TABLE t (id integer DEFAULT 3, a integer, CONSTRAINT c CHECK (id > 0)); CREATE INDEX i ON t (id); CREATE VIEW v AS SELECT id FROM t;
     CREATE POLICY p ON t USING (a > 1); CREATE TRIGGER g BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();`,
    );
    const before = await capture(url);
    const outcome = await withSnapshot(url, async (run) => {
      await run("SELECT 1");
      await query(url, drop);
      return captureSchema(run);
    }).catch((error: unknown) => error);
    // What PostgreSQL could still print is the snapshot's; otherwise it is an error. Never a schema with less in it.
    expect(outcome instanceof Error ? before : outcome).toEqual(before);
  },
);
