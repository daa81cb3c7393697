import pg from "pg";
import { describe, expect, test } from "vitest";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";
import { expectExactly, howTaken, run, takeExactly } from "./chain/expect-point.ts";
import { openSubject } from "./chain/subject.ts";

const SET_UP = [
  "CREATE TABLE t (id int PRIMARY KEY, v text)",
  "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 100) i",
];

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test("a transaction open across two captures shows in the first point after its commit, with all of its parts", async () => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    await run(url, ...SET_UP);
    const writer = await connect(url);
    await writer.query(
      "BEGIN; UPDATE t SET v = 'early' WHERE id = 1; SAVEPOINT a; INSERT INTO t VALUES (500, 'early')",
    );
    const points = [await takeExactly(subject, url)];
    // A later transaction commits first, so that the horizon cannot just be the newest id.
    await run(url, "UPDATE t SET v = 'between' WHERE id = 95");
    await writer.query("DELETE FROM t WHERE id = 2; SAVEPOINT b; UPDATE t SET id = -3 WHERE id = 3");
    points.push(await takeExactly(subject, url));
    await run(url, "UPDATE t SET v = 'between again' WHERE id = 96");
    await writer.query("RELEASE b; UPDATE t SET v = 'late' WHERE id = 4");
    points.push(await takeExactly(subject, url));
    await writer.query("COMMIT");
    await writer.end();
    const last = await takeExactly(subject, url);
    expect(last.report.tables[0]).toMatchObject({ taken: "delta", goneRows: 2 });
    expect((await query(url, "SELECT count(*)::int AS early FROM t WHERE v = 'early'"))[0]).toEqual({ early: 2 });
    for (const point of points) await expectExactly(subject, url, point);
  });

  test("a prepared transaction shows when it is committed, and never when it is rolled back", async () => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    await run(url, ...SET_UP);
    await run(
      url,
      "BEGIN; UPDATE t SET v = 'prepared' WHERE id = 1; SAVEPOINT a; DELETE FROM t WHERE id = 2; PREPARE TRANSACTION 'kept'",
    );
    await run(
      url,
      "BEGIN; UPDATE t SET v = 'lost' WHERE id = 3; INSERT INTO t VALUES (600, 'lost'); PREPARE TRANSACTION 'lost'",
    );
    await takeExactly(subject, url);
    await run(url, "INSERT INTO t VALUES (700, 'between')");
    const second = await takeExactly(subject, url);
    await run(url, "COMMIT PREPARED 'kept'", "ROLLBACK PREPARED 'lost'");
    const third = await takeExactly(subject, url);
    expect(howTaken(third, "t")).toBe("delta");
    expect(third.report.tables[0]).toMatchObject({ goneRows: 1 });
    await expectExactly(subject, url, second);
  });

  test("a row that moves between partitions goes from one and comes to the other, through a detach and an attach", async () => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    await run(
      url,
      "CREATE TABLE p (region int, id int, v text, PRIMARY KEY (region, id)) PARTITION BY LIST (region)",
      "CREATE TABLE p1 PARTITION OF p FOR VALUES IN (1); CREATE TABLE p2 PARTITION OF p FOR VALUES IN (2)",
      "INSERT INTO p SELECT 1 + i % 2, i, 'row' FROM generate_series(1, 100) i",
    );
    await takeExactly(subject, url);
    await run(url, "UPDATE p SET region = 3 - region WHERE id % 10 = 0", "ALTER TABLE p DETACH PARTITION p2");
    const second = await takeExactly(subject, url);
    expect(second.report.tables.map(({ name, taken, goneRows }) => [name, taken, goneRows])).toEqual([
      ["p1", "delta", 10],
      ["p2", "delta", 0],
    ]);
    await run(url, "UPDATE p2 SET v = 'alone' WHERE id = 1", "ALTER TABLE p ATTACH PARTITION p2 FOR VALUES IN (2)");
    const third = await takeExactly(subject, url);
    expect([howTaken(third, "p1"), howTaken(third, "p2")]).toEqual(["delta", "delta"]);
  });

  test("another database of the same name begins again with a base", async () => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    await run(url, ...SET_UP);
    await takeExactly(subject, url);
    const admin = (await server()).url("postgres");
    const name = new URL(url).pathname.slice(1);
    await run(admin, `DROP DATABASE ${name}`, `CREATE DATABASE ${name}`);
    await run(url, ...SET_UP, "UPDATE t SET v = 'other' WHERE id = 5");
    const second = await takeExactly(subject, url);
    expect(howTaken(second, "t")).toBe("another database");
    expect(howTaken(await takeExactly(subject, url), "t")).toBe("delta");
  });

  test("a base is taken when it is asked for, and when too many transactions have passed, or fewer than none", async () => {
    const url = await freshDatabase(server);
    const subject = await openSubject();
    await run(url, ...SET_UP);
    await takeExactly(subject, url);
    await run(url, "DELETE FROM t WHERE id = 1");
    expect(howTaken(await takeExactly(subject, url, { base: true }), "t")).toBe("a base was asked for");
    await run(url, "DELETE FROM t WHERE id = 2");
    const later = (age: bigint) => (xid: string) => String(BigInt(xid) + age);
    const aged = await takeExactly(subject, url, {
      snapshot: (one) => ({ ...one, xmax: later(1_500_000_100n)(one.xmax), xmin: later(1_500_000_100n)(one.xmin) }),
    });
    expect(howTaken(aged, "t")).toBe("too many transactions since the last point");
    await run(url, "DELETE FROM t WHERE id = 3");
    // The point before says it was taken a billion transactions from now: the server was set back.
    expect(howTaken(await takeExactly(subject, url), "t")).toBe("transaction ids went back: the server was set back");
    await run(url, "DELETE FROM t WHERE id = 4");
    expect(howTaken(await takeExactly(subject, url), "t")).toBe("delta");
  });
});
