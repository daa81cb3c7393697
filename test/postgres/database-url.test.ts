import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { readDatabaseUrl } from "../../lib/postgres/database-url.ts";

const passwordFile = async (text: string, mode = 0o600): Promise<string> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-pgpass-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const path = join(directory, "pgpass");
  await writeFile(path, text, { mode });
  return path;
};

test("a URL gives host, port, user, password and database, with escapes undone", async () => {
  const { config, ...place } = await readDatabaseUrl("postgres://us%40er:p%3Aw@db.example:5433/sh%C3%B6p", {});
  expect(place).toEqual({ host: "db.example", port: 5433, user: "us@er", database: "shöp" });
  expect(config).toMatchObject({ password: "p:w", ssl: false });
});

test("port 5432, PGUSER and PGPASSWORD fill what a URL leaves out; a socket directory may be the host", async () => {
  const env = { PGUSER: "me", PGPASSWORD: "word" };
  const address = await readDatabaseUrl("postgresql:///shop?host=/run/postgresql", env);
  expect(address).toMatchObject({ host: "/run/postgresql", port: 5432, user: "me", config: { password: "word" } });
  expect(await readDatabaseUrl("postgres://u@[::1]/d", {})).toMatchObject({ host: "::1" });
});

test("TLS is off or proves the server, whatever PGSSLMODE says", async () => {
  const sslOf = async (query: string) =>
    (await readDatabaseUrl(`postgres://u@h/d${query}`, { PGSSLMODE: "require" })).config.ssl;
  expect(await sslOf("")).toBe(false);
  expect(await sslOf("?sslmode=verify-full")).toEqual({ rejectUnauthorized: true });
  const ca = await passwordFile("a certificate");
  expect(await sslOf(`?sslmode=verify-full&sslrootcert=${ca}`)).toEqual({
    rejectUnauthorized: true,
    ca: "a certificate",
  });
});

test("the first line of the password file that fits gives the password", async () => {
  const PGPASSFILE = await passwordFile("# comment\nother:*:*:*:no\nh:5432:d\\:b:u:pass\\\\word:x\nh:*:*:*:late\n");
  expect((await readDatabaseUrl("postgres://u@h/d:b", { PGPASSFILE })).config.password).toBe("pass\\word:x");
  expect((await readDatabaseUrl("postgres://u@h/d", { PGPASSFILE })).config.password).toBe("late");
  expect((await readDatabaseUrl("postgres://u@elsewhere/d", { PGPASSFILE })).config.password).toBe("");
});

test("fails when others may read the password file, and says how to mend it", async () => {
  const PGPASSFILE = await passwordFile("h:*:*:*:secret", 0o644);
  await expect(readDatabaseUrl("postgres://u@h/d", { PGPASSFILE })).rejects.toMatchObject({
    code: "DATABASE_AUTH",
    hint: `chmod 600 ${PGPASSFILE}`,
  });
});

test.each([
  ["is no URL", "secret"],
  ["has another scheme", "mysql://u:secret@h/d"],
  ["names no host", "postgres:///d"],
  ["names no user", "postgres://h/d"],
  ["names no database", "postgres://u:secret@h"],
  ["has a broken escape", "postgres://u:secret%@h/d"],
  ["has a port that is none", "postgres://u:secret@h:99999/d"],
  ["has a parameter that we would ignore", "postgres://u:secret@h/d?sslmdoe=verify-full"],
  ["asks for TLS that proves nothing", "postgres://u:secret@h/d?sslmode=require"],
  ["names a certificate that is not there", "postgres://u:secret@h/d?sslmode=verify-full&sslrootcert=/nowhere/ca"],
])("fails when the URL %s, and never repeats its password", async (_, url) => {
  const failure: unknown = await readDatabaseUrl(url, {}).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "DATABASE_URL_INVALID" });
  expect(inspect(failure, { depth: 9 })).not.toContain("secret");
});
