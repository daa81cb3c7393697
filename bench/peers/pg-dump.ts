import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Command, Usage } from "../measure.ts";
import type { Server } from "../server.ts";
import { bytesUnder, findProgram, versionOf } from "./installed.ts";
import type { RestoringPeer } from "./peer.ts";

interface Setting {
  readonly url: string;
  readonly server: Server;
  readonly measure: (command: Command) => Promise<Usage>;
}

interface Compression {
  readonly name: string;
  readonly flag: string;
  readonly slow: boolean;
}

const GZIP: readonly Compression[] = [
  { name: "uncompressed", flag: "--compress=0", slow: true },
  { name: "gzip 1", flag: "--compress=1", slow: false },
  { name: "gzip 6", flag: "--compress=6", slow: true },
];

// pg_dump 16 brought both. gzip then runs once only: nobody who has zstd needs its median.
const SINCE_16: readonly Compression[] = [
  { name: "zstd 1", flag: "--compress=zstd:1", slow: false },
  { name: "zstd 3", flag: "--compress=zstd:3", slow: false },
  { name: "lz4", flag: "--compress=lz4", slow: true },
  ...GZIP.map((compression) => ({ ...compression, slow: true })),
];

const JOBS = "--jobs=2";

/** `pg_dump -Fd -j2` with every compression it has, the fastest that shrinks first; none if it is not installed. */
export const pgDumps = ({ url, server, measure }: Setting): readonly RestoringPeer[] => {
  const dump = findProgram("pg_dump", server.binaries);
  const load = findProgram("pg_restore", server.binaries);
  const vacuum = findProgram("vacuumdb", server.binaries);
  if (dump === undefined || load === undefined || vacuum === undefined) return [];
  const version = versionOf(dump);
  const compressions = Number.parseInt(version, 10) >= 16 ? SINCE_16 : GZIP.toSorted((a, b) => +a.slow - +b.slow);
  return compressions.map(({ name, flag, slow }) => ({
    name: `pg_dump -Fd -j2, ${name}`,
    version,
    runsMax: slow ? 1 : Number.POSITIVE_INFINITY,
    incremental: false,
    async prepare(repository) {
      rmSync(repository, { recursive: true, force: true });
      mkdirSync(repository, { recursive: true });
    },
    async capture(repository) {
      rmSync(join(repository, "dump"), { recursive: true, force: true });
      return measure({ argv: [dump, "--format=directory", JOBS, flag, `--file=${join(repository, "dump")}`, url] });
    },
    storedBytes: (repository) => bytesUnder(repository),
    async restore(repository, into, table) {
      const archive = join(repository, "dump");
      const list = table === undefined ? [] : [`--use-list=${listOf(load, archive, table, repository)}`];
      const loaded = await measure({ argv: [load, JOBS, "--exit-on-error", ...list, `--dbname=${into}`, archive] });
      const tables = table === undefined ? [] : [`--table=${table}`];
      const analysed = await measure({
        argv: [vacuum, "--analyze-only", JOBS, "--quiet", ...tables, `--dbname=${into}`],
      });
      return { ...loaded, bareSeconds: loaded.seconds, phases: { load: loaded.seconds, analyse: analysed.seconds } };
    },
  }));
};

/** The archive's entries of one table: `--table` alone would leave its primary key and its indexes behind. */
const listOf = (load: string, archive: string, table: string, repository: string): string => {
  const entries = execFileSync(load, ["--list", archive], { encoding: "utf8" }).split("\n");
  const wanted = new RegExp(`^\\d+; .* (TABLE|TABLE DATA|CONSTRAINT|INDEX) public ${table}[ _]`);
  const path = join(repository, `${table}.list`);
  writeFileSync(path, `${entries.filter((entry) => wanted.test(entry)).join("\n")}\n`);
  return path;
};
