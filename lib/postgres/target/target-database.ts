import { Failure, isFailure } from "../../model/errors.ts";
import type {
  LoadOptions,
  PageRange,
  TargetDatabase,
  TargetSession,
  TargetTable,
} from "../../ports/target-database.ts";
import { copyIn } from "../copy-in.ts";
import { copyOut } from "../copy-out.ts";
import { Session } from "../session.ts";
import { readTargetFacts } from "./target-facts.ts";

/** On top of what every session pins: what captured statements need, and what makes building indexes quick. */
const SETTINGS: readonly string[] = [
  "SET check_function_bodies = off",
  "SET client_min_messages = warning",
  "SET xmloption = content",
  "SET default_tablespace = ''",
  "SET default_table_access_method = heap",
  // Sorting an index of a few million rows in memory; the server's default is 64 MB.
  "SET maintenance_work_mem = '256MB'",
  // A restore that was killed must not leave the server building an index for hours.
  "SET client_connection_check_interval = '10s'",
];

const DISK_FULL = "53100";

/** A PostgreSQL to restore into, by its URL. Connects only when it is asked something. */
export const targetDatabase = (url: string): TargetDatabase => ({
  async facts() {
    await using session = await Session.open(url, { readOnly: true });
    return await readTargetFacts(session);
  },
  async open() {
    const session = await Session.open(url, { readOnly: false });
    for (const setting of SETTINGS) await session.query(setting, [], "preparing a session");
    return new PostgresTarget(session);
  },
});

class PostgresTarget implements TargetSession {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async run(sql: string, doing: string): Promise<void> {
    await this.#told(() => this.#session.query(sql, [], doing));
  }

  load(table: TargetTable, frames: AsyncIterable<Buffer>, { freeze }: LoadOptions): Promise<number> {
    const { format } = table;
    const sql = `COPY ${nameOf(table)}${columnsOf(table)} FROM STDIN (FORMAT ${format}${freeze ? ", FREEZE" : ""})`;
    const doing = `loading ${table.schema}.${table.name}`;
    return this.#told(() => copyIn(this.#session, { sql, format, doing }, frames));
  }

  // COPY of a table, unlike SELECT, leaves its children out.
  rows(table: TargetTable, pages?: PageRange): AsyncIterable<Buffer> {
    const { format, columns } = table;
    const what =
      pages === undefined
        ? `${nameOf(table)}${columnsOf(table)}`
        : `(SELECT ${columns.map(quote).join(", ")} FROM ONLY ${nameOf(table)} WHERE ${inPages(pages)})`;
    return copyOut(this.#session, {
      sql: `COPY ${what} TO STDOUT (FORMAT ${format})`,
      format,
      columns: columns.length,
      doing: `reading back ${table.schema}.${table.name}`,
    });
  }

  async count(table: TargetTable): Promise<number> {
    const [row] = await this.#session.query<{ rows: string }>(
      `SELECT count(*) AS rows FROM ONLY ${nameOf(table)}`,
      [],
      `counting ${table.schema}.${table.name}`,
    );
    return Number(row?.rows);
  }

  async pages(table: TargetTable): Promise<number> {
    const [row] = await this.#session.query<{ pages: string }>(
      "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int AS pages",
      [nameOf(table)],
      `measuring ${table.schema}.${table.name}`,
    );
    return Number(row?.pages);
  }

  abandon(): void {
    this.#session.destroy();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#session.close();
  }

  async #told<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (!isFailure(error) || error.facts["sqlstate"] !== DISK_FULL) throw error;
      throw new Failure("TARGET_NO_SPACE", error.message, { cause: error, facts: error.facts });
    }
  }
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`;

const nameOf = (table: TargetTable): string => `${quote(table.schema)}.${quote(table.name)}`;

/** PostgreSQL reads no other pages for it (a TID range scan, since 14). */
const inPages = ({ from, to }: PageRange): string =>
  `ctid >= '(${from},0)'${to === undefined ? "" : ` AND ctid < '(${to},0)'`}`;

/** Without a list COPY takes all columns that are stored: that is right where there are none. */
const columnsOf = (table: TargetTable): string =>
  table.columns.length === 0 ? "" : ` (${table.columns.map(quote).join(", ")})`;
