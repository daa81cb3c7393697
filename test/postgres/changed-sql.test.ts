import { describe, expect, test } from "vitest";
import { changedSql } from "../../lib/postgres/changed-sql.ts";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";
import { openWriter } from "./source-fixture.ts";

const EPOCH = 1n << 32n;
const XIDS = [0n, 1n, 2n, 3n, 4n, 100n, 2n ** 31n - 1n, 2n ** 31n, 2n ** 31n + 5n, EPOCH - 2n, EPOCH - 1n];

/** The ids kept in 32 bits that some id from `since` up to `until` would leave there. */
const expected = (since: bigint, until: bigint): string[] =>
  XIDS.filter((xid) => {
    if (xid < 3n && until - since < EPOCH - 3n) return false;
    const first = since + ((((xid - since) % EPOCH) + EPOCH) % EPOCH);
    return first < until;
  }).map(String);

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test("the ids between two snapshots are found, across the wrap of 32 bits too, and ids 0 to 2 never", async () => {
    await using session = await openWriter(await freshDatabase(server));
    const bounds = [3n, 4n, 101n, 2n ** 31n, 2n ** 31n + 6n, EPOCH - 1n, EPOCH, EPOCH + 2n, EPOCH + 3n, EPOCH + 101n];
    const rows = `unnest(ARRAY[${XIDS.map((xid) => `'${xid}'::xid`).join(", ")}]) AS xmin`;
    for (const since of bounds)
      for (const until of bounds.filter((bound) => bound >= since && bound - since < EPOCH - 3n)) {
        const found = await session.query<{ xid: string }>(
          `SELECT xmin::text AS xid FROM (SELECT * FROM ${rows}) AS t WHERE ${changedSql(`${since}`, `${until}`)}`,
        );
        expect(
          found.map((row) => row.xid),
          `${since} to ${until}`,
        ).toEqual(expected(since, until));
      }
  });

  test("the filter may run in parallel workers", async () => {
    await using session = await openWriter(await freshDatabase(server));
    await session.query("CREATE TABLE t AS SELECT generate_series(1, 1000) AS i");
    for (const setting of ["parallel_setup_cost = 0", "parallel_tuple_cost = 0", "min_parallel_table_scan_size = 0"])
      await session.query(`SET ${setting}`);
    await session.query("SET max_parallel_workers_per_gather = 2");
    const plan = await session.query(`EXPLAIN SELECT i FROM t WHERE ${changedSql("3", "1000")}`);
    expect(JSON.stringify(plan)).toContain("Parallel Seq Scan");
  });
});

test("everything may have changed once the ids have gone round, nothing when none was given out", () => {
  expect(changedSql("3", `${EPOCH + 3n}`)).toBe("true");
  expect(changedSql("700", "700")).toBe("false");
  expect(changedSql("701", "700")).toBe("false");
});
