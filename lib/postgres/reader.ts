import { Failure, isFailure } from "../model/errors.ts";
import type { TableFacts } from "../model/table.ts";
import type { DigestQuery, RangeDigest, RowsQuery, SourceReader } from "../ports/source-database.ts";
import { changedSql } from "./changed-sql.ts";
import type { DatabaseAddress } from "./connect.ts";
import { copyOut } from "./copy-out.ts";
import { ident, KeySql, onlyTable } from "./keys-sql.ts";
import { movedTables } from "./moved.ts";
import { readDigests } from "./read-digests.ts";
import { Session } from "./session.ts";
import { sliceSql, whereSql } from "./slice-sql.ts";
import { beginSnapshot, type ViewFacts } from "./snapshot.ts";

/**
 * SQLSTATEs of what the snapshot's catalog has and today's does not: schema, table, column, a function or operator for
 * the column's type, that type where another is now.
 */
const GONE_STATES = ["3F000", "42P01", "42703", "42883", "42804"];

/** Reads a view's snapshot on a connection of its own. After a failure it is of no more use: close it and join again. */
export class PostgresReader implements SourceReader {
  readonly #session: Session;
  readonly #facts: ViewFacts;

  private constructor(session: Session, facts: ViewFacts) {
    this.#session = session;
    this.#facts = facts;
  }

  static async join(address: DatabaseAddress, token: string): Promise<PostgresReader> {
    const session = await Session.open(address, { readOnly: true });
    try {
      return new PostgresReader(session, await beginSnapshot(session, token));
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  moved(tables: readonly TableFacts[]): Promise<readonly TableFacts[]> {
    return movedTables(this.#session, tables);
  }

  rows({ table, role, from, to, since }: RowsQuery): AsyncIterable<Buffer> {
    const key = this.#keySql(table);
    const changed = since === undefined ? [] : [changedSql(since, this.#facts.xmax)];
    const columns = table.columns.map((column) => ident(column.name)).join(", ");
    const conditions = [...sliceSql(table), ...range(key, from, to), ...changed];
    return this.#copy({ table, role }, { columns, count: table.columns.length, conditions, orderBy: key.orderBy });
  }

  keys({ table, role, from, to }: Omit<RowsQuery, "since">): AsyncIterable<Buffer> {
    const key = this.#keySql(table);
    const conditions = [...sliceSql(table), ...range(key, from, to)];
    return this.#copy(
      { table, role },
      { columns: key.columns, count: table.key?.length ?? 0, conditions, orderBy: key.orderBy },
    );
  }

  async digests({ table, role, starts, seed, since }: DigestQuery): Promise<readonly RangeDigest[]> {
    const key = this.#keySql(table);
    const options = {
      from: `${onlyTable(table)}${whereSql(sliceSql(table))}`,
      hash: key.hash(seed),
      changed: changedSql(since, this.#facts.xmax),
      first: key.first,
      starts: starts.map((start) => key.literal(start)),
    };
    return this.#naming(table, async (doing) => {
      await this.#session.actAs(role, doing);
      return readDigests(this.#session, options, doing);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }

  #keySql(table: TableFacts): KeySql {
    return new KeySql(table, this.#facts.databaseCollationIsC);
  }

  async *#copy(
    { table, role }: Pick<RowsQuery, "table" | "role">,
    {
      columns,
      count,
      conditions,
      orderBy,
    }: {
      readonly columns: string;
      readonly count: number;
      readonly conditions: readonly string[];
      readonly orderBy: string;
    },
  ): AsyncGenerator<Buffer, void, undefined> {
    const sql = `COPY (SELECT ${columns} FROM ${onlyTable(table)}${whereSql(conditions)}${orderBy}) TO STDOUT (FORMAT ${table.format})`;
    const { format } = table;
    try {
      await this.#session.actAs(role, doingOf(table));
      yield* copyOut(this.#session, { sql, format, columns: count, doing: doingOf(table) });
    } catch (error) {
      throw goneFailure(error, table);
    }
  }

  async #naming<T>(table: TableFacts, run: (doing: string) => Promise<T>): Promise<T> {
    try {
      return await run(doingOf(table));
    } catch (error) {
      throw goneFailure(error, table);
    }
  }
}

const doingOf = (table: TableFacts): string => `reading ${table.schema}.${table.name}`;

function goneFailure(error: unknown, table: TableFacts): unknown {
  const sqlstate = isFailure(error) ? error.facts["sqlstate"] : undefined;
  if (typeof sqlstate !== "string" || !GONE_STATES.includes(sqlstate)) return error;
  return new Failure(
    "SOURCE_MOVED",
    `${table.schema}.${table.name} was dropped, renamed or altered while it was read`,
    {
      cause: error,
    },
  );
}

function range(key: KeySql, from: string | undefined, to: string | undefined): string[] {
  return [
    ...(from === undefined ? [] : [`${key.first} >= ${key.literal(from)}`]),
    ...(to === undefined ? [] : [`${key.first} < ${key.literal(to)}`]),
  ];
}
