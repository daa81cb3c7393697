import { join } from "node:path";
import type { Command, Usage } from "../measure.ts";
import type { Server } from "../server.ts";
import { type Lastgood, lastgood } from "./lastgood.ts";
import type { Missing, RestoringPeer } from "./peer.ts";
import { pgDumps } from "./pg-dump.ts";
import { type PgBackRest, pgBackRests } from "./pgbackrest.ts";
import { resticDump } from "./restic.ts";

export interface Peers {
  readonly lastgood: Lastgood;
  /** Best for our purpose first; empty without pg_dump. */
  readonly pgDumps: readonly RestoringPeer[];
  /** Plain first, block incrementals last; empty without it. */
  readonly pgBackRests: readonly PgBackRest[];
  readonly restic: RestoringPeer | undefined;
  readonly missing: readonly Missing[];
}

/** Looks for every tool on this machine. */
export const findPeers = (
  server: Server,
  url: string,
  measure: (command: Command) => Promise<Usage>,
  cpuProfile: boolean,
): Peers => {
  const setting = { url, server, measure };
  const dumps = pgDumps(setting);
  const rests = pgBackRests(setting);
  const restic = resticDump(setting);
  const absent = (what: string, there: boolean): readonly Missing[] =>
    there ? [] : [{ what, because: "not installed" }];
  return {
    lastgood: lastgood({ ...setting, profiles: cpuProfile ? join(server.directory, "profiles") : undefined }),
    pgDumps: dumps,
    pgBackRests: rests,
    restic,
    missing: [
      ...absent("pg_dump and pg_restore", dumps.length > 0),
      ...absent("pgBackRest", rests.length > 0),
      ...absent("restic", restic !== undefined),
    ],
  };
};
