import type { RangeRule } from "../engine/plan-capture.ts";
import type { Policy } from "../model/policy.ts";
import type { Clock, Entropy } from "../ports/clock.ts";
import type { KeyService } from "../ports/key-service.ts";
import type { VaultStores } from "../ports/object-store.ts";
import type { SourceDatabase } from "../ports/source-database.ts";

/** What a worker of a capture needs of the world. */
export interface CaptureWorkerWorld {
  readonly stores: VaultStores;
  readonly keys: KeyService;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /**
   * Opens a database by the name that the capture was asked with. The source's own `database` is what points are filed
   * under, so two databases of one vault must not share it.
   */
  readonly source: (database: string) => Promise<SourceDatabase>;
  readonly warn: (message: string) => void;
  /** Splits points into a part for each class; without it there is one class. */
  readonly policy?: Policy | undefined;
  /** How tables are split into ranges. Only tests give another rule. */
  readonly ranges?: RangeRule;
}

/** The time a call of a worker has. */
export class CallTime {
  readonly windowMs: number;
  readonly #clock: Clock;
  readonly #beganMs: number;

  /** @param windowMs  milliseconds from now on; Infinity where nobody counts */
  constructor(clock: Clock, windowMs: number) {
    this.#clock = clock;
    this.windowMs = windowMs;
    this.#beganMs = clock.elapsedMs();
  }

  get passedMs(): number {
    return this.#clock.elapsedMs() - this.#beganMs;
  }

  get leftMs(): number {
    return this.windowMs - this.passedMs;
  }

  /** Aborts when so much time is left, unless the signal is aborted before. */
  abortBefore(reserveMs: number, stop: AbortController, reason: unknown, signal: AbortSignal): void {
    if (this.windowMs === Number.POSITIVE_INFINITY) return;
    const ended = AbortSignal.any([stop.signal, signal]);
    void this.#clock.sleep(this.leftMs - reserveMs, ended).then(
      () => stop.abort(reason),
      () => undefined,
    );
  }
}
