import { inspect } from "node:util";
import { expect, test } from "vitest";
import type { DatabaseCredentials, DatabaseLogin } from "../../lib/ports/database-login.ts";
import { PostgresReader } from "../../lib/postgres/reader.ts";
import { Session } from "../../lib/postgres/session.ts";
import { postgresSource } from "../../lib/postgres/source.ts";
import { targetDatabase } from "../../lib/postgres/target/target-database.ts";
import { freshDatabase, query, testServer } from "../postgres.ts";
import { openBoth } from "./source-fixture.ts";
import { tlsServer } from "./tls-server.ts";

const { server, authorities, authoritiesFile, strangers } = tlsServer(18);
const withoutTls = testServer(18);

/** A new database that `reader` may read by a password, and a login for it that counts what it is asked. */
const newLogin = async (passwords: readonly string[] = ["right"], changed: Partial<DatabaseLogin> = {}) => {
  const url = await freshDatabase(server);
  await query(
    url,
    `DO $$ BEGIN CREATE ROLE reader LOGIN PASSWORD 'right' IN ROLE pg_read_all_data; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  );
  const { pathname, port } = new URL(url);
  const asked: (DatabaseCredentials | "first")[] = [];
  const offered = (): DatabaseCredentials | undefined => {
    const password = passwords[Math.min(asked.length, passwords.length) - 1];
    return password === undefined ? undefined : { user: "reader", password };
  };
  const login: DatabaseLogin = {
    host: "localhost",
    port: Number(port),
    database: pathname.slice(1),
    authorities,
    refusedHint: "rotate it back",
    credentials() {
      asked.push("first");
      return Promise.resolve(offered() as DatabaseCredentials);
    },
    credentialsInstead(refused) {
      asked.push(refused);
      return Promise.resolve(asked.length > passwords.length ? undefined : offered());
    },
    ...changed,
  };
  return { url, login, asked };
};

const failureOf = async (address: string | DatabaseLogin): Promise<unknown> => {
  const failure: unknown = await Session.open(address, { readOnly: true }).then(
    () => "opened",
    (error: unknown) => error,
  );
  expect(inspect(failure, { depth: 9 })).not.toMatch(/right|wrong/);
  return failure;
};

const usesTls = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";

test("a login and a URL with verify-full connect by TLS to the server that the authority vouches for", async () => {
  const { login, url } = await newLogin();
  await using session = await Session.open(login, { readOnly: true });
  expect(await session.query(usesTls)).toEqual([{ ssl: true }]);
  expect(session.place).toEqual({ host: "localhost", port: login.port, database: login.database, user: "reader" });
  const full = new URL(url);
  full.hostname = "localhost";
  full.search = `sslmode=verify-full&sslrootcert=${authoritiesFile}`;
  await using other = await Session.open(full.href, { readOnly: true });
  expect(await other.query(usesTls)).toEqual([{ ssl: true }]);
});

test("fails with DATABASE_UNTRUSTED when another authority is trusted, and with Node's own authorities", async () => {
  const { login, url, asked } = await newLogin(["right"], { authorities: strangers });
  expect(await failureOf(login)).toMatchObject({
    code: "DATABASE_UNTRUSTED",
    retryable: false,
    message: expect.stringMatching(/^failed connecting to database test_\d+ at localhost:\d+ as reader: /) as string,
  });
  expect(asked).toEqual(["first"]);
  const full = new URL(url);
  full.hostname = "localhost";
  full.search = "sslmode=verify-full";
  expect(await failureOf(full.href)).toMatchObject({ code: "DATABASE_UNTRUSTED" });
});

test("fails with DATABASE_UNTRUSTED under a name or an address that the certificate does not hold", async () => {
  const { login } = await newLogin(["right"], { host: "127.0.0.1" });
  expect(await failureOf(login)).toMatchObject({
    code: "DATABASE_UNTRUSTED",
    message: expect.stringContaining("IP: 127.0.0.1 is not in the cert's list") as string,
  });
});

test("fails with DATABASE_UNTRUSTED at a server without TLS", async () => {
  const { port } = await withoutTls();
  const { login } = await newLogin(["right"], { port });
  expect(await failureOf(login)).toMatchObject({
    code: "DATABASE_UNTRUSTED",
    message: expect.stringContaining("does not support SSL") as string,
  });
});

test("a login is asked once for each connection of a view and its readers", async () => {
  const { login, asked } = await newLogin();
  const source = await postgresSource(login);
  expect(source.database).toBe(login.database);
  expect(asked).toHaveLength(0);
  await using view = await source.openView();
  expect(asked).toEqual(["first"]);
  await using one = await source.join(view.token);
  await using two = await source.join(view.token);
  expect([one, two]).toHaveLength(2);
  expect(asked).toEqual(["first", "first", "first"]);
});

test("a refused password is asked for once more and told which it was", async () => {
  const { login, asked } = await newLogin(["wrong", "right"]);
  await using session = await Session.open(login, { readOnly: true });
  expect(await session.query("SELECT 1 AS one")).toEqual([{ one: 1 }]);
  expect(asked).toEqual(["first", { user: "reader", password: "wrong" }]);
});

test.each([
  ["there is no other", ["wrong"]],
  ["the other is refused too", ["wrong", "wrong again", "right"]],
])("fails with DATABASE_AUTH and the login's own hint when %s", async (_, passwords) => {
  const { login, asked } = await newLogin(passwords);
  expect(await failureOf(login)).toMatchObject({
    code: "DATABASE_AUTH",
    hint: "rotate it back",
    facts: { sqlstate: "28P01" },
    message: expect.stringContaining('password authentication failed for user "reader"') as string,
  });
  expect(asked).toHaveLength(2);
});

test("a login that cannot give credentials fails with its own failure, and nobody is called", async () => {
  const thrown = new Error("no credentials today");
  const { login, asked } = await newLogin(["right"], { credentials: () => Promise.reject(thrown) });
  await expect(Session.open(login, { readOnly: true })).rejects.toBe(thrown);
  expect(asked).toEqual([]);
});

test("a password as long as a token is sent whole where the server asks for it in clear", async () => {
  const long = `right${"x".repeat(1500)}`;
  const { login, url } = await newLogin();
  await query(url, `DROP ROLE IF EXISTS plain_long; CREATE ROLE plain_long LOGIN PASSWORD '${long}'`);
  const credentials = () => Promise.resolve({ user: "plain_long", password: long });
  await using session = await Session.open({ ...login, credentials }, { readOnly: true });
  expect(await session.query("SELECT current_user AS me")).toEqual([{ me: "plain_long" }]);
});

test("rows that are copied by TLS are those copied without, and a copy can be cut off in its middle", async () => {
  const { login, url } = await newLogin();
  await query(
    url,
    "CREATE TABLE t AS SELECT i AS id, repeat(md5(i::text), 1 + i % 40) AS v FROM generate_series(1, 30000) i; ALTER TABLE t ADD PRIMARY KEY (id)",
  );
  await using both = await openBoth(url);
  const table = both.facts("t");
  const read = async (reader: PostgresReader): Promise<Buffer> => {
    const pieces: Buffer[] = [];
    for await (const frames of reader.rows({ table })) pieces.push(Buffer.from(frames));
    return Buffer.concat(pieces);
  };
  const plain = await read(both.reader);
  expect(plain.length).toBeGreaterThan(15_000_000);
  {
    await using reader = await PostgresReader.join(login, both.view.token);
    expect((await read(reader)).equals(plain)).toBe(true);
  }
  await using reader = await PostgresReader.join(login, both.view.token);
  for await (const frames of reader.rows({ table })) {
    expect(frames.length).toBeGreaterThan(0);
    break;
  }
});

test("rows are restored by TLS", async () => {
  const { url } = await newLogin();
  await query(url, "CREATE TABLE s AS SELECT repeat(md5(i::text), 40) AS v FROM generate_series(1, 5000) i");
  await query(url, "CREATE TABLE t (v text)");
  const full = new URL(url);
  full.hostname = "localhost";
  full.search = `sslmode=verify-full&sslrootcert=${authoritiesFile}`;
  const target = targetDatabase(full.href);
  await using from = await target.open();
  await using to = await target.open();
  const table = (name: string) => ({ schema: "public", name, columns: ["v"], format: "text" as const });
  expect(await to.load(table("t"), from.rows(table("s")), { freeze: false })).toBe(5000);
  expect(await query(url, "SELECT count(*)::int AS n FROM s NATURAL JOIN t")).toEqual([{ n: 5000 }]);
});
