import pg from "pg";
import { describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";
import { expectExactly, howTaken, run, takeExactly } from "./chain/expect-point.ts";
import { openSubject } from "./chain/subject.ts";

const ROWS = "CREATE TABLE t (id int PRIMARY KEY, v text NOT NULL)";
const FILL = "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 500) i";

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major, { fsync: "off", synchronous_commit: "off" });

  /** A table with 500 rows, captured; then `change`, and a second capture: how it was taken. Both points are exact. */
  const secondOf = async (
    change: (url: string) => Promise<void>,
    options: { readonly table?: string; readonly setUp?: readonly string[] } = {},
  ) => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    await run(url, ...(options.setUp ?? [ROWS, FILL]));
    const first = await takeExactly(subject, url);
    await change(url);
    const second = await takeExactly(subject, url);
    await expectExactly(subject, url, first);
    return { how: howTaken(second, options.table ?? "t"), second, url, subject };
  };

  test.each([
    ["nothing", []],
    ["an update", ["UPDATE t SET v = v || '!' WHERE id % 50 = 0"]],
    ["an insert and a delete", ["INSERT INTO t VALUES (501, 'new'), (-1, 'newer')", "DELETE FROM t WHERE id = 7"]],
    ["a deletion of everything", ["DELETE FROM t"]],
    ["a key change", ["UPDATE t SET id = id + 1000 WHERE id < 20"]],
    [
      "keys that are exchanged",
      ["DELETE FROM t WHERE id <= 10", "INSERT INTO t SELECT i, 'again' FROM generate_series(1, 10) i"],
    ],
    ["VACUUM FREEZE", ["UPDATE t SET v = 'x' WHERE id < 9", "VACUUM (FREEZE) t"]],
    [
      "a subtransaction that was rolled back",
      [
        "BEGIN; UPDATE t SET v = 'kept' WHERE id = 1; SAVEPOINT a; UPDATE t SET v = 'lost' WHERE id = 2; ROLLBACK TO a; SAVEPOINT b; UPDATE t SET v = 'kept too' WHERE id = 3; RELEASE b; COMMIT",
      ],
    ],
    ["a TRUNCATE that was rolled back", ["BEGIN; TRUNCATE t; INSERT INTO t VALUES (1, 'lost'); ROLLBACK"]],
    [
      "a renamed table",
      ["ALTER TABLE t RENAME TO old; ALTER TABLE old RENAME TO t", "UPDATE t SET v = 'x' WHERE id = 3"],
    ],
  ] as const)("a delta carries %s", async (_, statements) => {
    expect((await secondOf((url) => run(url, ...statements))).how).toBe("delta");
  });

  test.each([
    [
      "TRUNCATE and refill with the same keys",
      "rewritten or truncated",
      ["BEGIN; TRUNCATE t; INSERT INTO t SELECT i, 'other ' || i FROM generate_series(1, 500) i; COMMIT"],
    ],
    ["VACUUM FULL", "rewritten or truncated", ["VACUUM FULL t"]],
    ["CLUSTER", "rewritten or truncated", ["CLUSTER t USING t_pkey"]],
    [
      "COPY FREEZE",
      "rewritten or truncated",
      ["BEGIN; TRUNCATE t; COPY t FROM PROGRAM 'printf \"1\\tfrozen\\n2\\tcold\\n\"' (FREEZE); COMMIT"],
    ],
    ["a column with a default", "row type changed", ["ALTER TABLE t ADD COLUMN w int DEFAULT 5"]],
    [
      "a dropped column that came again",
      "row type changed",
      [
        "ALTER TABLE t ADD COLUMN w int DEFAULT 5; ALTER TABLE t DROP COLUMN w; ALTER TABLE t ADD COLUMN w int DEFAULT 6",
      ],
    ],
    ["a type change without a rewrite", "row type changed", ["ALTER TABLE t ALTER COLUMN v TYPE varchar"]],
    ["a type change with a rewrite", "row type changed", ["ALTER TABLE t ALTER COLUMN id TYPE bigint"]],
    ["a renamed column", "row type changed", ["ALTER TABLE t RENAME COLUMN v TO w"]],
    [
      "another table of the same name",
      "new table",
      ["DROP TABLE t", ROWS, "INSERT INTO t VALUES (1, 'row 1'), (2, 'two')"],
    ],
    ["a dropped primary key", "no primary key", ["ALTER TABLE t DROP CONSTRAINT t_pkey"]],
    [
      "a primary key on another column",
      "row type changed",
      ["ALTER TABLE t DROP CONSTRAINT t_pkey, ADD PRIMARY KEY (v)"],
    ],
  ] as const)("a base is taken after %s: %s", async (_, why, statements) => {
    expect((await secondOf((url) => run(url, ...statements))).how).toBe(why);
  });
});
void pg;
