import type { SchemaStatement } from "../../model/schema.ts";
import type { TableFacts } from "../../model/table.ts";
import { setvalSql } from "./apply-restore.ts";
import { analysedNames } from "./finish-tables.ts";
import type { Selection } from "./select-statements.ts";
import { qualified, quoteLiteral, quoteName } from "./sql-names.ts";

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

/** Whole lines of COPY text. */
export interface RowLines {
  readonly bytes: Buffer;
  readonly rows: number;
}

/** A table and where its rows come from. */
export interface StreamedTable {
  readonly facts: Pick<TableFacts, "schema" | "name" | "oid" | "columns">;
  /** Throws before its last lines if they are not all of the table. */
  readonly lines: () => AsyncIterable<RowLines>;
}

export interface SqlContent {
  /** What a person who opens the stream should know: a line of comment each. */
  readonly heading: readonly string[];
  readonly selection: Selection;
  /** Those of the selection. */
  readonly tables: readonly StreamedTable[];
}

/** The next bytes of the stream. */
export interface SqlPiece extends RowLines {
  /** Index of the table whose rows these are; left out for everything else. */
  readonly table?: number;
}

/** Tables and their schema as one SQL stream that `psql -f` loads into an empty database, whole or not at all. */
export async function* sqlStream({ heading, selection, tables }: SqlContent): AsyncGenerator<SqlPiece> {
  const pre = selection.statements.filter((statement) => statement.section === "pre");
  const post = selection.statements.filter((statement) => statement.section === "post");
  yield text(`${heading.map(comment).join("")}${SETTINGS}`);
  for (const statement of pre) yield text(`\n${sqlOf(statement)};\n`);
  for (const [table, one] of tables.entries()) {
    yield text(`\n${copySql(one.facts)};\n`);
    for await (const lines of one.lines()) yield { ...lines, table };
    yield text("\\.\n");
  }
  yield text("\n");
  for (const sequence of selection.sequences) yield text(`${setvalSql(sequence)};\n`);
  for (const statement of post) yield text(`\n${sqlOf(statement)};\n`);
  yield text("\n");
  // Only what was made: in a database that holds more, ANALYZE of everything takes its time and warns of what is not ours.
  const facts = tables.map((one) => one.facts);
  for (const name of analysedNames([...pre, ...post], facts)) yield text(`ANALYZE ${name};\n`);
  yield text("COMMIT;\n");
}

const text = (sql: string): SqlPiece => ({ bytes: Buffer.from(sql, "utf8"), rows: 0 });

/** A line of a comment: what a name holds must not end it. */
const comment = (line: string): string => `-- ${line.replaceAll(/[\r\n]+/g, " ")}\n`;

const sqlOf = (statement: SchemaStatement): string => {
  if (!ROLE_KINDS.has(statement.kind)) return statement.sql;
  return `DO ${quoteLiteral(`BEGIN EXECUTE ${quoteLiteral(statement.sql)}; EXCEPTION WHEN undefined_object THEN RAISE WARNING 'passed over: %', SQLERRM; END`)}`;
};

const copySql = ({ schema, name, columns }: StreamedTable["facts"]): string => {
  const names = columns.map((column) => quoteName(column.name)).join(", ");
  return `COPY ${qualified(schema, name)}${names === "" ? "" : ` (${names})`} FROM stdin`;
};
