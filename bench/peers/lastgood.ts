import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";
import manifest from "../../package.json" with { type: "json" };
import type { Command, Usage } from "../measure.ts";
import { bytesUnder } from "./installed.ts";
import type { Restored, RestoringPeer } from "./peer.ts";

export const ROOT = resolve(import.meta.dirname, "../..");
const COMMAND = join(ROOT, "bin/launcher.js");

interface Setting {
  readonly url: string;
  readonly measure: (command: Command) => Promise<Usage>;
  /** Directory for --cpu-prof; undefined without. */
  readonly profiles: string | undefined;
}

/** Lastgood as a user runs it: one process per command, vault and key file in the repository. */
export interface Lastgood extends RestoringPeer {
  /** Takes a point of another database than the large one. */
  captureOf(url: string, repository: string, ...flags: readonly string[]): Promise<Usage>;
  /** Runs a script of this directory with node, as the command line itself is run. */
  script(path: string, ...args: readonly string[]): Promise<Usage>;
}

export const vaultFlags = (repository: string): readonly string[] => [
  "--vault",
  join(repository, "vault"),
  "--keys",
  join(repository, "keys.json"),
];

export const lastgood = ({ url, measure, profiles }: Setting): Lastgood => {
  const node = [process.execPath, ...(profiles === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${profiles}`])];
  const run = (...args: readonly string[]) => measure({ argv: [...node, COMMAND, ...args, "--json"] });
  const captureOf = (database: string, repository: string, ...flags: readonly string[]) =>
    run("capture", "--database", database, ...vaultFlags(repository), ...flags);
  return {
    name: "Lastgood",
    version: manifest.version,
    runsMax: Number.POSITIVE_INFINITY,
    incremental: true,
    async prepare(repository) {
      rmSync(repository, { recursive: true, force: true });
      mkdirSync(repository, { recursive: true });
    },
    capture: (repository) => captureOf(url, repository),
    captureOf,
    storedBytes: (repository) => bytesUnder(join(repository, "vault")),
    script: (path, ...args) => measure({ argv: [...node, path, ...args] }),
    async restore(repository, into, table) {
      const plan = join(repository, "plan.json");
      rmSync(plan, { force: true });
      const scope = table === undefined ? [] : ["--table", `public.${table}`];
      const target = ["--database", into, ...vaultFlags(repository)];
      const planned = await run("restore", "plan", "latest", ...scope, "--out", plan, ...target);
      const applied = await run("restore", "apply", plan, ...target);
      return both(planned, applied);
    },
  };
};

/** What a user waits for: the plan and its application. */
const both = (planned: Usage, applied: Usage): Restored => {
  const report = JSON.parse(applied.stdout) as { phases: readonly { phase: string; elapsedMs: number }[] };
  const phases = report.phases.map(({ phase, elapsedMs }) => [phase, elapsedMs / 1000] as const);
  const extra = phases.filter(([phase]) => EXTRA_PHASES.has(phase)).reduce((total, [, seconds]) => total + seconds, 0);
  const seconds = planned.seconds + applied.seconds;
  return {
    seconds,
    bareSeconds: seconds - extra,
    clientCpuSeconds: sum(planned.clientCpuSeconds, applied.clientCpuSeconds),
    serverCpuSeconds: sum(planned.serverCpuSeconds, applied.serverCpuSeconds),
    peakBytes: Math.max(planned.peakBytes ?? 0, applied.peakBytes ?? 0) || undefined,
    stdout: applied.stdout,
    phases: { planning: planned.seconds, ...Object.fromEntries(phases) },
  };
};

/** What peers leave out of a restore. */
const EXTRA_PHASES = new Set(["proving", "analysing"]);

const sum = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : a + b;
