import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** In the order they run: `second` changes the data, so it comes after what needs it unchanged. Each stands alone, so that a run which was stopped continues with `--only`. */
export const SCENARIOS = ["first", "restore", "second", "layers", "fold", "retention"] as const;
export type ScenarioName = (typeof SCENARIOS)[number];

export interface Options {
  readonly sizeBytes: number;
  readonly runs: number;
  readonly only: readonly ScenarioName[];
  /** Absolute; holds the server, the repositories and nothing else. */
  readonly directory: string;
  readonly limitMinutes: number;
  /** File that the table is also written to. */
  readonly markdown: string | undefined;
  readonly cpuProfile: boolean;
  readonly keep: boolean;
}

export const HELP = `Usage: npm run bench -- [options]

Measures Lastgood beside pg_dump, pgBackRest and restic on one generated database, in turns, and prints a Markdown table.
Peers that are not installed are skipped and named. Nothing is asserted.

  --size <size>        bytes of table data: 50MB, 2.5GB (default 2.5GB)
  --runs <count>       runs of each measurement; medians are shown (default 3; slow peers run once and say so)
  --only <names>       scenarios to run, with commas: ${SCENARIOS.join(",")} (default all). Results of the same day
                       and size are kept, so a stopped run continues with the scenarios that are missing
  --dir <directory>    where server and repositories live; allow 10 times the size and 8 GB of WAL (default <tmp>/lastgood-bench)
  --limit <minutes>    no measurement starts after it (default 45)
  --markdown <file>    write the table there too
  --cpu-prof           write a V8 CPU profile of every lastgood process and worker to <dir>/profiles and keep --dir; do not
                       quote such a run. Open the files in Chrome's DevTools, Performance
  --keep               leave the database in --dir for the next run
  --help               this`;

const RUNS_MAX = 20; // Each changes other rows; there are blocks for 50.
const LIMIT_MINUTES_MAX = 24 * 60;

/** Reads the command line; undefined when only help was asked for. */
export const readOptions = (args: readonly string[]): Options | undefined => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      size: { type: "string", default: "2.5GB" },
      runs: { type: "string", default: "3" },
      only: { type: "string", default: SCENARIOS.join(",") },
      dir: { type: "string", default: join(tmpdir(), "lastgood-bench") },
      limit: { type: "string", default: "45" },
      markdown: { type: "string" },
      "cpu-prof": { type: "boolean", default: false },
      keep: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  if (values.help) return undefined;
  return {
    sizeBytes: readSize(values.size),
    runs: readCount("--runs", values.runs, RUNS_MAX),
    only: values.only.split(",").map(readScenario),
    directory: resolve(values.dir),
    limitMinutes: readCount("--limit", values.limit, LIMIT_MINUTES_MAX),
    markdown: values.markdown,
    cpuProfile: values["cpu-prof"],
    keep: values.keep,
  };
};

const UNITS: Readonly<Record<string, number>> = { MB: 1e6, GB: 1e9 };

const readSize = (text: string): number => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*(MB|GB)$/i.exec(text) ?? [];
  const bytes = Number(amount) * (UNITS[unit?.toUpperCase() ?? ""] ?? Number.NaN);
  if (!(bytes >= 1e7)) throw new Error(`--size: got "${text}", expected at least 10MB, for instance 50MB or 2.5GB`);
  return bytes;
};

const readCount = (option: string, text: string, max: number): number => {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= max) return count;
  throw new Error(`${option}: got "${text}", expected a whole number from 1 to ${max}`);
};

const readScenario = (text: string): ScenarioName => {
  const name = SCENARIOS.find((scenario) => scenario === text.trim());
  if (name === undefined) throw new Error(`--only: got "${text}", expected ${SCENARIOS.join(", ")}`);
  return name;
};
