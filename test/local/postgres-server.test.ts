import { spawn } from "node:child_process";
import { once } from "node:events";
import { lstatSync, readFileSync } from "node:fs";
import { chmod, cp, mkdir, mkdtemp, readdir, rm, unlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { embeddedBinaries, startPostgres } from "../../lib/local/postgres-server.ts";
import { freshDatabase, postgresMajors, query, testServer } from "../postgres.ts";

const SLOW_MS_MAX = 60_000;

const temporary = async () => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-server-test-"));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
};

test("at least the platform's own major is installed", () => {
  expect(postgresMajors).toContain(18);
});

for (const major of postgresMajors) {
  const server = testServer(major);
  test(`PostgreSQL ${major} runs with UTF8, C.UTF-8, the test settings and databases of their own`, async () => {
    const [one, two] = [await freshDatabase(server), await freshDatabase(server)];
    expect(one).not.toBe(two);
    await query(one, "CREATE TABLE only_here ()");
    const [row] = await query(
      two,
      `SELECT current_setting('server_version_num')::int / 10000 AS major, current_setting('server_encoding') AS encoding,
       current_setting('fsync') AS fsync, current_setting('wal_level') AS wal_level, current_setting('TimeZone') AS zone,
       (SELECT datcollate FROM pg_database WHERE datname = current_database()) AS collation,
       current_user AS "user", current_setting('listen_addresses') AS listens, to_regclass('only_here') AS elsewhere`,
    );
    expect(row).toEqual({
      major,
      encoding: "UTF8",
      fsync: "off",
      wal_level: "logical",
      zone: "UTC",
      collation: "C.UTF-8",
      user: "postgres",
      listens: "127.0.0.1",
      elsewhere: null,
    });
  });
}

test("two servers live side by side, and a stopped one accepts nobody", { timeout: SLOW_MS_MAX }, async () => {
  const binaries = embeddedBinaries();
  const settings = { fsync: "off" };
  await using one = await startPostgres({ binaries, directory: await temporary(), settings });
  const two = await startPostgres({ binaries, directory: await temporary(), settings });
  expect(two.port).not.toBe(one.port);
  await Promise.all([two.stop(), two.stop()]);
  await two.stop();
  await expect(query(two.url("postgres"), "SELECT 1")).rejects.toThrow("ECONNREFUSED");
  expect(await query(one.url("postgres"), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
});

test("initdb takes another locale", { timeout: SLOW_MS_MAX }, async () => {
  const locale = ["--encoding=LATIN1", "--locale=C"];
  await using server = await startPostgres({ binaries: embeddedBinaries(), directory: await temporary(), locale });
  expect(await query(server.url("postgres"), "SHOW server_encoding")).toEqual([{ server_encoding: "LATIN1" }]);
});

test("libraries' links are made where npm left them out", { timeout: SLOW_MS_MAX }, async () => {
  const copy = await mkdtemp(join(tmpdir(), "lastgood-native-"));
  onTestFinished(() => rm(copy, { recursive: true }));
  await chmod(copy, 0o755);
  const binaries = join(copy, "native");
  await cp(embeddedBinaries(), binaries, { recursive: true, verbatimSymlinks: true });
  const links = JSON.parse(readFileSync(join(binaries, "pg-symlinks.json"), "utf8")) as { target: string }[];
  expect(links.length).toBeGreaterThan(5);
  for (const { target } of links) await unlink(join(copy, target));
  await using server = await startPostgres({ binaries, directory: await temporary(), settings: { fsync: "off" } });
  expect(await query(server.url("postgres"), "SELECT 1 AS one")).toEqual([{ one: 1 }]);
  for (const { target } of links) expect(lstatSync(join(copy, target)).isSymbolicLink()).toBe(true);
});

test("fails in a directory that is not empty, and leaves it as it was", async () => {
  const directory = await temporary();
  await writeFile(join(directory, "precious"), "");
  await expect(startPostgres({ binaries: embeddedBinaries(), directory })).rejects.toMatchObject({
    code: "NO_POSTGRES",
    message: expect.stringContaining("is not empty") as string,
  });
  expect(await readdir(directory)).toEqual(["precious"]);
});

test("fails with the server's own words when a setting is wrong", { timeout: SLOW_MS_MAX }, async () => {
  const directory = await temporary();
  const settings = { max_connections: "many" };
  await expect(startPostgres({ binaries: embeddedBinaries(), directory, settings })).rejects.toMatchObject({
    code: "NO_POSTGRES",
    message: expect.stringContaining('invalid value for parameter "max_connections"') as string,
  });
});

test("fails when there are no binaries", async () => {
  const binaries = join(await temporary(), "nothing");
  await mkdir(binaries);
  const directory = await temporary();
  await expect(startPostgres({ binaries, directory })).rejects.toMatchObject({ code: "NO_POSTGRES" });
});

test("no process survives the one that started it, even if that is killed", { timeout: SLOW_MS_MAX }, async () => {
  const directory = await temporary();
  const script = `
    import { embeddedBinaries, startPostgres } from ${JSON.stringify(new URL("../../lib/local/postgres-server.ts", import.meta.url))};
    const server = await startPostgres({ binaries: embeddedBinaries(), directory: ${JSON.stringify(directory)} });
    console.log(server.port);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ["--input-type=module", "--eval", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  await once(parent.stdout, "data");
  const postmaster = Number(readFileSync(join(directory, "postmaster.pid"), "utf8").split("\n")[0]);
  expect(process.kill(postmaster, 0)).toBe(true);
  parent.kill("SIGKILL");
  await expect(async () => {
    for (let tries = 0; tries < 1000; tries++) {
      process.kill(postmaster, 0);
      await sleep(20);
    }
  }).rejects.toThrow("ESRCH");
});
