import { Failure, isFailure } from "../../model/errors.ts";
import type { ReportProgress } from "../../model/progress.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Lanes } from "../../ports/lanes.ts";
import type { RestoreWork } from "./plan-restore.ts";
import type { RestoreResult, RestoreTask } from "./restore-lane.ts";
import { type Queued, runTasks } from "./run-tasks.ts";

interface RunWorld {
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

/** How far a phase has come. */
interface Count {
  tables: number;
  rows: number;
  bytes: number;
}

/** How far a restore has come: what it tells while it runs, and when it fails. */
export class RestoreRun {
  made = false;
  readonly complete: string[] = [];
  readonly loaded: Count = { tables: 0, rows: 0, bytes: 0 };
  readonly proven: Count = { tables: 0, rows: 0, bytes: 0 };
  readonly phases: { readonly phase: string; readonly elapsedMs: number }[] = [];
  readonly world: RunWorld;
  readonly work: RestoreWork;
  readonly #began: number;
  #phase = "";

  constructor(world: RunWorld, work: RestoreWork) {
    this.world = world;
    this.work = work;
    this.#began = world.clock.elapsedMs();
  }

  get elapsedMs(): number {
    return this.world.clock.elapsedMs() - this.#began;
  }

  async phase<T>(phase: string, act: () => Promise<T>): Promise<T> {
    this.world.signal.throwIfAborted();
    const began = this.world.clock.elapsedMs();
    this.#phase = phase;
    this.#tell();
    const result = await act();
    this.phases.push({ phase, elapsedMs: this.world.clock.elapsedMs() - began });
    return result;
  }

  all(
    lanes: Lanes<RestoreTask, RestoreResult>,
    tasks: readonly Queued<RestoreTask>[],
    done?: (queued: Queued<RestoreTask>, result: RestoreResult) => Promise<readonly Queued<RestoreTask>[]>,
  ): Promise<readonly RestoreResult[]> {
    return runTasks<RestoreTask, RestoreResult>(lanes, tasks, {
      progress: ({ task }, rows, bytes) => {
        const count = task.kind === "prove" ? this.proven : this.loaded;
        count.rows += rows;
        count.bytes += bytes;
        this.#tell();
      },
      done: async (queued, result) => {
        const more = (await done?.(queued, result)) ?? [];
        this.#tell();
        return more;
      },
      signal: this.world.signal,
    });
  }

  /** The failure, with what is true of the target now. */
  failed(error: unknown): unknown {
    if (!isFailure(error)) return error;
    const { plan, tables } = this.work;
    const into = plan.scope.intoSchema;
    const where = into === undefined ? `database ${plan.target.database}` : `schema ${into}`;
    const state = this.made
      ? `${where} is not restored: ${this.complete.length} of ${tables.length} tables hold all their rows${listOf(this.complete)}`
      : "nothing was changed in the target";
    const scoped = plan.scope.schemas.length + plan.scope.tables.length > 0;
    const clear =
      into !== undefined
        ? `drop schema ${into} cascade`
        : scoped
          ? "drop the tables named in the plan"
          : `drop database ${plan.target.database} and create it again`;
    return new Failure(error.code, `${error.message}; ${state}`, {
      cause: error,
      hint: this.made ? `${clear}, then make a new plan; the vault was not changed` : error.hint,
      facts: { ...error.facts, tablesComplete: this.complete.length, tablesTotal: tables.length },
    });
  }

  #tell(): void {
    const { tables, plan } = this.work;
    // Tables count when their rows are loaded and again when they are proven; from then on all of them are there.
    const count = this.#phase === "loading rows" ? this.loaded : this.proven;
    const moving = this.#phase === "loading rows" || this.#phase === "proving";
    this.world.progress({
      phase: this.#phase,
      tablesDone: count.tables,
      tablesTotal: tables.length,
      rowsDone: moving ? count.rows : 0,
      rowsTotal: plan.rows,
      bytesDone: moving ? count.bytes : 0,
      bytesTotal: plan.plainBytes,
      elapsedMs: this.elapsedMs,
    });
  }
}

const NAMES_SHOWN_MAX = 10;

const listOf = (names: readonly string[]): string =>
  names.length === 0
    ? ""
    : ` (${names.slice(0, NAMES_SHOWN_MAX).join(", ")}${names.length > NAMES_SHOWN_MAX ? ", ..." : ""})`;
