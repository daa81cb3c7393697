import { expect, test } from "vitest";
import { rowTypes } from "../../../lib/postgres/schema/row-types.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { withSnapshot } from "./round-trip.ts";

const server = testServer(18);

const SETUP = `
  CREATE EXTENSION citext;
  CREATE TYPE mood AS ENUM ('sad', 'ok');
  CREATE DOMAIN word AS varchar(10);
  CREATE TYPE inner_type AS (m mood[], w word);
  CREATE TYPE moods AS RANGE (subtype = mood);
  CREATE COLLATION coll (provider = icu, locale = 'und');
  CREATE TABLE t (id integer, b integer DEFAULT 1, i inner_type, r moods, c citext, n numeric(8, 2), g integer GENERATED ALWAYS AS (b + 1) STORED,
    k text COLLATE coll, CONSTRAINT t_key PRIMARY KEY (id, k));
  CREATE TABLE other (id integer PRIMARY KEY);`;

/** Fingerprints of tables t and other, before and after some DDL. */
async function around(ddl: string) {
  const url = await freshDatabase(server);
  await query(url, SETUP);
  const oids = (await query(url, "SELECT 't'::regclass::oid AS t, 'other'::regclass::oid AS other"))[0];
  const [t, other] = [Number(oids?.t), Number(oids?.other)];
  const read = () => withSnapshot(url, (run) => rowTypes(run, [t, other]));
  const before = await read();
  await query(url, ddl);
  const after = await read();
  return { t: [before.get(t), after.get(t)], other: [before.get(other), after.get(other)] };
}

test.each([
  ["a column is added with a default", "ALTER TABLE t ADD COLUMN later integer DEFAULT 5"],
  ["a column is dropped", "ALTER TABLE t DROP COLUMN b CASCADE"],
  [
    "a column is dropped and one of the same name and type added",
    "ALTER TABLE t DROP COLUMN n; ALTER TABLE t ADD COLUMN n numeric(8, 2)",
  ],
  ["a column is renamed", "ALTER TABLE t RENAME COLUMN b TO bb"],
  ["a column's type modifier is changed", "ALTER TABLE t ALTER COLUMN n TYPE numeric(9, 2)"],
  [
    "a label of an enum inside an array inside a composite is renamed",
    "ALTER TYPE mood RENAME VALUE 'sad' TO 'gloomy'",
  ],
  ["an enum gets a label", "ALTER TYPE mood ADD VALUE 'happy'"],
  ["an attribute of a composite is added", "ALTER TYPE inner_type ADD ATTRIBUTE more integer CASCADE"],
  ["a type is renamed", "ALTER DOMAIN word RENAME TO term"],
  ["the primary key is dropped", "ALTER TABLE t DROP CONSTRAINT t_key"],
  ["the primary key is in another order", "ALTER TABLE t DROP CONSTRAINT t_key; ALTER TABLE t ADD PRIMARY KEY (k, id)"],
  ["the key's collation changes", 'ALTER TABLE t ALTER COLUMN k TYPE text COLLATE "C"'],
  ["a generated column becomes an ordinary one", "ALTER TABLE t ALTER COLUMN g DROP EXPRESSION"],
  ["a column becomes an identity", "ALTER TABLE t ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY"],
  ["an extension is updated", "UPDATE pg_extension SET extversion = '99' WHERE extname = 'citext'"],
])("a table's row type changes when %s", async (_, ddl) => {
  const { t, other } = await around(ddl);
  expect(t[0]).toMatch(/^[0-9a-f]{64}$/);
  expect(t[1]).toMatch(/^[0-9a-f]{64}$/);
  expect(t[1]).not.toBe(t[0]);
  expect(other[1]).toBe(other[0]);
});

test.each([
  [
    "an index, a check, a right, a comment and rows come",
    `CREATE INDEX ON t (b); ALTER TABLE t ADD CHECK (b > 0); GRANT SELECT ON t TO PUBLIC;
    COMMENT ON TABLE t IS 'x'; INSERT INTO t (id, k) VALUES (1, 'a')`,
  ],
  ["it is rewritten", "VACUUM FULL t"],
  ["a default changes", "ALTER TABLE t ALTER COLUMN b SET DEFAULT 2"],
])("a table's row type stays when %s", async (_, ddl) => {
  const { t } = await around(ddl);
  expect(t[1]).toBe(t[0]);
});

test("equal definitions in two databases have the same row type, whatever their oids", async () => {
  const fingerprints = [];
  for (const first of ["", "CREATE TYPE to_shift_oids AS (a integer);"]) {
    const url = await freshDatabase(server);
    await query(url, first + SETUP);
    const oid = Number((await query(url, "SELECT 't'::regclass::oid AS oid"))[0]?.oid);
    fingerprints.push((await withSnapshot(url, (run) => rowTypes(run, [oid]))).get(oid));
  }
  expect(fingerprints[0]).toBe(fingerprints[1]);
});
