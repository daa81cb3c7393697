import type { Part, PartTable, Point } from "../../model/point.ts";
import type { ReportProgress } from "../../model/progress.ts";
import { MIB } from "../../model/units.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { FRAME_HEAD_BYTES, frameEnd } from "../frames.ts";
import { layerSource } from "../layers.ts";
import { readTable } from "../read-table.ts";
import { copyTextRow } from "../values/copy-text-row.ts";
import type { ClassSecret } from "../vault.ts";
import { daysGone } from "./days-gone.ts";
import { assertNoneExpired } from "./expired-tables.ts";
import { assertLoaded } from "./restore-lane.ts";
import type { RestoreScope } from "./restore-plan.ts";
import { RowsDigest } from "./rows-digest.ts";
import { type Present, selectStatements } from "./select-statements.ts";
import { type RowLines, type SqlContent, sqlStream } from "./sql-stream.ts";
import { rowsOf, type TableSource, wholeTables } from "./whole-tables.ts";

const OUT_BYTES = MIB;

/** What an empty database has. */
export const EMPTY_DATABASE: Present = { schemas: new Set(["public"]), objects: new Set(), extensions: new Set() };

export interface SqlSource {
  readonly point: Point;
  readonly parts: readonly Part[];
  readonly scope: RestoreScope;
  readonly store: ObjectStore;
  readonly classes: ReadonlyMap<string, ClassSecret>;
}

export interface SqlWorld {
  readonly clock: Clock;
  /** Takes the next bytes of the stream; resolves when it is ready for more. */
  readonly write: (bytes: Buffer) => Promise<void>;
  readonly progress: ReportProgress;
  readonly signal: AbortSignal;
}

export interface SqlReport {
  readonly tables: number;
  readonly rows: number;
  /** Bytes of SQL. */
  readonly bytes: number;
  readonly elapsedMs: number;
}

/**
 * Writes a point as one SQL stream that `psql -f` loads into an empty database, so that whoever has a vault and its key
 * needs Lastgood no more.
 *
 * @throws RESTORE_UNPROVEN  a table's layers do not hold the rows the point recorded
 * @throws ROW_TOO_LONG  PostgreSQL cannot read a row as text
 * @throws KEY_SHREDDED  a table in scope was in a class that has expired
 */
export const writeSql = async (world: SqlWorld, source: SqlSource): Promise<SqlReport> => {
  const { point, parts, scope } = source;
  const [first] = parts;
  const all = wholeTables(parts);
  const schema = first?.schema ?? { statements: [], sequences: [], uncovered: [] };
  const selection = selectStatements(
    schema,
    all.map(({ facts }) => facts),
    scope,
    EMPTY_DATABASE,
  );
  assertNoneExpired(point, parts, scope, selection.tableOids);
  const tables = all.filter(({ facts }) => selection.tableOids.has(facts.oid));
  const content = {
    heading: [...headingOf(point), ...selection.notices, ...daysGone(point, parts, tables)],
    selection,
    tables: tables.map(({ facts, sources }) => ({ facts, lines: () => linesOfAll(source, sources) })),
  };
  return writeStream(
    world,
    content,
    tables.reduce((rows, table) => rows + rowsOf(table), 0),
  );
};

async function* linesOfAll(source: LineSource, sources: readonly TableSource[]): AsyncGenerator<RowLines> {
  for (const { class: className, table } of sources) yield* linesOf(source, className, table);
}

/** Writes a stream, and tells how far it is. @throws what the tables' lines throw */
export const writeStream = async (world: SqlWorld, content: SqlContent, rowsTotal: number): Promise<SqlReport> => {
  const began = world.clock.elapsedMs();
  const tables = content.tables.length;
  const done = { tables: 0, rows: 0, bytes: 0 };
  const tell = (): void =>
    world.progress({
      phase: "writing SQL",
      tablesDone: done.tables,
      tablesTotal: tables,
      rowsDone: done.rows,
      rowsTotal,
      bytesDone: done.bytes,
      elapsedMs: world.clock.elapsedMs() - began,
    });
  tell();
  for await (const { bytes, rows, table } of sqlStream(content)) {
    world.signal.throwIfAborted();
    done.bytes += bytes.length;
    done.rows += rows;
    await world.write(bytes);
    if (table === undefined) continue;
    done.tables = table;
    tell();
  }
  done.tables = tables;
  tell();
  return { ...done, elapsedMs: world.clock.elapsedMs() - began };
};

type HeadedPoint = Pick<Point, "id" | "database" | "snapshot" | "identity" | "uncovered">;

/** What a stream of a point says of itself. */
export const headingOf = (point: HeadedPoint): readonly string[] => [
  `Restore point ${point.id} of database ${point.database}, as it was at ${new Date(point.snapshot.takenAt).toISOString()}`,
  "Written by Lastgood. It needs nothing but PostgreSQL and psql of the same or a later major:",
  "It loads whole or not at all. Many thousands of tables need a higher max_locks_per_transaction.",
  "  createdb restored && psql -v ON_ERROR_STOP=1 -f <this file> restored",
  `Captured from PostgreSQL ${Math.floor(point.identity.serverVersion / 10_000)}, encoding ${point.identity.encoding}. Rights of roles that do not exist are passed over with a warning.`,
  ...point.uncovered.map(({ kind, count }) => `Not in the point: ${kind}: ${count}`),
];

/** What the layers of a table of a point are read with. */
export type LineSource = Pick<SqlSource, "store" | "classes">;

/**
 * A table's rows as lines of COPY text. Checked against the point's record before the last of them is given.
 * @throws RESTORE_UNPROVEN, ROW_TOO_LONG, OBJECT_*
 */
export async function* linesOf(source: LineSource, className: string, table: PartTable): AsyncGenerator<RowLines> {
  const secrets = source.classes.get(className);
  if (secrets === undefined) throw new TypeError(`class ${className} has no keys here`);
  const { key, format, columns } = table.facts;
  const digest = new RowsDigest("ordered", key === undefined ? undefined : { key, format, seed: secrets.hashSeed });
  const types = columns.map((column) => column.wireTypeOid);
  let pieces: Buffer[] = [];
  let bytes = 0;
  const taken = (): RowLines => {
    const lines = { bytes: Buffer.concat(pieces, bytes), rows: pieces.length };
    pieces = [];
    bytes = 0;
    return lines;
  };
  const layers = layerSource(source.store, secrets.namingSecret, className, table);
  for await (const frames of readTable(layers, table)) {
    digest.add(frames);
    for (let at = 0; at < frames.length; ) {
      const end = frameEnd(frames, at);
      const line =
        format === "text"
          ? frames.subarray(at + FRAME_HEAD_BYTES, end)
          : copyTextRow(types, frames.subarray(at, end)).subarray(FRAME_HEAD_BYTES);
      pieces.push(line);
      bytes += line.length;
      at = end;
      if (bytes >= OUT_BYTES) yield taken();
    }
  }
  const name = `${table.facts.schema}.${table.facts.name}`;
  assertLoaded([{ class: className, table }], name, { rows: digest.rows, keySum: digest.keySum });
  if (pieces.length > 0) yield taken();
}
