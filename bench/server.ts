import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { embeddedBinaries } from "../lib/local/postgres-server.ts";
import { sql } from "./sql.ts";

export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

/** The benchmark's own PostgreSQL cluster. */
export interface Server extends AsyncDisposable {
  readonly directory: string;
  readonly dataDirectory: string;
  /** Directory of initdb, postgres and, with Debian's, the clients of the same version. */
  readonly binaries: string;
  readonly port: number;
  readonly pid: number;
  /** Whom its processes run as: spawn options, empty when that is us. */
  readonly user: ServerUser;
  /** Whether it had to be made new. */
  readonly fresh: boolean;
  url(database: string): string;
  setting(name: string, value: string): Promise<void>;
}

const NOBODY = 65_534;
const START_MS_MAX = 120_000; // A cluster that was killed under load replays up to max_wal_size first.
const DEBIAN = "/usr/lib/postgresql";
const DEBIAN_MAJOR = "15"; // The one for which Debian 12 has pgBackRest and pg_dump: server and peers match.

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: "127.0.0.1",
  shared_buffers: "1GB",
  max_wal_size: "8GB",
  checkpoint_timeout: "30min",
  maintenance_work_mem: "256MB",
  // No tool is measured while it writes WAL that matters here, and generating 1 % of changes takes a third of the time.
  full_page_writes: "off",
  autovacuum: "off", // It would start in the middle of somebody's run.
  archive_mode: "on",
  wal_level: "replica",
  lc_messages: "C",
};

// Our end of the shell's pipe is a lifeline: when we end, however that happens, the server is told to stop.
const LIFELINE = '"$@" & pid=$!; exec 2>/dev/null; cat >/dev/null; kill -INT $pid; wait $pid';

/** Starts the cluster in `<directory>/data`, made anew unless one is there. */
export const startServer = async (directory: string): Promise<Server> => {
  const user = serverUser();
  const binaries = serverBinaries();
  const dataDirectory = join(directory, "data");
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  if (user.uid !== undefined && user.gid !== undefined) chownSync(directory, user.uid, user.gid);
  const fresh = !existsSync(join(dataDirectory, "PG_VERSION"));
  if (fresh) {
    rmSync(dataDirectory, { recursive: true, force: true });
    const args = ["-D", dataDirectory, "-U", "postgres", "--auth=trust", "--no-sync", "--locale=C.UTF-8", "-E", "UTF8"];
    execFileSync(join(binaries, "initdb"), args, { ...user, cwd: directory, stdio: ["ignore", "ignore", "pipe"] });
  }
  const port = await freePort();
  const settings = Object.entries({ ...SETTINGS, port: String(port), unix_socket_directories: directory });
  const command = [
    join(binaries, "postgres"),
    "-D",
    dataDirectory,
    ...settings.flatMap(([k, v]) => ["-c", `${k}=${v}`]),
  ];
  const shell = spawn("/bin/sh", ["-c", LIFELINE, "lifeline", ...command], {
    ...user,
    cwd: directory,
    env: { PATH: process.env["PATH"], TZ: "UTC" },
    stdio: ["pipe", "ignore", "pipe"],
    detached: true, // Ctrl-C is for us; the server ends after our last statement.
  });
  const url = (database: string) => `postgres://postgres@127.0.0.1:${port}/${database}`;
  await untilReady(shell, url("postgres"));
  return {
    directory,
    dataDirectory,
    binaries,
    port,
    pid: Number(readFileSync(join(dataDirectory, "postmaster.pid"), "utf8").split("\n")[0]),
    user,
    fresh,
    url,
    async setting(name, value) {
      await sql(url("postgres"), `ALTER SYSTEM SET ${name} = '${value}'`, "SELECT pg_reload_conf()");
    },
    async [Symbol.asyncDispose]() {
      const closed = once(shell, "exit");
      shell.stdin?.end();
      await closed;
    },
  };
};

/** PostgreSQL refuses root: then Debian's own user, else nobody. */
const serverUser = (): ServerUser => {
  if (process.getuid?.() !== 0) return {};
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("postgres:"));
  const [, , uid = NOBODY, gid = NOBODY] = line?.split(":") ?? [];
  return { uid: Number(uid), gid: Number(gid) };
};

const serverBinaries = (): string => {
  const majors = existsSync(DEBIAN) ? readdirSync(DEBIAN).toSorted((a, b) => Number(b) - Number(a)) : [];
  const found = [DEBIAN_MAJOR, ...majors]
    .map((major) => join(DEBIAN, major, "bin"))
    .find((bin) => existsSync(join(bin, "initdb")));
  return found ?? join(embeddedBinaries(), "bin");
};

const untilReady = async (shell: ChildProcess, url: string): Promise<void> => {
  let log = "";
  shell.stderr?.setEncoding("utf8");
  shell.stderr?.on("data", (piece: string) => {
    log = (log + piece).slice(-4000);
  });
  const began = performance.now();
  while (!log.includes("database system is ready to accept connections")) {
    if (shell.exitCode !== null || shell.stderr?.readableEnded || performance.now() - began > START_MS_MAX)
      throw new Error(`postgres did not start: ${log.trim()}`);
    await delay(50);
  }
  await sql(url, "SELECT 1");
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has no port");
  return address.port;
};
