import { rmSync } from "node:fs";
import { join } from "node:path";
import type { Bench } from "../bench.ts";
import type { Usage } from "../measure.ts";
import type { Peer } from "../peers/peer.ts";

interface Cost {
  readonly once: number;
  readonly perRun: number;
}

export interface Scenario {
  readonly title: string;
  /** Whether it leaves the large data set as it found it. */
  readonly changesData: boolean;
  /** Seconds at 1 GB on two idle cores, without the first capture of anything: for the estimate shown in advance. */
  readonly secondsPerGb: Cost;
  /** Seconds whatever the size: processes starting, checkpoints. */
  readonly secondsFixed: Cost;
  run(bench: Bench): Promise<void>;
}

/** A tool taking part, until it fails once: then it is named and the others go on. */
export class Contestant<P extends Peer> {
  readonly peer: P;
  readonly repository: string;
  readonly #bench: Bench;
  #out = false;

  constructor(bench: Bench, peer: P) {
    this.#bench = bench;
    this.peer = peer;
    this.repository = join(bench.server.directory, peer.name.replaceAll(/\W+/g, "-").toLowerCase());
  }

  /** Whether it takes part in a run, counted from 1. */
  takesPart(run: number): boolean {
    return !this.#out && run <= this.peer.runsMax;
  }

  /** Does something of the tool's; what goes wrong ends its part in the scenario, not the scenario. */
  async attempt<T>(what: string, act: () => Promise<T>): Promise<T | undefined> {
    if (this.#out) return undefined;
    try {
      return await act();
    } catch (error) {
      this.#out = true;
      this.#bench.skip(
        `${this.peer.name}: ${what} and what follows`,
        error instanceof Error ? error.message : String(error),
      );
      return undefined;
    }
  }

  prepare(): Promise<unknown> {
    return this.attempt("preparing", () => this.peer.prepare(this.repository));
  }

  /** Captures and says what the repository grew by. */
  async capture(
    step: string,
    kind: "first" | "later",
  ): Promise<(Usage & { readonly storedBytes: number }) | undefined> {
    return this.attempt(step, async () => {
      const before = this.peer.storedBytes(this.repository);
      const usage = await this.peer.capture(this.repository, kind);
      return { ...usage, storedBytes: this.peer.storedBytes(this.repository) - before };
    });
  }

  async removeRepository(): Promise<void> {
    await this.#bench.server.setting("archive_command", "true"); // pgBackRest's would go on failing without it.
    rmSync(this.repository, { recursive: true, force: true });
  }
}

/** In turns: each run starts with another tool, so that none always follows the same one. */
export const rotated = <T>(list: readonly T[], run: number): readonly T[] => {
  const at = list.length === 0 ? 0 : run % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
};
