import { chownSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import type { Command, Usage } from "../measure.ts";
import type { Server } from "../server.ts";
import { sql } from "../sql.ts";
import { bytesUnder, findProgram, versionOf } from "./installed.ts";
import type { Peer } from "./peer.ts";

interface Setting {
  readonly server: Server;
  readonly measure: (command: Command) => Promise<Usage>;
}

export interface PgBackRest extends Peer {
  /** Waits until the WAL of a change is archived, so that archiving takes no time of the next tool. */
  settle(): Promise<void>;
}

const STANZA = "bench";
const ARCHIVED_MS_MAX = 120_000;
const BLOCK_MINOR_MIN = 46; // Block incrementals: in 2.45 behind --beta, released with 2.46.
const BLOCK_BETA_MINOR = 45;

/**
 * `pgbackrest backup`, zstd 1, AES-256, two processes: with what it keeps of a file that changed, the whole file or its
 * blocks. Empty if it is not installed; files alone if it has no block incrementals.
 */
export const pgBackRests = (setting: Setting): readonly PgBackRest[] => {
  const program = findProgram("pgbackrest");
  if (program === undefined) return [];
  const version = versionOf(program, "version");
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const beta = major === 2 && minor === BLOCK_BETA_MINOR;
  const block = major > 2 || minor >= BLOCK_MINOR_MIN || beta;
  const files: Kind = { program, version, name: "pgBackRest, zst 1, AES", flags: [], block: false };
  const blocks: Kind = {
    ...files,
    name: `${files.name}, block incremental${beta ? " (beta)" : ""}`,
    flags: beta ? ["--beta"] : [],
    block: true,
  };
  return (block ? [files, blocks] : [files]).map((kind) => pgBackRest(setting, kind));
};

interface Kind {
  readonly program: string;
  readonly version: string;
  readonly name: string;
  readonly flags: readonly string[];
  readonly block: boolean;
}

const pgBackRest = ({ server, measure }: Setting, { program, version, name, flags, block }: Kind): PgBackRest => {
  const run = (repository: string, ...args: readonly string[]) =>
    measure({
      argv: [program, `--config=${join(repository, "pgbackrest.conf")}`, `--stanza=${STANZA}`, ...flags, ...args],
      asServer: true,
    });
  return {
    name,
    version,
    runsMax: Number.POSITIVE_INFINITY,
    incremental: true,
    async prepare(repository) {
      await server.setting("archive_command", "true");
      rmSync(repository, { recursive: true, force: true });
      const { uid, gid } = server.user;
      for (const folder of [repository, join(repository, "repository"), join(repository, "lock")]) {
        mkdirSync(folder, { recursive: true, mode: 0o750 });
        if (uid !== undefined && gid !== undefined) chownSync(folder, uid, gid);
      }
      writeFileSync(join(repository, "pgbackrest.conf"), configOf(server, repository, block), { mode: 0o644 });
      await run(repository, "stanza-create", "--no-online");
      const push = `${program} --config=${join(repository, "pgbackrest.conf")} --stanza=${STANZA} ${flags.join(" ")} archive-push "%p"`;
      await server.setting("archive_command", push);
    },
    capture: (repository, kind) => run(repository, "backup", `--type=${kind === "first" ? "full" : "incr"}`),
    // Its archived WAL is left out, in its favour.
    storedBytes: (repository) => bytesUnder(join(repository, "repository", "backup")),
    async settle() {
      const url = server.url("postgres");
      const [switched] = await sql<{ wal: string }>(url, "SELECT pg_walfile_name(pg_switch_wal()) AS wal");
      const began = performance.now();
      for (;;) {
        const [row] = await sql<{ done: boolean }>(
          url,
          `SELECT coalesce(last_archived_wal >= '${switched?.wal}', false) AS done FROM pg_stat_archiver`,
        );
        if (row?.done) return;
        if (performance.now() - began > ARCHIVED_MS_MAX)
          throw new Error(`WAL was not archived within ${ARCHIVED_MS_MAX / 1000} s`);
        await delay(100);
      }
    },
  };
};

const configOf = (server: Server, repository: string, block: boolean): string =>
  `[global]
repo1-path=${join(repository, "repository")}
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=benchmark
repo1-retention-full=99
${block ? "repo1-bundle=y\nrepo1-block=y\n" : ""}compress-type=zst
compress-level=1
process-max=2
start-fast=y
log-level-file=off
lock-path=${join(repository, "lock")}

[${STANZA}]
pg1-path=${server.dataDirectory}
pg1-port=${server.port}
pg1-socket-path=${server.directory}
pg1-user=postgres
`;
