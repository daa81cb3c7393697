import type { Usage } from "../measure.ts";

/** A tool that takes captures of the database into a repository of its own. */
export interface Peer {
  /** As it is named in the table: tool, compression, what it seals. */
  readonly name: string;
  readonly version: string;
  /** 1 for what is so slow that a median would take the whole run's time; the table says so. */
  readonly runsMax: number;
  /** Whether a later capture costs less than a first one. */
  readonly incremental: boolean;
  /** Makes an empty repository. Not measured. */
  prepare(repository: string): Promise<void>;
  capture(repository: string, kind: "first" | "later"): Promise<Usage>;
  storedBytes(repository: string): number;
}

export interface RestoringPeer extends Peer {
  /** Restores the newest capture into an empty database, whole or one table with its indexes. Undefined: it cannot. */
  restore(repository: string, into: string, table?: string): Promise<Restored | undefined>;
}

export interface Restored extends Usage {
  /** Seconds of its phases, where the tool tells: `load`, `proof`, `analyse`. */
  /** Seconds without proof and ANALYZE, where it does them. */
  readonly bareSeconds?: number;
  readonly phases?: Readonly<Record<string, number>>;
}

/** What is wanted but cannot run, and why: shown under the table. */
export interface Missing {
  readonly what: string;
  readonly because: string;
}
