import type { Part, PartTable, Point } from "../../model/point.ts";
import type { ReportProgress } from "../../model/progress.ts";
import type { SchemaStatement } from "../../model/schema.ts";
import { MIB } from "../../model/units.ts";
import type { Clock } from "../../ports/clock.ts";
import type { ObjectStore } from "../../ports/object-store.ts";
import { FRAME_HEAD_BYTES, frameEnd } from "../frames.ts";
import { layerSource } from "../layers.ts";
import { readTable } from "../read-table.ts";
import { copyTextRow } from "../values/copy-text-row.ts";
import type { ClassSecret } from "../vault.ts";
import { setvalSql } from "./apply-restore.ts";
import { statisticsTasks } from "./finish-tables.ts";
import { intoOf } from "./plan-restore.ts";
import { assertLoaded } from "./restore-lane.ts";
import type { RestoreScope } from "./restore-plan.ts";
import { RowsDigest } from "./rows-digest.ts";
import { selectStatements } from "./select-statements.ts";
import { qualified, quoteLiteral, quoteName } from "./sql-names.ts";

const OUT_BYTES = MIB;
/** Kinds that name roles, which the database that loads the file may lack. */
const ROLE_KINDS = new Set(["grant", "policy"]);

/**
 * One transaction: psql takes the end of a file for the end of a COPY, so a file that was cut short would load without
 * an error. The settings are pg_dump's, and those that make COPY text mean what it meant when it was captured.
 */
const SETTINGS = `BEGIN;
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, MDY';
SET IntervalStyle = 'postgres';
SET bytea_output = 'hex';
SET lc_monetary = 'C';
SET default_tablespace = '';
SET default_table_access_method = heap;
SELECT pg_catalog.set_config('search_path', '', false);
`;

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
 */
export const writeSql = async (world: SqlWorld, source: SqlSource): Promise<SqlReport> => {
  const began = world.clock.elapsedMs();
  const { point, parts, scope } = source;
  const [first] = parts;
  const all = parts.flatMap((part) => part.tables.map((table) => ({ class: part.class, table })));
  const nothing = { schemas: new Set(["public"]), objects: new Set<string>(), extensions: new Set<string>() };
  const schema = first?.schema ?? { statements: [], sequences: [], uncovered: [] };
  const selection = selectStatements(
    schema,
    all.map(({ table }) => table.facts),
    scope,
    nothing,
  );
  const tables = all.filter(({ table }) => selection.tableOids.has(table.facts.oid));
  const rowsTotal = tables.reduce((rows, { table }) => rows + table.rows, 0);
  let bytes = 0;
  let rows = 0;
  let tablesDone = 0;
  const tell = (): void =>
    world.progress({
      phase: "writing SQL",
      tablesDone,
      tablesTotal: tables.length,
      rowsDone: rows,
      rowsTotal,
      bytesDone: bytes,
      elapsedMs: world.clock.elapsedMs() - began,
    });
  const out = async (piece: Buffer): Promise<void> => {
    world.signal.throwIfAborted();
    bytes += piece.length;
    await world.write(piece);
  };
  const text = (sql: string): Promise<void> => out(Buffer.from(sql, "utf8"));
  const section = async (name: SchemaStatement["section"]): Promise<void> => {
    for (const statement of selection.statements)
      if (statement.section === name) await text(`\n${sqlOf(statement)};\n`);
  };

  await text(`${heading(point, selection.notices)}${SETTINGS}`);
  await section("pre");
  for (const one of tables) {
    await text(`\n${copySql(one.table)};\n`);
    for await (const piece of rowsOf(source, one.class, one.table, (count) => {
      rows += count;
      tell();
    }))
      await out(piece);
    await text("\\.\n");
    tablesDone++;
    tell();
  }
  await text("\n");
  for (const sequence of selection.sequences) await text(`${setvalSql(sequence)};\n`);
  await section("post");
  // Only what was made: in a database that holds more, ANALYZE of everything takes its time and warns of what is not ours.
  const made = {
    pre: selection.statements.filter((statement) => statement.section === "pre"),
    post: selection.statements.filter((statement) => statement.section === "post"),
    tables: tables.map((one) => ({ ...one, into: intoOf(one.table, one.table.facts.schema) })),
  };
  await text("\n");
  for (const { task } of statisticsTasks(made)) await text(`${task.sql};\n`);
  await text("COMMIT;\n");
  return { tables: tables.length, rows, bytes, elapsedMs: world.clock.elapsedMs() - began };
};

/** A line of a comment: what a name holds must not end it. */
const comment = (line: string): string => `-- ${line.replaceAll(/[\r\n]+/g, " ")}\n`;

const heading = (point: Point, notices: readonly string[]): string =>
  [
    `Restore point ${point.id} of database ${point.database}, as it was at ${new Date(point.snapshot.takenAt).toISOString()}`,
    "Written by Lastgood. It needs nothing but PostgreSQL and psql of the same or a later major:",
    "It loads whole or not at all. Many thousands of tables need a higher max_locks_per_transaction.",
    "  createdb restored && psql -v ON_ERROR_STOP=1 -f <this file> restored",
    `Captured from PostgreSQL ${Math.floor(point.identity.serverVersion / 10_000)}, encoding ${point.identity.encoding}. Rights of roles that do not exist are passed over with a warning.`,
    ...point.uncovered.map(({ kind, count }) => `Not in the point: ${kind}: ${count}`),
    ...notices,
  ]
    .map(comment)
    .join("");

const sqlOf = (statement: SchemaStatement): string => {
  if (!ROLE_KINDS.has(statement.kind)) return statement.sql;
  return `DO ${quoteLiteral(`BEGIN EXECUTE ${quoteLiteral(statement.sql)}; EXCEPTION WHEN undefined_object THEN RAISE WARNING 'passed over: %', SQLERRM; END`)}`;
};

const copySql = ({ facts }: PartTable): string => {
  const columns = facts.columns.map((column) => quoteName(column.name)).join(", ");
  return `COPY ${qualified(facts.schema, facts.name)}${columns === "" ? "" : ` (${columns})`} FROM stdin`;
};

/** The table's rows as lines of COPY text. Checked against the point's record before the last of them is given. */
async function* rowsOf(
  source: SqlSource,
  className: string,
  table: PartTable,
  counted: (rows: number) => void,
): AsyncGenerator<Buffer> {
  const secrets = source.classes.get(className);
  if (secrets === undefined) throw new TypeError(`class ${className} has no keys here`);
  const { key, format, columns } = table.facts;
  const digest = new RowsDigest("ordered", key === undefined ? undefined : { key, format, seed: secrets.hashSeed });
  const types = columns.map((column) => column.wireTypeOid);
  let pieces: Buffer[] = [];
  let bytes = 0;
  const layers = layerSource(source.store, secrets.namingSecret, className, table);
  for await (const frames of readTable(layers, table)) {
    const before = digest.rows;
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
      if (bytes >= OUT_BYTES) {
        yield Buffer.concat(pieces, bytes);
        pieces = [];
        bytes = 0;
      }
    }
    counted(digest.rows - before);
  }
  assertLoaded(table, `${table.facts.schema}.${table.facts.name}`, { rows: digest.rows, keySum: digest.keySum });
  if (bytes > 0) yield Buffer.concat(pieces, bytes);
}
