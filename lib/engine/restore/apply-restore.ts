import { Failure, isFailure } from "../../model/errors.ts";
import type { ReportProgress } from "../../model/progress.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Lanes } from "../../ports/lanes.ts";
import type { TargetDatabase, TargetSession } from "../../ports/target-database.ts";
import { splitsOf } from "../read-table.ts";
import type { ClassSecret } from "../vault.ts";
import { batchesAfterRows, statementTask, statisticsTasks } from "./finish-tables.ts";
import { plainBytesOf, type RestoreWork, type TableWork } from "./plan-restore.ts";
import { assertLoaded, type LoadTask, type ProveTask, type RestoreResult, type RestoreTask } from "./restore-lane.ts";
import { addSums } from "./rows-digest.ts";
import { type Queued, runTasks } from "./run-tasks.ts";
import { qualified, quoteLiteral } from "./sql-names.ts";

/** What a lane needs to know to do the tasks of a restore. */
export interface RestoreOpening {
  readonly classes: ReadonlyMap<string, ClassSecret>;
}

export interface RestoreWorld {
  readonly clock: Clock;
  readonly target: TargetDatabase;
  /** Lanes with a session of the target each. */
  readonly openLanes: (opening: RestoreOpening) => Promise<Lanes<RestoreTask, RestoreResult>>;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

/** `full`: every table is read back and compared with what was sent. `counts`: its rows are counted only. */
export type Proof = "full" | "counts";

export interface RestoreReport {
  readonly tables: number;
  readonly rows: number;
  /** Bytes of the rows loaded. */
  readonly bytes: number;
  readonly proof: Proof;
  readonly phases: readonly { readonly phase: string; readonly elapsedMs: number }[];
  readonly elapsedMs: number;
}

/**
 * Restores: statements before the rows in one transaction, rows, proof, sequences, statements after the rows, statistics.
 *
 * The proof of a table comes right after its rows, while nothing but COPY has touched them: their order is that in which
 * they were sent, and no policy or trigger stands between. Other tables may still be loading.
 *
 * @throws RESTORE_UNPROVEN, DATABASE_*, TARGET_NO_SPACE, OBJECT_*, or the signal's reason; the message says what the target holds
 */
export const applyRestore = async (
  world: RestoreWorld,
  work: RestoreWork,
  options: { readonly proof: Proof; readonly classes: ReadonlyMap<string, ClassSecret> },
): Promise<RestoreReport> => {
  const run = new Run(world, work);
  try {
    await using session = await world.target.open();
    await run.phase("making tables", () => makeTables(session, work));
    run.made = true;
    await using lanes = await world.openLanes({ classes: options.classes });
    const loads = await loadAndProve(run, lanes, options.proof);
    await run.phase("setting sequences", () => setSequences(session, work));
    await run.phase("building indexes", async () => {
      for (const batch of batchesAfterRows(work)) await run.all(lanes, batch);
    });
    await run.phase("analysing", () => run.all(lanes, statisticsTasks(work)));
    const sum = (of: (load: Loaded) => number): number => loads.reduce((total, load) => total + of(load), 0);
    return {
      tables: work.tables.length,
      rows: sum((load) => load.rows),
      bytes: sum((load) => load.bytes),
      proof: options.proof,
      phases: run.phases,
      elapsedMs: run.elapsedMs,
    };
  } catch (error) {
    throw run.failed(error);
  }
};

/** How far a phase has come. */
interface Count {
  tables: number;
  rows: number;
  bytes: number;
}

/** How far a restore has come. */
class Run {
  made = false;
  readonly complete: string[] = [];
  readonly loaded: Count = { tables: 0, rows: 0, bytes: 0 };
  readonly proven: Count = { tables: 0, rows: 0, bytes: 0 };
  readonly phases: { readonly phase: string; readonly elapsedMs: number }[] = [];
  readonly world: RestoreWorld;
  readonly work: RestoreWork;
  readonly #began: number;
  #phase = "";

