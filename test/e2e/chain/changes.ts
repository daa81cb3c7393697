/** What may happen to a table between two captures, and how the second one must take it. `t` stands for the table. */
export interface Change {
  readonly what: string;
  readonly create?: string;
  readonly fill?: string;
  /** One connection; every statement by itself. */
  readonly change: readonly string[];
  readonly taken: string;
}

export const CREATE = "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)";
export const FILL = "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 300) i";

const delta = (what: string, ...change: readonly string[]): Change => ({ what, change, taken: "delta" });
const rewritten = (what: string, ...change: readonly string[]): Change => ({
  what,
  change,
  taken: "rewritten or truncated",
});
const retyped = (what: string, ...change: readonly string[]): Change => ({ what, change, taken: "row type changed" });

export const CHANGES: readonly Change[] = [
  delta("nothing"),
  delta("an update", "UPDATE t SET v = v || '!' WHERE id % 50 = 0"),
  delta("an insert and a delete", "INSERT INTO t VALUES (501, 'new'), (-1, 'newer')", "DELETE FROM t WHERE id = 7"),
  delta("an insert and a delete at the ends", "INSERT INTO t VALUES (1000, 'last')", "DELETE FROM t WHERE id = 1"),
  delta("a deletion of everything", "DELETE FROM t"),
  delta("a change of keys", "UPDATE t SET id = id + 1000 WHERE id < 20"),
  delta(
    "two rows that exchange their keys",
    "BEGIN; UPDATE t SET id = -1 WHERE id = 1; UPDATE t SET id = 1 WHERE id = 2; UPDATE t SET id = 2 WHERE id = -1; COMMIT",
  ),
  delta(
    "a key that goes and comes back",
    "DELETE FROM t WHERE id < 9",
    "INSERT INTO t SELECT i, 'again' FROM generate_series(1, 8) i",
  ),
  delta("an update that was rolled back", "BEGIN; UPDATE t SET v = 'lost'; ROLLBACK"),
  delta(
    "subtransactions kept and rolled back",
    `BEGIN; UPDATE t SET v = 'kept' WHERE id = 1; SAVEPOINT a; UPDATE t SET v = 'lost' WHERE id = 2; DELETE FROM t WHERE id = 3;
     ROLLBACK TO a; SAVEPOINT b; UPDATE t SET v = 'kept too' WHERE id = 4; INSERT INTO t VALUES (700, 'deep'); RELEASE b; COMMIT`,
  ),
  delta(
    "more subtransactions than a snapshot names one by one",
    `DO $$ BEGIN FOR i IN 1..100 LOOP
     BEGIN UPDATE t SET v = 'deep ' || i WHERE id = i; IF i % 3 = 0 THEN RAISE 'no'; END IF; EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$`,
  ),
  delta("row locks alone", "BEGIN; SELECT FROM t FOR UPDATE; COMMIT"),
  delta("VACUUM FREEZE after an update", "UPDATE t SET v = 'x' WHERE id < 9", "VACUUM (FREEZE) t"),
  delta("VACUUM after a deletion", "DELETE FROM t WHERE id > 100", "VACUUM t"),
  delta("a TRUNCATE that was rolled back", "BEGIN; TRUNCATE t; INSERT INTO t VALUES (1, 'lost'); ROLLBACK"),
  delta(
    "constraints, indexes and rights",
    "ALTER TABLE t ADD CHECK (id <> 0)",
    "CREATE INDEX ON t (v)",
    "REINDEX TABLE t",
    "GRANT SELECT ON t TO PUBLIC",
  ),
  {
    ...delta(
      "numeric keys that are equal and not the same",
      "UPDATE t SET id = 2.00 WHERE id = 2",
      "UPDATE t SET id = 3 WHERE id = 3.0",
    ),
    create: "CREATE TABLE t (id numeric PRIMARY KEY, v text)",
    fill: "INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3.0, 'c'), ('NaN', 'd'), ('-Infinity', 'e')",
  },
  {
    ...delta(
      "keys that differ only to an ICU collation's eye",
      "UPDATE t SET id = 'A' WHERE id = 'a'",
      "DELETE FROM t WHERE id = 'B'",
    ),
    create: `CREATE TABLE t (id text COLLATE nocase PRIMARY KEY, v text)`,
    fill: "INSERT INTO t VALUES ('a', '1'), ('B', '2'), ('ä', '3'), ('z', '4')",
  },
  {
    ...delta("rows of an unlogged table", "UPDATE t SET v = 'x' WHERE id = 3", "DELETE FROM t WHERE id = 4"),
    create: "CREATE UNLOGGED TABLE t (id int PRIMARY KEY, v text)",
  },
  {
    ...delta("a row stored out of line", "UPDATE t SET id = -id WHERE id % 2 = 0"),
    fill: "INSERT INTO t SELECT i, (SELECT string_agg(md5((i * j)::text), '') FROM generate_series(1, 300) j) FROM generate_series(1, 20) i",
  },
  rewritten(
    "TRUNCATE and a refill with the same keys",
    "BEGIN; TRUNCATE t; INSERT INTO t SELECT i, 'other ' || i FROM generate_series(1, 300) i; COMMIT",
  ),
  rewritten("TRUNCATE", "TRUNCATE t"),
  rewritten("VACUUM FULL", "VACUUM FULL t"),
  rewritten("CLUSTER", "CLUSTER t USING t_pkey"),
  rewritten(
    "COPY FREEZE",
    `BEGIN; TRUNCATE t; COPY t FROM PROGRAM 'seq 1 300 | sed "s/.*/&\\tcold/"' (FREEZE); COMMIT`,
  ),
  rewritten("SET UNLOGGED", "ALTER TABLE t SET UNLOGGED"),
  retyped("a column with a default", "ALTER TABLE t ADD COLUMN w int DEFAULT 5"),
  retyped(
    "a column that went and came again with another default",
    "ALTER TABLE t ADD COLUMN w int DEFAULT 5; ALTER TABLE t DROP COLUMN w; ALTER TABLE t ADD COLUMN w int DEFAULT 6",
  ),
  retyped("a dropped column", "ALTER TABLE t ADD COLUMN w int", "ALTER TABLE t DROP COLUMN w"),
  retyped("another type without a rewrite", "ALTER TABLE t ALTER COLUMN v TYPE varchar"),
  retyped("another type with a rewrite", "ALTER TABLE t ALTER COLUMN id TYPE bigint"),
  retyped("a renamed column", "ALTER TABLE t RENAME COLUMN v TO w"),
  retyped("a primary key on another column", "ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (v)"),
  {
    ...retyped(
      "a renamed label of an enum in an array of a domain",
      "ALTER TYPE t_mood RENAME VALUE 'glad' TO 'happy'",
    ),
    create: `CREATE TYPE t_mood AS ENUM ('glad', 'sad'); CREATE DOMAIN t_felt AS t_mood; CREATE TABLE t (id int PRIMARY KEY, v t_felt[])`,
    fill: "INSERT INTO t VALUES (1, ARRAY['glad', 'sad']::t_felt[]), (2, NULL)",
  },
  {
    ...retyped("another attribute of a composite", "ALTER TYPE t_spot ADD ATTRIBUTE z int"),
    create: "CREATE TYPE t_spot AS (x int, y int); CREATE TABLE t (id int PRIMARY KEY, v t_spot)",
    fill: "INSERT INTO t VALUES (1, ROW(1, 2)), (2, NULL)",
  },
  {
    what: "the name of a table that a regclass names",
    create: "CREATE TABLE t_named (a int); CREATE TABLE t (id int PRIMARY KEY, v regclass)",
    fill: "INSERT INTO t VALUES (1, 't_named'), (2, 'pg_class')",
    change: ["ALTER TABLE t_named RENAME TO t_renamed"],
    taken: "a column shows names of other objects",
  },
  { what: "the loss of its primary key", change: ["ALTER TABLE t DROP CONSTRAINT t_pkey"], taken: "no primary key" },
  {
    what: "a deferrable primary key",
    change: ["ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (id) DEFERRABLE"],
    taken: "no primary key",
  },
  {
    what: "another table of its name",
    change: ["DROP TABLE t", CREATE, "INSERT INTO t VALUES (1, 'row 1'), (2, 'two')"],
    taken: "new table",
  },
  {
    what: "a new table that took its name, itself renamed",
    change: [
      "ALTER TABLE t RENAME TO z_t; ALTER INDEX t_pkey RENAME TO z_t_pkey",
      CREATE,
      "INSERT INTO t VALUES (1, 'new')",
      "UPDATE z_t SET v = 'x' WHERE id = 2; DELETE FROM z_t WHERE id = 3",
    ],
    taken: "new table",
  },
];
