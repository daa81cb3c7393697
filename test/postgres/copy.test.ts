import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import type { RowFormat } from "../../lib/model/table.ts";
import { copyIn } from "../../lib/postgres/copy-in.ts";
import { copyOut } from "../../lib/postgres/copy-out.ts";
import { copyData } from "../../lib/postgres/row-messages.ts";
import { Session } from "../../lib/postgres/session.ts";
import { freshDatabase, postgresMajors, testServer } from "../postgres.ts";

const FORMATS: readonly RowFormat[] = ["binary", "text"];
const MIXED =
  "SELECT i, repeat(md5(i::text), i % 40) AS t, CASE WHEN i % 3 = 0 THEN NULL ELSE i * 1.5 END AS n FROM generate_series(1, 20000) i";

const readAll = async (session: Session, sql: string, format: RowFormat, columns: number): Promise<Buffer> => {
  const buffers: Buffer[] = [];
  const options = { sql: `COPY (${sql}) TO STDOUT (FORMAT ${format})`, format, columns, doing: "reading a test" };
  for await (const frames of copyOut(session, options)) {
    expectWholeFrames(frames);
    buffers.push(Buffer.from(frames));
  }
  return Buffer.concat(buffers);
};

const expectWholeFrames = (frames: Buffer): void => {
  let at = 0;
  while (at < frames.length) {
    if (frames[at] !== 0x64) throw new Error(`no frame starts at ${at}`);
    at += 1 + frames.readUInt32BE(at + 1);
  }
  expect(at).toBe(frames.length);
};

const rowsOf = (frames: Buffer): number => {
  let rows = 0;
  for (let at = 0; at < frames.length; at += 1 + frames.readUInt32BE(at + 1)) rows += 1;
  return rows;
};

/** A line to the server that can be cut without a word. */
const cuttableLine = async (url: string) => {
  const target = new URL(url);
  const { hostname, port } = target;
  const sockets: Socket[] = [];
  const listener = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) socket.on("error", () => {}); // Each end sees the other's cut.
    sockets.push(client, upstream);
    client.pipe(upstream).pipe(client);
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has no port");
  target.port = `${address.port}`;
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: target.href,
    cut,
    [Symbol.dispose]() {
      cut();
      listener.close();
    },
  };
};

