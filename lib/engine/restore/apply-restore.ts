import type { ReportProgress } from "../../model/progress.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Lanes } from "../../ports/lanes.ts";
import type { TargetDatabase, TargetSession } from "../../ports/target-database.ts";
import type { ClassSecret } from "../vault.ts";
import { batchesAfterRows, statementTask, statisticsTasks } from "./finish-tables.ts";
import { type Loaded, loadAndProve, type Proof } from "./load-and-prove.ts";
import type { RestoreWork } from "./plan-restore.ts";
import type { RestoreResult, RestoreTask } from "./restore-lane.ts";
import { RestoreRun } from "./restore-run.ts";
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
 * they were sent, and no policy or trigger stands between. Other tables may still be loading. What was loaded in ranges by
 * all lanes is read back by all lanes too, a share of its pages each.
 *
 * @throws RESTORE_UNPROVEN, DATABASE_*, TARGET_NO_SPACE, OBJECT_*, or the signal's reason; the message says what the target holds
 */
export const applyRestore = async (
  world: RestoreWorld,
  work: RestoreWork,
  options: { readonly proof: Proof; readonly classes: ReadonlyMap<string, ClassSecret> },
): Promise<RestoreReport> => {
  const run = new RestoreRun(world, work);
  try {
    await using session = await world.target.open();
    await run.phase("making tables", () => makeTables(session, work));
    run.made = true;
    await using lanes = await world.openLanes({ classes: options.classes });
    const loads = await loadAndProve(run, { session, lanes }, options.proof);
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

const setSequences = async (session: TargetSession, { sequences }: RestoreWork): Promise<void> => {
  for (const sequence of sequences)
    await session.run(setvalSql(sequence), `setting sequence ${sequence.schema}.${sequence.name}`);
};

export const setvalSql = (sequence: RestoreWork["sequences"][number]): string =>
  `SELECT pg_catalog.setval(${quoteLiteral(qualified(sequence.schema, sequence.name))}, ${sequence.lastValue}, ${sequence.isCalled})`;
