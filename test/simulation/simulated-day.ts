import type { ReportFile } from "../../lib/operations/report.ts";

export interface SimulationOptions {
  /** First business date. */
  readonly from: string;
  readonly days: number;
  /** Of what happens by chance. */
  readonly seed: number;
  /** An empty database that has the name the policy says. */
  readonly databaseUrl: string;
  /** Makes a database to restore into. */
  readonly emptyDatabase: () => Promise<string>;
  /** Leaves out what keeps the promises of retention: then they must be seen to be broken. */
  readonly workerRests?: boolean;
  readonly onDay?: (day: SimulatedDay) => void;
}

/** What the stores hold. */
export interface StoreSizes {
  readonly points: number;
  readonly hotObjects: number;
  readonly hotBytes: number;
  readonly keys: number;
  readonly archiveObjects: number;
  readonly archiveBytes: number;
  readonly evidenceBytes: number;
}

export interface SimulatedDay extends StoreSizes {
  readonly day: string;
  readonly elapsedMs: number;
  /** Planted faults that were met, and what was left out. */
  readonly events: readonly string[];
  /** Promises that were not kept. */
  readonly broken: readonly string[];
}

export interface SimulationReport {
  readonly seed: number;
  readonly days: readonly SimulatedDay[];
  readonly counts: Readonly<Record<string, number>>;
  readonly broken: readonly string[];
  /** The compliance report of all the days. */
  readonly report: readonly ReportFile[];
  readonly elapsedMs: number;
}
