import pg from "pg";
import { describe, expect, test } from "vitest";
import { postgresMajors, query } from "../postgres.ts";
import { makeCluster } from "./chain/cluster.ts";
import { expectExactly, howTaken, run, takeExactly } from "./chain/expect-point.ts";
import { openSubject } from "./chain/subject.ts";

const SET_UP = [
  "CREATE TABLE t (id int PRIMARY KEY, v text)",
  "INSERT INTO t SELECT i, 'row ' || i FROM generate_series(1, 100) i",
  "CREATE UNLOGGED TABLE u (id int PRIMARY KEY, v text)",
  "INSERT INTO u SELECT i, 'row ' || i FROM generate_series(1, 100) i",
];

const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client({ connectionString: url });
  client.on("error", () => {});
  await client.connect();
  return client;
};

/** Kills one session's process as the kernel would for want of memory; the postmaster stays and recovers. */
const killBackend = async (url: string): Promise<void> => {
  const victim = await connect(url);
  const { rows } = await victim.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const ended = new Promise<void>((resolve) => {
    victim.once("end", () => resolve());
  });
  process.kill(rows[0]?.pid ?? Number.NaN, "SIGKILL");
  await ended;
  for (let tries = 0; ; tries++) {
    try {
      await query(url, "SELECT 1");
      return;
    } catch (error) {
      if (tries === 200) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  test("a restart begins again with a base, whether the server was stopped well or crashed", async () => {
    await using cluster = await makeCluster(major);
    await cluster.start();
    const url = cluster.url("postgres");
    const subject = await openSubject();
    await run(url, ...SET_UP);
    const first = await takeExactly(subject, url);
    await cluster.stop("fast");
    await cluster.start();
    await run(url, "UPDATE t SET v = 'x' WHERE id = 1");
    const restarted = "the server was restarted: it may have been restored";
    const second = await takeExactly(subject, url);
    expect([howTaken(second, "t"), howTaken(second, "u")]).toEqual([restarted, restarted]);
    await run(url, "SET synchronous_commit = off; UPDATE t SET v = 'perhaps lost' WHERE id = 2");
    await cluster.stop("immediate");
    await cluster.start();
    expect(howTaken(await takeExactly(subject, url), "t")).toBe(restarted);
    expect((await query(url, "SELECT count(*)::int AS rows FROM u"))[0]).toEqual({ rows: 0 });
    for (const point of [first, second]) await expectExactly(subject, url, point);
  });

  test("a crash of one backend keeps the chain: what the server lost, no point had", async () => {
    await using cluster = await makeCluster(major);
    await cluster.start();
    const url = cluster.url("postgres");
    const subject = await openSubject();
    await run(url, ...SET_UP);
    await takeExactly(subject, url);
    await run(url, "BEGIN; UPDATE t SET v = 'prepared' WHERE id = 90; PREPARE TRANSACTION 'p'");

    // Commits that did not wait for the disk, then a point: it may show only what no crash takes back.
    const writer = await connect(url);
    await writer.query("SET synchronous_commit = off");
    for (let i = 1; i <= 20; i++) await writer.query(`UPDATE t SET v = 'kept ${i}' WHERE id = ${i}`);
    // Nothing else is committed before the crash: looking at the point would be, and would bring the rest to the disk.
    const second = await subject.take(url);
    // Others after it, of which the crash may take any; their transaction ids are given anew.
    for (let i = 30; i <= 60; i++) await writer.query(`UPDATE t SET v = 'perhaps lost ${i}', id = -id WHERE id = ${i}`);
    await killBackend(url);
    await run(url, "UPDATE t SET v = 'after the crash' WHERE id BETWEEN 70 AND 75", "DELETE FROM t WHERE id = 80");
    await run(url, "INSERT INTO u VALUES (5, 'after the crash')", "COMMIT PREPARED 'p'");

    const kept = await query(url, "SELECT count(*)::int AS rows FROM t WHERE v LIKE 'kept %'");
    expect(kept[0]).toEqual({ rows: 20 });
    const third = await takeExactly(subject, url);
    expect([howTaken(third, "t"), howTaken(third, "u")]).toEqual(["delta", "delta"]);
    expect(third.report.tables.find(({ name }) => name === "u")).toMatchObject({ rows: 1, goneRows: 99 });
    await expectExactly(subject, url, second);
  });

  test("a server that was restored to another timeline, and its standby, begin again with a base", async () => {
    await using cluster = await makeCluster(major);
    await cluster.start();
    const url = cluster.url("postgres");
    const subject = await openSubject();
    await run(url, ...SET_UP, "DROP TABLE u");
    await takeExactly(subject, url);
    await cluster.stop("fast");
    await using standby = await cluster.copy({ "standby.signal": "" });
    await cluster.addFiles({ "recovery.signal": "", "postgresql.auto.conf": "restore_command = 'false'\n" });
    await cluster.start();
    await untilPrimary(url);
    await run(url, "UPDATE t SET v = 'on the other line' WHERE id = 7");
    const restored = await takeExactly(subject, url);
    expect(howTaken(restored, "t")).toBe("another timeline: the server was restored or failed over");

    // The copy never left the first line: it is another place to be, and not the primary.
    await standby.start();
    const fromStandby = await subject.take(standby.url("postgres"));
    expect(howTaken(fromStandby, "t")).toBe("another timeline: the server was restored or failed over");
    await expectExactly(subject, url, fromStandby);
    const again = await subject.take(standby.url("postgres"));
    expect(howTaken(again, "t")).toBe("delta");
    await expectExactly(subject, url, again);
  });

  test("a standby of the same line, and another server, begin again with a base", async () => {
    await using cluster = await makeCluster(major);
    await cluster.start();
    const url = cluster.url("postgres");
    const subject = await openSubject();
    await run(url, ...SET_UP, "DROP TABLE u");
    const first = await takeExactly(subject, url);
    await cluster.stop("fast");
    await using standby = await cluster.copy({ "standby.signal": "" });
    await cluster.start();
    await standby.start();
    const second = await subject.take(standby.url("postgres"));
    expect(howTaken(second, "t")).toBe("another role: primary and standby were exchanged");
    await expectExactly(subject, url, second);
    await standby.stop("fast");

    await using other = await makeCluster(major);
    await other.start();
    const otherUrl = other.url("postgres");
    await run(otherUrl, ...SET_UP, "UPDATE t SET v = 'elsewhere' WHERE id = 1");
    expect(howTaken(await takeExactly(subject, otherUrl), "t")).toBe("another server");
    await expectExactly(subject, url, first);
  });
});

const untilPrimary = async (url: string): Promise<void> => {
  for (let tries = 0; tries < 200; tries++) {
    const [row] = await query(url, "SELECT pg_is_in_recovery() AS recovering");
    if (row?.["recovering"] === false) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error("the server stays in recovery");
};
