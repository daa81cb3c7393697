import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Machine } from "./machine.ts";
import type { Options, ScenarioName } from "./options.ts";
import type { Missing } from "./peers/peer.ts";

/** One run of one tool at one step of a scenario, as it was measured. */
export interface Reading {
  readonly scenario: ScenarioName;
  readonly step: string;
  readonly tool: string;
  /** From 1. */
  readonly run: number;
  readonly seconds: number;
  readonly clientCpuSeconds: number | undefined;
  readonly serverCpuSeconds: number | undefined;
  readonly peakBytes: number | undefined;
  /** What the step is about, and MB/s is relative to. */
  readonly tableBytes: number;
  /** What the repository grew by. */
  readonly storedBytes?: number | undefined;
  /** The changed rows alone, COPY binary through zstd 1: what any tool must at least store. */
  readonly changedBytes?: number | undefined;
  /** Seconds of phases, where the tool tells them. */
  /** Without what other tools do not do, or do not count: proof and ANALYZE. */
  readonly bareSeconds?: number | undefined;
  readonly phases?: Readonly<Record<string, number>> | undefined;
}

export interface ScenarioResult {
  readonly at: string;
  readonly seconds: number;
  readonly readings: readonly Reading[];
  readonly skipped: readonly Missing[];
  readonly notes: readonly string[];
  /** The large data set, where it was used. */
  readonly dataset: { readonly rows: Readonly<Record<string, number>>; readonly tableBytes: number } | undefined;
}

export interface Results {
  readonly format: 1;
  readonly date: string;
  readonly sizeBytes: number;
  readonly runs: number;
  readonly machine: Machine;
  readonly scenarios: Partial<Record<ScenarioName, ScenarioResult>>;
}

/** One file per day, size and number of runs: scenarios run one by one come together in it. Profiled runs stay apart. */
export const resultsPath = (date: string, { sizeBytes, runs, cpuProfile }: Options): string =>
  join(
    import.meta.dirname,
    "results",
    `${date}-${sizeBytes / 1e6}MB-${runs}-runs${cpuProfile ? "-profiled" : ""}.json`,
  );

export const readResults = (path: string): Results | undefined =>
  existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Results) : undefined;

export const writeResults = (path: string, results: Results): void => {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
};