describe.each(postgresMajors.filter((major) => major === 15 || major === 18))("PostgreSQL %i", (major) => {
  const server = testServer(major);
  const open = async () => {
    const session = await Session.open(await freshDatabase(server), { readOnly: false });
    await session.query("SET search_path = public");
    return session;
  };

  test.each(FORMATS)("%s rows that went out and in again go out byte for byte the same", async (format) => {
    await using session = await open();
    await session.query(`CREATE TABLE a AS ${MIXED}`);
    await session.query("CREATE TABLE b (LIKE a)");
    const before = await readAll(session, "SELECT * FROM a ORDER BY i", format, 3);
    const rows = await copyIn(session, { sql: `COPY b FROM STDIN (FORMAT ${format})`, format, doing: "loading b" }, [
      before,
    ]);
    expect(rows).toBe(20_000);
    expect(rowsOf(before)).toBe(20_000);
    const after = await readAll(session, "SELECT * FROM b ORDER BY i", format, 3);
    expect(after.equals(before)).toBe(true);
    const [same] = await session.query<{ same: boolean }>(
      "SELECT (SELECT array_agg(a::text ORDER BY i) FROM a) = (SELECT array_agg(b::text ORDER BY i) FROM b) AS same",
    );
    expect(same?.same).toBe(true);
  });

  test.each(FORMATS)("a %s COPY without rows, and rows without columns, are as the server has them", async (format) => {
    await using session = await open();
    await session.query("CREATE TABLE hollow ()");
    expect(await readAll(session, "SELECT * FROM hollow", format, 0)).toHaveLength(0);
    await session.query("INSERT INTO hollow SELECT FROM generate_series(1, 3)");
    const frames = await readAll(session, "SELECT * FROM hollow", format, 0);
    expect(rowsOf(frames)).toBe(3);
    const sql = `COPY hollow FROM STDIN (FORMAT ${format})`;
    expect(await copyIn(session, { sql, format, doing: "loading hollow" }, [frames])).toBe(3);
    expect(await copyIn(session, { sql, format, doing: "loading hollow" }, [])).toBe(0);
    expect(rowsOf(await readAll(session, "SELECT * FROM hollow", format, 0))).toBe(6);
  });

  test.each(FORMATS)("a %s row of 50 MB goes out and in", async (format) => {
    await using session = await open();
    await session.query("CREATE TABLE big AS SELECT repeat('0123456789', 5000000) AS t");
    const frames = await readAll(session, "SELECT t FROM big UNION ALL SELECT 'small'", format, 1);
    expect(rowsOf(frames)).toBe(2);
    const sql = `COPY big FROM STDIN (FORMAT ${format})`;
    expect(await copyIn(session, { sql, format, doing: "loading big" }, [frames])).toBe(2);
    const [sum] = await session.query<{ bytes: string }>("SELECT sum(length(t))::text AS bytes FROM big");
    expect(sum?.bytes).toBe("100000005");
  });

  test("fails with the server's message when a row in the middle fails, and the session goes on", async () => {
    await using session = await open();
    const rows = "SELECT 1000 / (20000 - i) FROM generate_series(1, 30000) i";
    await expect(readAll(session, rows, "binary", 1)).rejects.toMatchObject({
      code: "DATABASE_ERROR",
      message: "failed reading a test: the server refused a value (SQLSTATE 22012)",
    });
    expect(await session.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("fails when the statement cannot start, and the session goes on", async () => {
    await using session = await open();
    await expect(readAll(session, "SELECT * FROM nowhere", "text", 1)).rejects.toMatchObject({
      code: "DATABASE_ERROR",
    });
    const into = { sql: "COPY nowhere FROM STDIN", format: "text", doing: "loading nowhere" } as const;
    await expect(copyIn(session, into, [])).rejects.toMatchObject({ code: "DATABASE_ERROR" });
    expect(await session.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("fails loudly when a message is not one row", async () => {
    await using session = await open();
    await expect(readAll(session, "SELECT 1, 2", "binary", 3)).rejects.toMatchObject({
      code: "DATABASE_ERROR",
      message: expect.stringContaining("exactly one row") as string,
    });
  });

  test("a consumer that leaves early ends at once, and the session is dead", async () => {
    await using session = await open();
    const sql = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 1000000)) TO STDOUT";
    for await (const frames of copyOut(session, { sql, format: "text", columns: 1, doing: "reading a test" })) {
      expectWholeFrames(frames);
      break;
    }
    await expect(session.query("SELECT 1")).rejects.toMatchObject({ code: "DATABASE_LOST" });
  });

  test("fails with DATABASE_LOST when the server ends the session in the middle of a copy", async () => {
    const url = await freshDatabase(server);
    await using session = await Session.open(url, { readOnly: true });
    await using other = await Session.open(url, { readOnly: true });
    const [own] = await session.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const sql = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 10000000)) TO STDOUT";
    const read = async () => {
      for await (const _ of copyOut(session, { sql, format: "text", columns: 1, doing: "reading a test" }))
        await other.query("SELECT pg_terminate_backend($1)", [own?.pid]);
    };
    await expect(read()).rejects.toMatchObject({ code: "DATABASE_LOST" });
    await expect(session.query("SELECT 1")).rejects.toMatchObject({ code: "DATABASE_LOST" });
  });

  test("fails with DATABASE_LOST when the network is cut in the middle of a copy, out and in", async () => {
    const url = await freshDatabase(server);
    for (const direction of ["out", "in"] as const) {
      using line = await cuttableLine(url);
      await using session = await Session.open(line.url, { readOnly: false });
      await session.query("CREATE TABLE IF NOT EXISTS public.t (i int)");
      const row = copyData(Buffer.from("1\n"));
      const source = async function* () {
        yield row;
        line.cut();
        for (let rows = 0; rows < 1_000_000; rows++) {
          yield row;
          if (rows % 1000 === 0) await delay(1);
        }
      };
      const rows = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 10000000)) TO STDOUT";
      const run = async () => {
        if (direction === "in")
          return copyIn(session, { sql: "COPY public.t FROM STDIN", format: "text", doing: "loading t" }, source());
        for await (const _ of copyOut(session, { sql: rows, format: "text", columns: 1, doing: "reading a test" }))
          line.cut();
        return 0;
      };
      await expect(run()).rejects.toMatchObject({ code: "DATABASE_LOST" });
    }
    await using again = await Session.open(url, { readOnly: true });
    expect(await again.query("SELECT count(*)::int AS rows FROM public.t")).toEqual([{ rows: 0 }]);
  });

  test("fails with the source's own error when the source of a load fails, and loads nothing", async () => {
    await using session = await open();
    await session.query("CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i");
    const frames = await readAll(session, "SELECT i FROM t", "binary", 1);
    const source = async function* () {
      yield frames;
      throw new RangeError("the source broke");
    };
    const sql = "COPY t FROM STDIN (FORMAT binary)";
    await expect(copyIn(session, { sql, format: "binary", doing: "loading t" }, source())).rejects.toThrow(RangeError);
    expect(await session.query("SELECT count(*)::int AS rows FROM t")).toEqual([{ rows: 1000 }]);
  });

  test("fails without quoting the row when the server refuses a loaded row", async () => {
    await using session = await open();
    await session.query("CREATE TABLE t (i int PRIMARY KEY)");
    const frames = await readAll(session, "SELECT 'secret'::text", "text", 1);
    const load = copyIn(session, { sql: "COPY t FROM STDIN", format: "text", doing: "loading t" }, [frames]);
    const failure: unknown = await load.catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "DATABASE_ERROR", facts: { sqlstate: "22P02" } });
    expect(inspect(failure, { depth: 9 })).not.toContain("secret");
    expect(await session.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });

  test("a slow consumer holds the server back instead of filling memory", async () => {
    const url = await freshDatabase(server);
    await using session = await Session.open(url, { readOnly: true });
    await using other = await Session.open(url, { readOnly: true });
    const [own] = await session.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    const untilHeldBack = async () => {
      for (let tries = 0; tries < 200; tries++) {
        const waits = await other.query(
          "SELECT 1 FROM pg_stat_activity WHERE pid = $1 AND wait_event = 'ClientWrite'",
          [own?.pid],
        );
        if (waits.length > 0) return;
        await delay(10);
      }
      throw new Error("the server went on sending");
    };
    const sql = "COPY (SELECT repeat('x', 1000) FROM generate_series(1, 50000)) TO STDOUT";
    let bytes = 0;
    for await (const frames of copyOut(session, { sql, format: "text", columns: 1, doing: "reading a test" })) {
      if (bytes === 0) await untilHeldBack();
      bytes += frames.length;
    }
    expect(bytes).toBe(50_000 * 1006);
    expect(await session.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  });
});
