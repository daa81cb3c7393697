import { Failure } from "../model/errors.ts";
import type { ChunkEntry, Layer, PageRef, RangeRecord } from "../model/point.ts";
import type { TableFacts } from "../model/table.ts";
import type { Entropy } from "../ports/clock.ts";
import type { ObjectStore } from "../ports/object-store.ts";
import type { SourceReader } from "../ports/source-database.ts";
import type { CutRule } from "./cut.ts";
import { LayerWriter, type PageSum } from "./layer-writer.ts";
import { getPage } from "./page.ts";
import type { ClassSecret } from "./vault.ts";

/** One connection's worth of a capture: what a worker has in hand, in this process, a thread or another machine. */
export interface Lane {
  readonly reader: SourceReader;
  readonly store: ObjectStore;
  readonly entropy: Entropy;
  readonly pointId: string;
  readonly classes: ReadonlyMap<string, LaneClass>;
}

export interface LaneClass extends ClassSecret {
  readonly partKey: Buffer;
  /** Of the database: whose rights the class's tables are read by. */
  readonly role?: string | undefined;
}

/** Rows and plaintext bytes read since the last call. */
export type LaneProgress = (rows: number, bytes: number) => void;

interface TableTask {
  readonly class: string;
  readonly tableId: string;
  readonly facts: TableFacts;
  readonly cutBits: number;
}

/** Copies every row of a table, or of a range of its first key column. */
export interface BaseTask extends TableTask {
  readonly kind: "base";
  /** First-column bytes in hex: from inclusive, to exclusive. */
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  /** Pages of earlier captures whose chunks may come again. */
  readonly known: readonly PageRef[];
}

/** Copies the rows that changed since a point, and the keys that are gone. */
export interface ChangesTask extends TableTask {
  readonly kind: "changes";
  /** The point's horizon: every transaction below it had ended (64 bits, decimal). */
  readonly since: string;
  readonly layers: readonly Layer[];
  readonly ranges: readonly RangeRecord[];
}

export type CopyTask = BaseTask | ChangesTask;

export interface Stored {
  readonly objects: number;
  readonly bytes: number;
}

export const writerFor = (
  lane: Lane,
  task: TableTask,
  options: { readonly cut: CutRule; readonly cutBits: number; readonly known: ReadonlyMap<string, ChunkEntry> },
): LayerWriter => {
  const secrets = laneClass(lane, task.class);
  return new LayerWriter(
    lane.store,
    lane.entropy,
    {
      class: task.class,
      table: task.tableId,
      pointId: lane.pointId,
      partKey: secrets.partKey,
      namingSecret: secrets.namingSecret,
      hashSeed: secrets.hashSeed,
      rows: task.facts.format,
      key: task.facts.key,
      cut: options.cut,
      cutBits: options.cutBits,
      name: `${task.facts.schema}.${task.facts.name}`,
    },
    options.known,
  );
};

export const laneClass = (lane: Pick<Lane, "classes">, className: string): LaneClass => {
  const secrets = lane.classes.get(className);
  if (secrets === undefined) throw new TypeError(`class ${className} has no keys in this lane`);
  return secrets;
};

/** Chunks that pages name, by id. */
export const chunksKnown = async (
  store: ObjectStore,
  pages: readonly PageRef[],
): Promise<ReadonlyMap<string, ChunkEntry>> => {
  const known = new Map<string, ChunkEntry>();
  for (const ref of pages) for (const chunk of (await getPage(store, ref)).chunks) known.set(chunk.id, chunk);
  return known;
};

/**
 * A table that somebody truncated or rewrote since the snapshot reads as empty, without an error.
 * @throws SOURCE_MOVED  naming the tables
 */
export const assertStill = async (reader: SourceReader, facts: TableFacts): Promise<void> => {
  const moved = await reader.moved([facts]);
  if (moved.length > 0)
    throw new Failure(
      "SOURCE_MOVED",
      `table ${facts.schema}.${facts.name} was truncated, rewritten or dropped while it was read`,
    );
};

export const layerOf = (
  kind: Layer["kind"],
  pointId: string,
  pages: readonly PageSum[],
  gone: readonly PageSum[] = [],
): Layer => ({
  kind,
  pointId,
  rows: pages.reduce((rows, page) => rows + page.ref.rows, 0),
  sum: String(sumOf(pages)),
  pages: pages.map((page) => page.ref),
  goneRows: gone.reduce((rows, page) => rows + page.ref.rows, 0),
  gone: gone.map((page) => page.ref),
});

export const sumOf = (pages: readonly PageSum[]): bigint =>
  BigInt.asUintN(
    64,
    pages.reduce((sum, page) => sum + page.sum, 0n),
  );
