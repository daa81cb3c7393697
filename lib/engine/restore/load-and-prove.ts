import type { Lanes } from "../../ports/lanes.ts";
import type { TargetSession } from "../../ports/target-database.ts";
import { splitsOf } from "../read-table.ts";
import type { TableWork } from "./plan-restore.ts";
import {
  assertLoaded,
  assertProven,
  type LoadPiece,
  type LoadTask,
  type ProveTask,
  type RestoreResult,
  type RestoreTask,
} from "./restore-lane.ts";
import type { RestoreRun } from "./restore-run.ts";
import { addSums, type DigestKind } from "./rows-digest.ts";
import type { Queued } from "./run-tasks.ts";
import { plainBytesOf } from "./whole-tables.ts";

/** `full`: every table is read back and compared with what was sent. `counts`: its rows are counted only. */
export type Proof = "full" | "counts";

/** What was sent into a table. */
export interface Loaded extends RestoreResult {
  readonly work: TableWork;
  readonly digestKind: DigestKind;
}

/**
 * Ranges of one table cannot be written as frozen and are proven row by row: both cost about a quarter. So a table is
 * split only if it alone would keep one lane busy for this much longer than all lanes need together.
 */
const SPLIT_SHARE_MIN = 1.5;

/** The tasks of one table, all loads or all proofs, and what has come of them. */
interface TableTasks {
  readonly work: TableWork;
  readonly digestKind: DigestKind;
  readonly tasks: readonly Queued<RestoreTask>[];
  readonly results: RestoreResult[];
}

/** Tasks for every table: one, or for a table that outweighs all others together one for each of its pieces. */
const planLoads = (tables: readonly TableWork[], lanes: number): readonly TableTasks[] => {
  const total = tables.reduce((bytes, table) => bytes + plainBytesOf(table), 0);
  return tables.map((work) => {
    const bytes = plainBytesOf(work);
    const dominates = lanes > 1 && bytes * lanes > SPLIT_SHARE_MIN * total && bytes > total - bytes;
    const pieces = dominates ? piecesOf(work, lanes) : [];
    const whole = pieces.length < 2;
    const digestKind: DigestKind = whole ? "ordered" : "unordered";
    const common = { kind: "load", into: work.into, whole, digest: digestKind } as const;
    const tasks: readonly Queued<LoadTask>[] = whole
      ? [{ task: { ...common, pieces: work.sources }, weight: bytes }]
      : pieces.map(({ weight, ...piece }) => ({ task: { ...common, pieces: [piece] }, weight }));
    return { work, tasks, digestKind, results: [] };
  });
};

/**
 * What lanes may load side by side of one table: ranges of its keys, of each slice of its own. One without a key stays
 * whole: the order of its rows is all that tells them apart.
 */
const piecesOf = (work: TableWork, lanes: number): readonly (LoadPiece & { readonly weight: number })[] => {
  if (work.facts.key === undefined) return [];
  const total = plainBytesOf(work);
  return work.sources.flatMap((source) => {
    const bytes = plainBytesOf({ sources: [source] });
    const splits = splitsOf(source.table, Math.ceil((lanes * bytes) / total));
    const weight = bytes / (splits.length + 1);
    return [undefined, ...splits].map((from, i) => ({ ...source, from, to: splits[i], weight }));
  });
};

/** @throws RESTORE_UNPROVEN  the pieces of a table do not come to what the point recorded */
const loadedOf = (work: TableWork, digestKind: DigestKind, results: readonly RestoreResult[]): Loaded => {
  const loaded = { ...sumOf(results), work, digestKind };
  // One piece alone cannot tell; a table loaded by one task was checked before its transaction ended.
  if (results.length > 1) assertLoaded(work.sources, nameOf(work.into), loaded);
  return loaded;
};

/** Pieces and shares of pages are digested so that they add up. */
const sumOf = (results: readonly RestoreResult[]): RestoreResult => {
  const [first] = results as [RestoreResult, ...RestoreResult[]];
  if (results.length === 1) return first;
  return {
    rows: results.reduce((rows, part) => rows + part.rows, 0),
    bytes: results.reduce((bytes, part) => bytes + part.bytes, 0),
    digest: addSums(results.map((part) => part.digest)),
    keySum: addSums(results.map((part) => part.keySum)),
  };
};

/** Proofs begin when no load is waiting: what is loaded early must not keep a lane from what takes longest. */
const PROOF_WEIGHT = -(2 ** 52);

/** Tasks that read a loaded table back: one, or where order does not count one for each lane and share of its pages. */
const planProof = async (
  { work, digestKind, bytes }: Loaded,
  proof: Proof,
  { session, lanes }: Hands,
): Promise<readonly Queued<ProveTask>[]> => {
  const shares = proof === "full" && digestKind === "unordered" ? lanes.count : 1;
  const pages = shares === 1 ? 0 : await session.pages(work.into);
  const borders = Array.from({ length: shares - 1 }, (_, i) => Math.floor((pages * (i + 1)) / shares));
  return [0, ...borders].map((from, i) => ({
    task: {
      kind: "prove",
      table: work.into,
      ...(shares === 1 ? {} : { pages: { from, to: borders[i] } }),
      ...(proof === "full" ? { digest: digestKind } : {}),
    },
    weight: PROOF_WEIGHT + bytes / shares,
  }));
};

/** The session that made the tables, which has nothing to do while rows are loaded, and the lanes. */
interface Hands {
  readonly session: TargetSession;
  readonly lanes: Lanes<RestoreTask, RestoreResult>;
}

/** Loads every table, and proves each when its rows are there: no lane waits for the table of another. */
export const loadAndProve = async (run: RestoreRun, hands: Hands, proof: Proof): Promise<readonly Loaded[]> => {
  const planned = planLoads(run.work.tables, hands.lanes.count);
  const tableOf = new Map<Queued<RestoreTask>, TableTasks>();
  const enlist = (table: TableTasks): readonly Queued<RestoreTask>[] => {
    for (const queued of table.tasks) tableOf.set(queued, table);
    return table.tasks;
  };
  const loads = new Map<TableWork, Loaded>();
  const allLoaded = Promise.withResolvers<void>();
  const done = async (queued: Queued<RestoreTask>, result: RestoreResult): Promise<readonly Queued<RestoreTask>[]> => {
    const { work, tasks, results, digestKind } = tableOf.get(queued) as TableTasks;
    results.push(result);
    if (results.length < tasks.length) return [];
    const name = nameOf(work.into);
    const sent = loads.get(work);
    if (sent !== undefined) {
      assertProven(name, sent, sumOf(results));
      run.proven.tables++;
      return [];
    }
    const load = loadedOf(work, digestKind, results);
    loads.set(work, load);
    run.complete.push(name);
    run.loaded.tables++;
    if (loads.size === planned.length) allLoaded.resolve();
    return enlist({ work, digestKind, tasks: await planProof(load, proof, hands), results: [] });
  };
  const tasks = planned.flatMap(enlist);
  let ended: Promise<unknown> = allLoaded.promise;
  await run.phase("loading rows", () => {
    ended = run.all(hands.lanes, tasks, done);
    return Promise.race([allLoaded.promise, ended]);
  });
  await run.phase("proving", () => ended);
  return [...loads.values()];
};

const nameOf = ({ schema, name }: { readonly schema: string; readonly name: string }): string => `${schema}.${name}`;