  constructor(world: RestoreWorld, work: RestoreWork) {
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
    done?: (queued: Queued<RestoreTask>, result: RestoreResult) => readonly Queued<RestoreTask>[],
  ): Promise<readonly RestoreResult[]> {
    return runTasks<RestoreTask, RestoreResult>(lanes, tasks, {
      progress: ({ task }, rows, bytes) => {
        const count = task.kind === "prove" ? this.proven : this.loaded;
        count.rows += rows;
        count.bytes += bytes;
        this.#tell();
      },
      done: (queued, result) => {
        const more = done?.(queued, result) ?? [];
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

const makeTables = async (session: TargetSession, { pre }: RestoreWork): Promise<void> => {
  await session.run("BEGIN", "beginning the restore");
  try {
    for (const statement of pre) {
      const { sql, doing } = statementTask(statement);
      await session.run(sql, doing);
    }
    await session.run("COMMIT", "making the tables");
  } catch (error) {
    // A rollback that fails means that the connection is gone, and the transaction with it.
    await session.run("ROLLBACK", "rolling back").catch(() => session.abandon());
    throw error;
  }
};

interface Loaded extends RestoreResult {
  readonly work: TableWork;
  readonly digestKind: LoadTask["digest"];
}

/**
 * Ranges of one table cannot be written as frozen and are proven row by row: both cost about a quarter. So a table is
 * split only if it alone would keep one lane busy for this much longer than all lanes need together.
 */
const SPLIT_SHARE_MIN = 1.5;

interface TableLoad {
  readonly work: TableWork;
  readonly digestKind: LoadTask["digest"];
  readonly tasks: readonly Queued<RestoreTask>[];
  readonly results: RestoreResult[];
}

/** Tasks for every table: one, or for a table that outweighs all others together one for each lane and range of its keys. */
const planLoads = (tables: readonly TableWork[], lanes: number): readonly TableLoad[] => {
  const total = tables.reduce((bytes, table) => bytes + plainBytesOf(table), 0);
  return tables.map((work) => {
    const bytes = plainBytesOf(work);
    const dominates = lanes > 1 && bytes * lanes > SPLIT_SHARE_MIN * total && bytes > total - bytes;
    const splits = dominates ? splitsOf(work.table, lanes) : [];
    const digestKind: LoadTask["digest"] = splits.length === 0 ? "ordered" : "unordered";
    const ranges = [undefined, ...splits].map((from, i) => ({ from, to: splits[i] }));
    const tasks = ranges.map(
      (range): Queued<LoadTask> => ({
        task: { kind: "load", class: work.class, table: work.table, into: work.into, ...range, digest: digestKind },
        weight: bytes / ranges.length,
      }),
    );
    return { work, tasks, digestKind, results: [] };
  });
};

/** @throws RESTORE_UNPROVEN  the ranges of a table do not come to what the point recorded */
const loadedOf = ({ work, digestKind, results }: TableLoad): Loaded => {
  const [only] = results as [RestoreResult, ...RestoreResult[]];
  if (results.length === 1) return { ...only, work, digestKind };
  const loaded = {
    work,
    digestKind,
    rows: results.reduce((rows, part) => rows + part.rows, 0),
    bytes: results.reduce((bytes, part) => bytes + part.bytes, 0),
    digest: addSums(results.map((part) => part.digest)),
    keySum: addSums(results.map((part) => part.keySum)),
  };
  // One range alone cannot tell; a table loaded by one task was checked before its transaction ended.
  assertLoaded(work.table, nameOf(work.into), loaded);
  return loaded;
};

/** Proofs begin when no load is waiting: what is loaded early must not keep a lane from what takes longest. */
const PROOF_WEIGHT = -(2 ** 52);

const proofOf = (load: Loaded, proof: Proof): Queued<ProveTask> => ({
  task: {
    kind: "prove",
    table: load.work.into,
    rows: load.rows,
    expected: proof === "full" ? { kind: load.digestKind, digest: load.digest } : undefined,
  },
  weight: PROOF_WEIGHT + load.bytes,
});

/** Loads every table, and proves each when its rows are there: no lane waits for the table of another. */
const loadAndProve = async (
  run: Run,
  lanes: Lanes<RestoreTask, RestoreResult>,
  proof: Proof,
): Promise<readonly Loaded[]> => {
  const planned = planLoads(run.work.tables, lanes.count);
  const tableOf = new Map(planned.flatMap((table) => table.tasks.map((queued) => [queued, table] as const)));
  const loads: Loaded[] = [];
  const loading = Promise.withResolvers<void>();
  const done = (queued: Queued<RestoreTask>, result: RestoreResult): readonly Queued<RestoreTask>[] => {
    const table = tableOf.get(queued);
    if (table === undefined) {
      run.proven.tables++;
      return [];
    }
    table.results.push(result);
    if (table.results.length < table.tasks.length) return [];
    const load = loadedOf(table);
    loads.push(load);
    run.complete.push(nameOf(table.work.into));
    run.loaded.tables++;
    if (loads.length === planned.length) loading.resolve();
    return [proofOf(load, proof)];
  };
  const tasks = planned.flatMap((table) => table.tasks);
  let ended: Promise<unknown> = loading.promise;
  await run.phase("loading rows", () => {
    ended = run.all(lanes, tasks, done);
    return Promise.race([loading.promise, ended]);
  });
  await run.phase("proving", () => ended);
  return loads;
};

const setSequences = async (session: TargetSession, { sequences }: RestoreWork): Promise<void> => {
  for (const sequence of sequences) await session.run(setvalSql(sequence), `setting sequence ${nameOf(sequence)}`);
};

export const setvalSql = (sequence: RestoreWork["sequences"][number]): string =>
  `SELECT pg_catalog.setval(${quoteLiteral(qualified(sequence.schema, sequence.name))}, ${sequence.lastValue}, ${sequence.isCalled})`;

const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;
