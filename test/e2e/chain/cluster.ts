import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chown, cp, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { startPostgres } from "../../../lib/local/postgres-server.ts";
import { binariesOf, type PostgresMajor } from "../../postgres.ts";

const NOBODY = 65_534;
const SETTINGS = {
  fsync: "off",
  max_prepared_transactions: "20",
  unix_socket_directories: "",
  listen_addresses: "127.0.0.1",
  // What commits without waiting stays unwritten for as long as can be.
  wal_writer_delay: "10s",
};

/** A server whose directory outlives it: it can be stopped in every way, started again, copied and set into recovery. */
export interface Cluster extends AsyncDisposable {
  readonly directory: string;
  url(database: string): string;
  start(): Promise<void>;
  /** `fast` writes a checkpoint, `immediate` leaves a crash behind. */
  stop(how: "fast" | "immediate"): Promise<void>;
  /** A copy of the directory, of a stopped server, with files added. */
  copy(files: Readonly<Record<string, string>>): Promise<Cluster>;
  addFiles(files: Readonly<Record<string, string>>): Promise<void>;
}

/** A new cluster, stopped. */
export const makeCluster = async (major: PostgresMajor): Promise<Cluster> => {
  const parent = await openDirectory();
  const directory = join(parent, "data");
  const maker = await startPostgres({ binaries: binariesOf(major), directory });
  const { port } = maker;
  await maker.stop();
  return clusterIn(major, directory, port);
};

const openDirectory = async (): Promise<string> => {
  const parent = await mkdtemp(join(tmpdir(), "lastgood-cluster-"));
  if (process.getuid?.() === 0) await chown(parent, NOBODY, NOBODY);
  return parent;
};

const clusterIn = (major: PostgresMajor, directory: string, port: number): Cluster => {
  let child: ChildProcess | undefined;
  const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
  const stop = async (how: "fast" | "immediate"): Promise<void> => {
    if (child === undefined) return;
    const ended = once(child, "exit");
    child.kill(how === "fast" ? "SIGINT" : "SIGQUIT");
    await ended;
    child = undefined;
  };
  const addFiles = async (files: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(files)) {
      await writeFile(join(directory, name), text, { flag: "a" });
      if (process.getuid?.() === 0) await chown(join(directory, name), NOBODY, NOBODY);
    }
  };
  return {
    directory,
    url: (database) => `postgres://postgres@127.0.0.1:${port}/${database}`,
    stop,
    addFiles,
    async [Symbol.asyncDispose]() {
      await stop("immediate");
      await rm(dirname(directory), { recursive: true });
    },
    async start() {
      const settings = Object.entries({ ...SETTINGS, port: String(port) }).flatMap(([name, value]) => [
        "-c",
        `${name}=${value}`,
      ]);
      child = spawn(join(binariesOf(major), "bin", "postgres"), ["-D", directory, ...settings], {
        cwd: directory,
        env: { PATH: process.env["PATH"], TZ: "UTC" },
        stdio: ["ignore", "ignore", "pipe"],
        ...user,
      });
      await untilReady(child);
    },
    async copy(files) {
      const parent = await openDirectory();
      const target = join(parent, "data");
      await cp(directory, target, { recursive: true, preserveTimestamps: true, verbatimSymlinks: true });
      if (process.getuid?.() === 0) await giveAway(target);
      const copied = clusterIn(major, target, await freePort());
      await copied.addFiles(files);
      return copied;
    },
  };
};

const freePort = async (): Promise<number> => {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, "close");
  return port;
};

const giveAway = async (directory: string): Promise<void> => {
  await chown(directory, NOBODY, NOBODY);
  for (const entry of await readdir(directory, { withFileTypes: true, recursive: true }))
    await chown(join(entry.parentPath, entry.name), NOBODY, NOBODY);
};

const untilReady = (child: ChildProcess): Promise<void> =>
  new Promise((resolve, reject) => {
    let log = "";
    child.stderr?.setEncoding("utf8");
    child.stderr?.on("data", (piece: string) => {
      log += piece;
      if (/database system is ready to accept (read-only )?connections/.test(log)) resolve();
    });
    child.once("exit", () => reject(new Error(`postgres ended: ${log}`)));
  });
