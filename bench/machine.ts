import { execFileSync } from "node:child_process";
import { cpus, loadavg, release, totalmem } from "node:os";
import { join } from "node:path";
import type { Peers } from "./peers/all.ts";
import { versionOf } from "./peers/installed.ts";
import { ROOT } from "./peers/lastgood.ts";
import type { Server } from "./server.ts";

/** What the figures were measured on. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly kernel: string;
  /** One-minute load before the benchmark began: above 0.5, somebody else was at work. */
  readonly loadBefore: number;
  readonly versions: Readonly<Record<string, string>>;
}

export const describeMachine = (server: Server, peers: Peers, loadBefore: number): Machine => ({
  cpu: cpus()[0]?.model ?? "unknown",
  cores: cpus().length,
  memoryBytes: totalmem(),
  kernel: release(),
  loadBefore,
  versions: {
    Lastgood: `${peers.lastgood.version} (${commit()})`,
    "Node.js": process.versions.node,
    "PostgreSQL server": versionOf(join(server.binaries, "postgres")),
    ...(peers.pgDumps[0] && { pg_dump: peers.pgDumps[0].version }),
    ...(peers.pgBackRests[0] && { pgBackRest: peers.pgBackRests[0].version }),
    ...(peers.restic && { restic: peers.restic.version }),
  },
});

/** One-minute load average, now. */
export const loadNow = (): number => loadavg()[0] ?? 0;

/** The commit that was measured, with a plus if files were changed since. */
const commit = (): string => {
  try {
    const git = (...args: readonly string[]) => execFileSync("git", ["-C", ROOT, ...args], { encoding: "utf8" }).trim();
    const changed = git("status", "--porcelain", "--untracked-files=no", "lib", "bin");
    return `${git("rev-parse", "--short", "HEAD")}${changed === "" ? "" : "+"}`;
  } catch {
    return "not a git checkout";
  }
};
