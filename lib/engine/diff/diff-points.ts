import type { Difference, TableDifference } from "../../model/difference.ts";
import { SAMPLES_MAX } from "../../model/difference.ts";
import { Failure } from "../../model/errors.ts";
import type { Point } from "../../model/point.ts";
import type { ReportProgress } from "../../model/progress.ts";
import type { Clock } from "../../ports/clock.ts";
import type { Vault } from "../vault.ts";
import { diffNothing, diffPresence, diffTables } from "./diff-tables.ts";
import type { TableSide } from "./layer-rows.ts";
import { pairTables, type TablePair } from "./pair-tables.ts";
import { openPoint, type TableSet } from "./table-set.ts";
import type { DiffOptions } from "./tally.ts";

export interface DiffWorld {
  readonly clock: Clock;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
  /** Hears each table as soon as it is compared. */
  readonly onTable: (table: TableDifference) => void;
}

/**
 * Compares two points. Memory beside that of `diffTables`: the parts' manifests (about 400 bytes per page, so 7 MB for a
 * terabyte) and the samples.
 *
 * @param samplesMax  samples of each kind per table, at most SAMPLES_MAX
 * @throws OBJECT_MISSING, OBJECT_CORRUPT, CHUNK_DIGEST_MISMATCH, DIGEST_MISMATCH, KEY_WRONG, STORE_*, and the signal's reason
 */
export const diffPoints = async (
  world: DiffWorld,
  vault: Vault,
  a: Point,
  b: Point,
  samplesMax: number,
): Promise<Difference> => diffSets(world, (await openPoint(vault, a)).set, (await openPoint(vault, b)).set, samplesMax);

/** Compares two sets of tables, one table after the other. */
export const diffSets = async (world: DiffWorld, a: TableSet, b: TableSet, samplesMax: number): Promise<Difference> => {
  if (!Number.isSafeInteger(samplesMax) || samplesMax < 0 || samplesMax > SAMPLES_MAX)
    throw new Failure("USAGE", `samples must be a whole number from 0 to ${SAMPLES_MAX}`);
  const began = world.clock.elapsedMs();
  const { pairs, leftOut } = pairTables(a, b);
  const done = { tables: 0, rows: 0, bytes: 0 };
  const tell = (): void =>
    world.progress({
      phase: "comparing",
      tablesDone: done.tables,
      tablesTotal: pairs.length,
      rowsDone: done.rows,
      bytesDone: done.bytes,
      elapsedMs: world.clock.elapsedMs() - began,
    });
  const onRows = (rows: number, bytes: number): void => {
    done.rows += rows;
    done.bytes += bytes;
    tell();
  };
  tell();
  const tables: TableDifference[] = [];
  for (const pair of pairs) {
    world.signal.throwIfAborted();
    const table = await diffPair(pair, { samplesMax, onRows, signal: world.signal });
    tables.push(table);
    done.tables++;
    world.onTable(table);
    tell();
  }
  const sum = (count: (table: TableDifference) => number): number =>
    tables.reduce((total, table) => total + count(table), 0);
  return {
    format: 1,
    kind: "difference",
    a: a.shown,
    b: b.shown,
    totals: {
      tables: tables.length,
      tablesDifferent: sum((table) => (isDifferent(table) ? 1 : 0)),
      missing: sum((table) => table.missing),
      extra: sum((table) => table.extra),
      changed: sum((table) => table.changed),
    },
    tables,
    leftOut,
  };
};

const diffPair = async ({ a, b, whyNot }: TablePair, options: DiffOptions): Promise<TableDifference> => {
  if (a === undefined) return diffPresence("b", b as TableSide);
  if (b === undefined) return diffPresence("a", a);
  return whyNot === undefined ? diffTables(a, b, options) : diffNothing(a, b, whyNot);
};

/** Whether a table's rows, columns or name differ, or nothing can be said. */
export const isDifferent = (table: TableDifference): boolean =>
  table.a?.schema !== table.b?.schema ||
  table.a?.name !== table.b?.name ||
  table.comparedBy === "presence" ||
  table.comparedBy === "nothing" ||
  table.missing + table.extra + table.changed > 0 ||
  table.columnsAdded.length + table.columnsDropped.length + table.columnsRetyped.length > 0;
