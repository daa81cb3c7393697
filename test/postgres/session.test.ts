import { once } from "node:events";
import { createServer } from "node:net";
import { inspect } from "node:util";
import { describe, expect, onTestFinished, test } from "vitest";
import { Session } from "../../lib/postgres/session.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";

const message = (type: string, ...parts: readonly (string | Buffer)[]): Buffer => {
  const body = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  const head = Buffer.alloc(5);
  head.write(type);
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};
const READY = message("Z", "I");
const AUTHENTICATED = Buffer.concat([message("R", Buffer.alloc(4)), READY]);

/** A server that greets every client with the given bytes, and answers every further message with others. */
const fakeServer = async (greeting: Buffer, answer: Buffer = Buffer.alloc(0)): Promise<string> => {
  const server = createServer((socket) => {
    socket.on("error", () => {}); // The client hangs up on us: that is the point.
    socket.once("data", () => {
      socket.write(greeting);
      socket.on("data", () => socket.write(answer));
    });
  }).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has no port");
  return `postgres://me:secret@127.0.0.1:${address.port}/shop`;
};

const refusal = (code: string): Buffer => message("E", `SFATAL\0VFATAL\0C${code}\0Mthe server says no\0\0`);

/** The answer to a query of one column and one row. */
const oneValue = (name: string, value: string): Buffer => {
  const field = Buffer.alloc(18);
  field.writeInt32BE(25, 6);
  const length = Buffer.alloc(4);
  length.writeInt32BE(value.length);
  return Buffer.concat([
    message("T", Buffer.from([0, 1]), `${name}\0`, field),
    message("D", Buffer.from([0, 1]), length, value),
    message("C", "SELECT 1\0"),
    READY,
  ]);
};

const failureOf = async (url: string): Promise<unknown> => {
  const failure: unknown = await Session.open(url, { readOnly: true }).then(
    () => "opened",
    (error: unknown) => error,
  );
  expect(inspect(failure, { depth: 9 })).not.toContain("secret");
  return failure;
};

test.each([
  ["28P01", "DATABASE_AUTH"],
  ["28000", "DATABASE_AUTH"],
  ["3D000", "DATABASE_UNREACHABLE"],
  ["57P03", "DATABASE_UNREACHABLE"],
  ["53300", "DATABASE_UNREACHABLE"],
  ["XX000", "DATABASE_ERROR"],
])("fails when the server refuses with %s as %s, naming the place but not the password", async (sqlstate, code) => {
  const failure = await failureOf(await fakeServer(refusal(sqlstate)));
  expect(failure).toMatchObject({
    code,
    message: expect.stringMatching(
      /^failed connecting to database shop at 127.0.0.1:\d+ as me: the server says no \(SQLSTATE/,
    ) as string,
  });
});

test.each(["140012", "190000"])("fails with DATABASE_VERSION on server_version_num %s", async (version) => {
  const failure = await failureOf(await fakeServer(AUTHENTICATED, oneValue("version", version)));
  expect(failure).toMatchObject({
    code: "DATABASE_VERSION",
    message: expect.stringContaining("expected 15 to 18") as string,
  });
});

test("fails with DATABASE_UNREACHABLE when nobody listens, when the name means nothing, and when the server hangs up", async () => {
  expect(await failureOf("postgres://me:secret@127.0.0.1:1/shop")).toMatchObject({ code: "DATABASE_UNREACHABLE" });
  expect(await failureOf("postgres://me:secret@nowhere.invalid/shop")).toMatchObject({ code: "DATABASE_UNREACHABLE" });
  const server = createServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
  onTestFinished(() => void server.close());
  await once(server, "listening");
  const address = server.address() as { port: number };
  expect(await failureOf(`postgres://me:secret@127.0.0.1:${address.port}/shop`)).toMatchObject({
    code: "DATABASE_UNREACHABLE",
  });
});

describe.each(postgresMajors)("PostgreSQL %i", (major) => {
  const server = testServer(major);

  test("a session pins what would change the bytes of a value, whatever database and role prefer", async () => {
    const url = await freshDatabase(server);
    const name = new URL(url).pathname.slice(1);
    for (const setting of [
      "TimeZone = 'Asia/Tokyo'",
      "DateStyle = 'German'",
      "bytea_output = 'escape'",
      "extra_float_digits = 0",
    ])
      await query(url, `ALTER DATABASE ${name} SET ${setting}`);
    await using session = await Session.open(url, { readOnly: true });
    const [row] = await session.query(
      `SELECT '2024-02-03 04:05:06+00'::timestamptz::text AS t, '\\xff'::bytea::text AS b, (0.1::float8 + 0.2)::text AS f,
         '1 day 2 hours'::interval::text AS i, 3.5::text::money::text AS m, current_setting('search_path') AS s,
         current_setting('application_name') AS a, current_setting('row_security') AS r,
         current_setting('transaction_timeout', true) AS x`,
    );
    expect(row).toEqual({
      t: "2024-02-03 04:05:06+00",
      b: "\\xff",
      f: "0.30000000000000004",
      i: "1 day 02:00:00",
      m: "$3.50",
      s: "",
      a: "lastgood",
      r: "off",
      x: major >= 17 ? "0" : null,
    });
    await expect(session.query("CREATE TABLE public.t ()")).rejects.toMatchObject({ facts: { sqlstate: "25006" } });
  });

  test("fails with DATABASE_UNREACHABLE for a database that is not there, and DATABASE_AUTH for such a role", async () => {
    const url = new URL(await freshDatabase(server));
    const database = url.pathname;
    url.pathname = "/nowhere";
    expect(await failureOf(url.href)).toMatchObject({
      code: "DATABASE_UNREACHABLE",
      message: expect.stringContaining('database "nowhere" does not exist') as string,
    });
    url.pathname = database;
    url.username = "nobody_of_that_name";
    expect(await failureOf(url.href)).toMatchObject({ code: "DATABASE_AUTH" });
  });

  test("fails with DATABASE_LOST on the next call when the server ended an idle session", async () => {
    const url = await freshDatabase(server);
    await using session = await Session.open(url, { readOnly: true });
    const [own] = await session.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
    await query(url, `SELECT pg_terminate_backend(${own?.pid}, 5000)`);
    await expect(session.query("SELECT 1", [], "asking")).rejects.toMatchObject({
      code: "DATABASE_LOST",
      message: expect.stringContaining("asking") as string,
    });
  });

  test("sorts rows whose keys lie at random, not those that lie in order, whatever the server thinks of random pages", async () => {
    const url = await freshDatabase(server);
    for (const [table, by] of [
      ["scattered", "i"],
      ["ordered", "1"],
    ] as const) {
      await query(url, `CREATE TABLE ${table} (id uuid NOT NULL, pad text NOT NULL)`);
      await query(
        url,
        `INSERT INTO ${table} SELECT md5(i::text)::uuid, repeat('x', 400) FROM generate_series(1, 20000) i ORDER BY ${by}`,
      );
      await query(url, `ALTER TABLE ${table} ADD PRIMARY KEY (id)`);
      await query(url, `ANALYZE ${table}`);
    }
    await query(url, `ALTER DATABASE ${new URL(url).pathname.slice(1)} SET random_page_cost = 1.1`);
    await using session = await Session.open(url, { readOnly: true });
    const plan = async (table: string) =>
      (await session.query<{ "QUERY PLAN": string }>(`EXPLAIN SELECT * FROM public.${table} ORDER BY id`))[0]?.[
        "QUERY PLAN"
      ];
    expect(await plan("scattered")).toMatch(/^Sort/);
    expect(await plan("ordered")).toMatch(/^Index Scan/);
  });
});
