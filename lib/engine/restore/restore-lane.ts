import { Failure } from "../../model/errors.ts";
import { freeBytes } from "../../model/free-bytes.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import type { PageRange, TargetSession, TargetTable } from "../../ports/target-database.ts";
import { layerSource } from "../layers.ts";
import { readTable } from "../read-table.ts";
import type { ClassSecret } from "../vault.ts";
import { type DigestKind, RowsDigest } from "./rows-digest.ts";
import { qualified } from "./sql-names.ts";
import { rowsOf, type TableSource } from "./whole-tables.ts";

/** One connection's worth of a restore: what a worker has in hand, in this process, a thread or another machine. */
export interface RestoreLane {
  readonly session: TargetSession;
  readonly store: ObjectStore;
  readonly classes: ReadonlyMap<string, ClassSecret>;
}

/** Loads a table, or pieces of one, from its layers. */
export interface LoadTask {
  readonly kind: "load";
  /** In the order in which their rows are sent. */
  readonly pieces: readonly [LoadPiece, ...LoadPiece[]];
  readonly into: TargetTable;
  /** Whether the pieces are all of the table, so that the task has it to itself. */
  readonly whole: boolean;
  readonly digest: DigestKind;
}

/** A table's rows in one part, or a range of their keys. */
export interface LoadPiece extends TableSource {
  /** Borders from splitsOf: from inclusive, to exclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
}

/** Reads a table back, or a share of its pages, or only counts it. What comes of it is for `assertProven`. */
export interface ProveTask {
  readonly kind: "prove";
  readonly table: TargetTable;
  readonly pages?: PageRange | undefined;
  /** Undefined to count only. */
  readonly digest?: DigestKind | undefined;
}

export interface StatementTask {
  readonly kind: "statement";
  readonly sql: string;
  readonly doing: string;
}

export type RestoreTask = LoadTask | ProveTask | StatementTask;

export interface RestoreResult {
  readonly rows: number;
  readonly bytes: number;
  /** Of the rows loaded or read back; empty for other tasks. */
  readonly digest: string;
  /** Of the rows loaded. */
  readonly keySum: string;
}

type Progress = (rows: number, bytes: number) => void;

const NOTHING: RestoreResult = { rows: 0, bytes: 0, digest: "", keySum: "0" };

/**
 * Does one task of a restore. A load is one transaction: it holds all rows or none.
 * @throws RESTORE_UNPROVEN  naming the table: what the target took is not what the point holds
 */
export const runRestoreTask = async (
  lane: RestoreLane,
  task: RestoreTask,
  progress: Progress,
  signal: AbortSignal,
): Promise<RestoreResult> => {
  signal.throwIfAborted();
  const abandon = () => lane.session.abandon();
  // A server that sorts an index does not look at its socket, so waiting for it would not end.
  signal.addEventListener("abort", abandon, { once: true });
  try {
    if (task.kind === "load") return await load(lane, task, progress, signal);
    if (task.kind === "prove") return await prove(lane, task, progress, signal);
    await lane.session.run(task.sql, task.doing);
    return NOTHING;
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    signal.removeEventListener("abort", abandon);
  }
};

const load = async (
  lane: RestoreLane,
  task: LoadTask,
  progress: Progress,
  signal: AbortSignal,
): Promise<RestoreResult> => {
  const { session } = lane;
  const { pieces, into, whole } = task;
  const [first] = pieces;
  const { key, format } = first.table.facts;
  // Slices of one table are of one class, whose seed their parts share: their sums add up.
  const { hashSeed: seed } = secretOf(lane, first);
  const digest = new RowsDigest(task.digest, key === undefined ? undefined : { key, format, seed });
  async function* counted(): AsyncGenerator<Buffer> {
    for await (const frames of framesOf(lane, pieces)) {
      signal.throwIfAborted();
      const { rows, bytes } = digest;
      digest.add(frames);
      yield frames;
      freeBytes(frames);
      progress(digest.rows - rows, digest.bytes - bytes);
    }
  }
  const name = `${into.schema}.${into.name}`;
  await session.run("BEGIN", `loading ${name}`);
  try {
    // A new file for the table: its rows may then be written as frozen and, with wal_level minimal, without WAL, and no
    // later VACUUM has to rewrite them.
    if (whole) await session.run(`TRUNCATE ONLY ${qualified(into.schema, into.name)}`, `emptying ${name}`);
    const took = await session.load(into, counted(), { freeze: whole });
    if (took !== digest.rows) throw unproven(name, `${digest.rows} rows were sent, the server took ${took}`);
    const result = { rows: digest.rows, bytes: digest.bytes, digest: digest.digest(), keySum: digest.keySum };
    if (whole) assertLoaded(pieces, name, result);
    await session.run("COMMIT", `loading ${name}`);
    return result;
  } catch (error) {
    // What went wrong is the error; a rollback that fails too means that the connection, and so the transaction, is gone.
    await session.run("ROLLBACK", `rolling back ${name}`).catch(() => session.abandon());
    throw error;
  }
};

async function* framesOf(lane: RestoreLane, pieces: readonly LoadPiece[]): AsyncGenerator<Buffer> {
  for (const piece of pieces) {
    const source = layerSource(lane.store, secretOf(lane, piece).namingSecret, piece.class, piece.table);
    yield* readTable(source, piece.table, { from: piece.from, to: piece.to });
  }
}

const secretOf = ({ classes }: RestoreLane, { class: name }: TableSource): ClassSecret => {
  const secret = classes.get(name);
  if (secret === undefined) throw new TypeError(`class ${name} has no keys in this lane`);
  return secret;
};

/**
 * Compares what was sent with what the point recorded when it was captured: the count of rows and the hashes of all keys.
 * @throws RESTORE_UNPROVEN
 */
export const assertLoaded = (
  sources: readonly [TableSource, ...TableSource[]],
  name: string,
  sent: Pick<RestoreResult, "rows" | "keySum">,
): void => {
  const rows = rowsOf({ sources });
  if (sent.rows !== rows) throw unproven(name, `the point has ${rows} rows, its layers gave ${sent.rows}`);
  if (sources[0].table.facts.key === undefined) return;
  const ranges = sources.flatMap(({ table }) => table.ranges);
  const expected = ranges.reduce((sum, range) => sum + BigInt(range.sum), 0n);
  if (BigInt.asUintN(64, expected) !== BigInt(sent.keySum))
    throw unproven(name, "the keys of its rows are not those the point recorded");
};

const prove = async (
  lane: RestoreLane,
  task: ProveTask,
  progress: Progress,
  signal: AbortSignal,
): Promise<RestoreResult> => {
  if (task.digest === undefined) {
    const rows = await lane.session.count(task.table);
    progress(rows, 0);
    return { ...NOTHING, rows };
  }
  const digest = new RowsDigest(task.digest);
  for await (const frames of lane.session.rows(task.table, task.pages)) {
    signal.throwIfAborted();
    const rows = digest.rows;
    digest.add(frames);
    progress(digest.rows - rows, frames.length);
  }
  return { ...NOTHING, rows: digest.rows, bytes: digest.bytes, digest: digest.digest() };
};

/**
 * Compares what the target holds with what was sent.
 * @param found  its digest is empty where rows were only counted
 * @throws RESTORE_UNPROVEN
 */
export const assertProven = (
  name: string,
  sent: Pick<RestoreResult, "rows" | "digest">,
  found: Pick<RestoreResult, "rows" | "digest">,
): void => {
  if (found.rows !== sent.rows) throw unproven(name, `${sent.rows} rows were loaded, the target has ${found.rows}`);
  if (found.digest !== "" && found.digest !== sent.digest)
    throw unproven(name, "the rows in the target are not those that were loaded");
};

const unproven = (table: string, why: string): Failure =>
  new Failure("RESTORE_UNPROVEN", `table ${table} is not proven: ${why}`, { facts: { table } });
