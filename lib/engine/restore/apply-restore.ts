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
 * The proof comes right after the rows, while nothing but COPY has touched them: their order is that in which they were
 * sent, and no policy or trigger stands between.
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
    const loads = await run.phase("loading rows", () => loadRows(run, lanes));
    await run.phase("proving", () => prove(run, lanes, loads, options.proof));
    await run.phase("setting sequences", () => setSequences(session, work));
    await run.phase("building indexes", async () => {
      for (const batch of batchesAfterRows(work)) await run.all(lanes, batch, "building indexes");
    });
    await run.phase("analysing", () => run.all(lanes, statisticsTasks(work), "analysing"));
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

/** How far a restore has come. */
class Run {
  made = false;
  readonly complete: string[] = [];
  readonly phases: { readonly phase: string; readonly elapsedMs: number }[] = [];
  readonly world: RestoreWorld;
  readonly work: RestoreWork;
  readonly #began: number;
  #rows = 0;
  #bytes = 0;
  #tables = 0;

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
    this.#rows = 0;
    this.#bytes = 0;
    // Counted when their rows are loaded and again when they are proven; from then on all of them are there.
    if (phase === "proving") this.#tables = 0;
    this.#tell(phase);
    const result = await act();
    this.phases.push({ phase, elapsedMs: this.world.clock.elapsedMs() - began });
    return result;
  }

  all<Task extends RestoreTask>(
    lanes: Lanes<RestoreTask, RestoreResult>,
    tasks: readonly Queued<Task>[],
    phase: string,
    done?: (queued: Queued<Task>) => void,
  ): Promise<readonly RestoreResult[]> {
    return runTasks<Task, RestoreResult>(lanes, tasks, {
      progress: (rows, bytes) => {
        this.#rows += rows;
        this.#bytes += bytes;
        this.#tell(phase);
      },
      done: (queued) => {
        done?.(queued);
        this.#tell(phase);
      },
      signal: this.world.signal,
    });
  }

  tableDone(): void {
    this.#tables++;
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

  #tell(phase: string): void {
    const { tables, plan } = this.work;
    this.world.progress({
      phase,
      tablesDone: this.#tables,
      tablesTotal: tables.length,
      rowsDone: this.#rows,
      rowsTotal: plan.rows,
      bytesDone: this.#bytes,
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

/** Loads every table; one that outweighs all others together is loaded by all lanes at once, each a range of its keys. */
const loadRows = async (run: Run, lanes: Lanes<RestoreTask, RestoreResult>): Promise<readonly Loaded[]> => {
  const { tables } = run.work;
  const total = tables.reduce((bytes, table) => bytes + plainBytesOf(table), 0);
  const planned = tables.map((work) => {
    const bytes = plainBytesOf(work);
    const dominates = lanes.count > 1 && bytes * lanes.count > SPLIT_SHARE_MIN * total && bytes > total - bytes;
    const splits = dominates ? splitsOf(work.table, lanes.count) : [];
    const digestKind: LoadTask["digest"] = splits.length === 0 ? "ordered" : "unordered";
    const ranges = [undefined, ...splits].map((from, i) => ({ from, to: splits[i] }));
    const tasks = ranges.map(
      (range): Queued<LoadTask> => ({
        task: { kind: "load", class: work.class, table: work.table, into: work.into, ...range, digest: digestKind },
        weight: bytes / ranges.length,
      }),
    );
    return { work, tasks, digestKind };
  });
  const results = new Map<Queued<LoadTask>, RestoreResult>();
  const left = new Map(planned.map((one) => [one.work.table, one.tasks.length]));
  const queue = planned.flatMap(({ tasks }) => tasks);
  const done = ({ task }: Queued<LoadTask>): void => {
    const rest = (left.get(task.table) ?? 0) - 1;
    left.set(task.table, rest);
    if (rest > 0) return;
    run.complete.push(nameOf(task.into));
    run.tableDone();
  };
  (await run.all(lanes, queue, "loading rows", done)).forEach((result, i) => {
    results.set(queue[i] as Queued<LoadTask>, result);
  });
  return planned.map(({ work, tasks, digestKind }) => {
    const parts = tasks.map((task) => results.get(task) as RestoreResult);
    const [only] = parts as [RestoreResult, ...RestoreResult[]];
    if (parts.length === 1) return { ...only, work, digestKind };
    const loaded = {
      work,
      digestKind,
      rows: parts.reduce((rows, part) => rows + part.rows, 0),
      bytes: parts.reduce((bytes, part) => bytes + part.bytes, 0),
      digest: addSums(parts.map((part) => part.digest)),
      keySum: addSums(parts.map((part) => part.keySum)),
    };
    // One range alone cannot tell; a table loaded by one task was checked before its transaction ended.
    assertLoaded(work.table, nameOf(work.into), loaded);
    return loaded;
  });
};

const prove = async (
  run: Run,
  lanes: Lanes<RestoreTask, RestoreResult>,
  loads: readonly Loaded[],
  proof: Proof,
): Promise<void> => {
  const tasks = loads.map(
    (load): Queued<ProveTask> => ({
      task: {
        kind: "prove",
        table: load.work.into,
        rows: load.rows,
        expected: proof === "full" ? { kind: load.digestKind, digest: load.digest } : undefined,
      },
      weight: load.bytes,
    }),
  );
  await run.all(lanes, tasks, "proving", () => run.tableDone());
};

const setSequences = async (session: TargetSession, { sequences }: RestoreWork): Promise<void> => {
  for (const sequence of sequences) await session.run(setvalSql(sequence), `setting sequence ${nameOf(sequence)}`);
};

export const setvalSql = (sequence: RestoreWork["sequences"][number]): string =>
  `SELECT pg_catalog.setval(${quoteLiteral(qualified(sequence.schema, sequence.name))}, ${sequence.lastValue}, ${sequence.isCalled})`;

const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;
