import type { SchemaStatement } from "../../model/schema.ts";
import type { TableFacts } from "../../model/table.ts";
import { setvalSql } from "./apply-restore.ts";
import { analysedNames, statementTask } from "./finish-tables.ts";
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

export interface SqlContent<Table extends StreamedTable = StreamedTable> {
  /** What a person who opens the stream should know: a line of comment each. */
  readonly heading: readonly string[];
  readonly selection: Selection;
  /** Those of the selection. */
  readonly tables: readonly Table[];
}

/** The next bytes of the stream. */
export interface SqlPiece extends RowLines {
  /** Index of the table whose rows these are; left out for everything else. */
  readonly table?: number;
}

/** What a stream does next: runs some SQL, or loads the rows of a table. */
export type SqlStep<Table extends StreamedTable> =
  | { readonly sql: string; readonly doing: string }
  | { readonly table: Table; readonly index: number };

/** A stream as the steps that it is, for who speaks to a server himself. */
export function* sqlSteps<Table extends StreamedTable>({
  heading,
  selection,
  tables,
}: SqlContent<Table>): Generator<SqlStep<Table>> {
  const pre = selection.statements.filter((statement) => statement.section === "pre");
  const post = selection.statements.filter((statement) => statement.section === "post");
  yield { sql: `${heading.map(comment).join("")}${SETTINGS}`, doing: "beginning the restore" };
  for (const statement of pre) yield stepOf(statement);
  for (const [index, table] of tables.entries()) yield { table, index };
  yield { sql: "\n", doing: "setting sequences" };
  for (const sequence of selection.sequences)
    yield { sql: `${setvalSql(sequence)};\n`, doing: `setting sequence ${sequence.schema}.${sequence.name}` };
  for (const statement of post) yield stepOf(statement);
  yield { sql: "\n", doing: "analysing" };
  // Only what was made: in a database that holds more, ANALYZE of everything takes its time and warns of what is not ours.
  const facts = tables.map((one) => one.facts);
  for (const name of analysedNames([...pre, ...post], facts))
    yield { sql: `ANALYZE ${name};\n`, doing: `analysing ${name}` };
  yield { sql: "COMMIT;\n", doing: "ending the restore" };
}

/** Tables and their schema as one SQL stream that `psql -f` loads into an empty database, whole or not at all. */
export async function* sqlStream(content: SqlContent): AsyncGenerator<SqlPiece> {
  for (const step of sqlSteps(content)) {
    if ("sql" in step) {
      yield text(step.sql);
      continue;
    }
    const { table, index } = step;
    yield text(`\n${copySql(table.facts)};\n`);
    for await (const lines of table.lines()) yield { ...lines, table: index };
    yield text("\\.\n");
  }
}

const text = (sql: string): SqlPiece => ({ bytes: Buffer.from(sql, "utf8"), rows: 0 });

/** A line of a comment: what a name holds must not end it. */
const comment = (line: string): string => `-- ${line.replaceAll(/[\r\n]+/g, " ")}\n`;

const stepOf = (statement: SchemaStatement) => ({
  sql: `\n${sqlOf(statement)};\n`,
  doing: statementTask(statement).doing,
});

const sqlOf = (statement: SchemaStatement): string => {
  if (!ROLE_KINDS.has(statement.kind)) return statement.sql;
  return `DO ${quoteLiteral(`BEGIN EXECUTE ${quoteLiteral(statement.sql)}; EXCEPTION WHEN undefined_object THEN RAISE WARNING 'passed over: %', SQLERRM; END`)}`;
};

const copySql = ({ schema, name, columns }: StreamedTable["facts"]): string => {
  const names = columns.map((column) => quoteName(column.name)).join(", ");
  return `COPY ${qualified(schema, name)}${names === "" ? "" : ` (${names})`} FROM stdin`;
};
