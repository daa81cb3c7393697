import { rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { openDirectoryStore } from "../../../lib/local/directory-store.ts";
import { systemClock } from "../../../lib/local/system-clock.ts";
import { freshDatabase, query, testServer } from "../../postgres.ts";
import { filesBelow, start, untilFiles } from "../crash/command.ts";
import { chunksOfPages } from "../crash/process.ts";
import {
  type Expected,
  expectFailed,
  expectFailure,
  lastgood,
  photograph,
  placeIn,
  pointIds,
  takePoint,
  temporary,
} from "./operator.ts";

const server = testServer(18);

const SHOP = `
  CREATE TABLE orders AS SELECT n AS id, 'row-value-' || n AS what FROM generate_series(1, 100) n;
  ALTER TABLE orders ADD PRIMARY KEY (id);
  CREATE SCHEMA hidden;
  CREATE TABLE hidden.wages AS SELECT 1 AS id;
  CREATE TABLE payments AS SELECT 1 AS id;
  CREATE TABLE tenants AS SELECT 1 AS id;
  ALTER TABLE tenants ENABLE ROW LEVEL SECURITY`;

/** A fails-case of every command that reads a database: none of them may leave anything in the vault. */
const expectUntouched = async (url: string, expected: Expected): Promise<void> => {
  const place = placeIn(await temporary());
  await expectFailure(["capture", "--database", url, ...place.args], expected);
  // A capture that never saw its database has taken no point, and another may follow.
  expect((await lastgood(["point", "list", "--json", ...place.args])).out).not.toContain('"id"');
};

test.each([
  ["no URL at all", "shop", /^the database URL cannot be read as a URL$/],
  ["another scheme", "mysql://me:secret-word@localhost/shop", /^the database URL does not begin with postgres:/],
  ["no host", "postgres:///shop", /^the database URL names no host$/],
  ["no database", "postgres://me:secret-word@localhost", /^the database URL names no database$/],
  ["no user", "postgres://localhost/shop", /^the database URL names no user, and PGUSER is not set$/],
  [
    "a parameter we do not know",
    "postgres://me@localhost/shop?sslmodus=require",
    /has parameter sslmodus, expected host/,
  ],
  [
    "TLS without proof",
    "postgres://me@localhost/shop?sslmode=require",
    /has sslmode require, expected disable or verify-full$/,
  ],
  ["a port out of range", "postgres://me@localhost:99999/shop", /^the database URL cannot be read as a URL$/],
  ["a broken escape", "postgres://me:secret%-word@localhost/shop", /has a password with a % that begins no escape/],
])("fails on a database URL with %s, with what is wrong with it and nothing made", async (_, url, says) => {
  const directory = await temporary();
  const place = placeIn(directory);
  const expected = { code: "DATABASE_URL_INVALID", says } as const;
  await expectFailure(["capture", "--database", url, ...place.args], expected);
  expect(await photograph(directory)).toEqual({});
});

test("fails where no host of that name is, where nobody listens, and where no database has that name", async () => {
  const { port } = await server();
  const unreachable = { code: "DATABASE_UNREACHABLE" } as const;
  await expectUntouched("postgres://me:secret-word@no-such-host.invalid/shop", {
    ...unreachable,
    says: /^failed connecting to database shop at no-such-host\.invalid:5432 as me: .*no-such-host/,
  });
  await expectUntouched("postgres://me:secret-word@127.0.0.1:1/shop", {
    ...unreachable,
    says: /^failed connecting to database shop at 127\.0\.0\.1:1 as me: connect ECONNREFUSED 127\.0\.0\.1:1$/,
  });
  await expectUntouched(`postgres://postgres@127.0.0.1:${port}/no_such_database`, {
    ...unreachable,
    says: /database "no_such_database" does not exist/,
    hint: /^hint: check the name of the database in the URL$/,
  });
});

test("fails on a wrong password, a missing one and an unknown role, without a word of the password", async () => {
  const url = await freshDatabase(server);
  await query(url, "CREATE ROLE guarded LOGIN PASSWORD 'right-word'");
  const [{ hba_file: file } = {}] = await query(url, "SHOW hba_file");
  const rules = "host all postgres 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n";
  await query(url, `COPY (SELECT unnest(string_to_array('${rules}', E'\\n'))) TO '${String(file)}'`);
  await query(url, "SELECT pg_reload_conf()");
  const as = (user: string) => url.replace("postgres@", `${user}@`);
  const auth = { code: "DATABASE_AUTH" } as const;
  await expectUntouched(as("guarded:secret-word"), {
    ...auth,
    says: /as guarded: password authentication failed for user "guarded" \(SQLSTATE 28P01\)$/,
  });
  await expectUntouched(as("guarded"), {
    ...auth,
    says: /as guarded: the server asks for a password and none was given$/,
  });
  await expectUntouched(as("nobody_knows:secret-word"), { ...auth, says: /failed for user "nobody_knows"/ });
});

test("fails for a role without rights on a table, in a schema or on all rows, and names each of them", async () => {
  const url = await freshDatabase(server);
  await query(url, SHOP);
  await query(
    url,
    `CREATE ROLE reader LOGIN PASSWORD 'reads';
     GRANT SELECT ON orders, tenants TO reader`,
  );
  const reader = url.replace("postgres@", "reader:reads@");
  const forbidden = { code: "DATABASE_FORBIDDEN" } as const;
  await expectUntouched(reader, { ...forbidden, says: /public\.payments: role reader has no SELECT on it/ });
  await expectUntouched(reader, { ...forbidden, says: /hidden\.wages: role reader has no USAGE on its schema/ });
  await expectUntouched(reader, {
    ...forbidden,
    says: /public\.tenants: row security would hide rows from role reader/,
  });
  const place = placeIn(await temporary());
  const { err } = await lastgood(["capture", "--database", reader, ...place.args]);
  expect(err).not.toContain("orders");
  // What the message asks for is enough.
  await query(
    url,
    `GRANT USAGE ON SCHEMA hidden TO reader; GRANT SELECT ON hidden.wages, payments TO reader; ALTER ROLE reader BYPASSRLS`,
  );
  await takePoint(reader, place);
});

test("fails when a session is ended in the middle of a table, and takes the rest over when run again", async () => {
  const url = await freshDatabase(server);
  for (const table of ["a", "b", "c"])
    await query(
      url,
      `CREATE TABLE ${table} AS SELECT n AS id, md5(n::text) || md5((n + 1)::text) AS what FROM generate_series(1, 60000) n;
       ALTER TABLE ${table} ADD PRIMARY KEY (id)`,
    );
  const place = placeIn(await temporary());
  const running = start(["capture", "--database", url, "--jobs", "1", ...place.args]);
  await untilFiles(running, join(place.vault, "hot", "pages"), 1);
  await query(
    url,
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
     WHERE application_name = 'lastgood' AND datname = current_database()`,
  );
  const { status, stdout, stderr } = await running.ended;
  expectFailed(
    { status: status ?? -1, out: stdout, err: stderr },
    { code: "DATABASE_LOST", says: /terminating connection|the connection was lost/ },
  );
  expect(await pointIds(place)).toEqual([]);
  const store = await openDirectoryStore(place.vault, { clock: systemClock, create: false });
  const chunks = () => filesBelow(join(place.vault, "hot", "chunks"));
  const [before, handedOn] = [await chunks(), await chunksOfPages(store)];
  expect(handedOn).toBeGreaterThan(0);
  await takePoint(url, place);
  // All pages there are now lead to what was handed on and to what was stored since: nothing was stored twice.
  expect(await chunksOfPages(store)).toBe(handedOn + (await chunks()) - before);
  expect(await pointIds(place)).toHaveLength(1);
});

const leaving = testServer(18);

test("fails when the server goes away in the middle of a capture; the points before it stay", async () => {
  const url = await freshDatabase(leaving);
  await query(url, "CREATE TABLE small AS SELECT 1 AS id");
  const place = placeIn(await temporary());
  const id = await takePoint(url, place);
  await query(url, "CREATE TABLE large AS SELECT n, repeat(md5(n::text), 8) AS what FROM generate_series(1, 200000) n");
  const chunks = join(place.vault, "hot", "chunks");
  const running = start(["capture", "--database", url, ...place.args]);
  await untilFiles(running, chunks, (await filesBelow(chunks)) + 3);
  await (await leaving()).stop();
  const { status, stdout, stderr } = await running.ended;
  expectFailed(
    { status: status ?? -1, out: stdout, err: stderr },
    { code: "DATABASE_LOST", says: /shutting down|the connection was lost|terminating connection/ },
  );
  expect(await pointIds(place)).toEqual([id]);
  const { status: read } = await lastgood([
    "restore",
    "apply",
    id,
    "--to",
    "sql",
    "--out",
    join(place.directory, "o.sql"),
    ...place.args,
  ]);
  expect(read).toBe(0);
  rmSync(join(place.directory, "o.sql"));
  // Run again, it says that there is no server, and the vault is as it was.
  await expectFailure(["capture", "--database", url, ...place.args], {
    code: "DATABASE_UNREACHABLE",
    says: /ECONNREFUSED/,
  });
});
