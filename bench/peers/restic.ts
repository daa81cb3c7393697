import { mkdirSync, rmSync } from "node:fs";
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

const FILE = "dump.sql";
/** A fixture, not a secret: the repository is thrown away. */
const PASSWORD = "benchmark";

/** `pg_dump | restic backup --stdin`; undefined if restic, pg_dump or psql is not installed. */
export const resticDump = ({ url, server, measure }: Setting): RestoringPeer | undefined => {
  const restic = findProgram("restic");
  const dump = findProgram("pg_dump", server.binaries);
  const psql = findProgram("psql", server.binaries);
  if (restic === undefined || dump === undefined || psql === undefined) return undefined;
  const env = (repository: string) => ({
    RESTIC_REPOSITORY: join(repository, "repository"),
    RESTIC_CACHE_DIR: join(repository, "cache"),
    RESTIC_PASSWORD: PASSWORD,
  });
  const pipe = (repository: string, line: string) =>
    measure({ argv: ["bash", "-o", "pipefail", "-c", line], env: env(repository) });
  return {
    name: "pg_dump | restic",
    version: versionOf(restic, "version"),
    runsMax: 1,
    incremental: true,
    async prepare(repository) {
      rmSync(repository, { recursive: true, force: true });
      mkdirSync(repository, { recursive: true });
      await measure({ argv: [restic, "init", "--quiet"], env: env(repository) });
    },
    capture: (repository) =>
      pipe(repository, `'${dump}' '${url}' | '${restic}' backup --quiet --stdin --stdin-filename ${FILE}`),
    storedBytes: (repository) => bytesUnder(join(repository, "repository")),
    async restore(repository, into, table) {
      if (table !== undefined) return undefined;
      const load = `'${psql}' --quiet --no-psqlrc -v ON_ERROR_STOP=1 --output=/dev/null '${into}'`;
      const loaded = await pipe(repository, `'${restic}' dump --quiet latest ${FILE} | ${load}`);
      return { ...loaded, bareSeconds: loaded.seconds };
    },
  };
};
