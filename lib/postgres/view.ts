import { Failure, isFailure } from "../model/errors.ts";
import type { CapturedSchema } from "../model/schema.ts";
import type { SourceIdentity, SourceSnapshot } from "../model/source.ts";
import type { TableFacts } from "../model/table.ts";
import type { AgeQuery, RangeDigest, SourceView } from "../ports/source-database.ts";
import { type CatalogQuery, type CatalogTable, type RowTypes, readTables } from "./catalog.ts";
import { changedSql } from "./changed-sql.ts";
import type { DatabaseAddress } from "./connect.ts";
import { ident, KeySql, onlyTable } from "./keys-sql.ts";
import { readProblems, roleProblem } from "./preflight.ts";
import { readDigests } from "./read-digests.ts";
import { Session } from "./session.ts";
import { startLiteral } from "./slice-sql.ts";
import { beginSnapshot, exportSnapshot, readIdentity, readSnapshot, type ViewFacts } from "./snapshot.ts";
import { readSplits } from "./splits.ts";

const FLUSH_POLL_SECONDS = 0.02;
const FLUSH_POLLS_MAX = 1500; // 30 s; the WAL writer needs 0.6 s at most with its default delay.
const FLUSH_POLLS_BEFORE_NUDGE = 10;
/** SQLSTATEs of what is no longer there: `cache lookup failed`, relation, column, object, schema, function. */
const GONE_STATES = ["XX000", "42P01", "42703", "42704", "3F000", "42883"];

export interface ViewOptions {
  readonly address: DatabaseAddress;
  readonly captureSchema: (query: CatalogQuery) => Promise<CapturedSchema>;
  readonly rowTypes: RowTypes;
}

/** Holds the transaction that exported a snapshot, for as long as it is open, and answers from it. */
export class PostgresView implements SourceView {
  readonly token: string;
  readonly identity: SourceIdentity;
  readonly snapshot: SourceSnapshot;
  readonly #options: ViewOptions;
  readonly #session: Session;
  readonly #facts: ViewFacts;

  private constructor(
    options: ViewOptions,
    session: Session,
    held: { token: string; identity: SourceIdentity; snapshot: SourceSnapshot; facts: ViewFacts },
  ) {
    this.#options = options;
    this.#session = session;
    this.#facts = held.facts;
    this.token = held.token;
    this.identity = held.identity;
    this.snapshot = held.snapshot;
  }

  static async open(options: ViewOptions): Promise<PostgresView> {
    const session = await Session.open(options.address, { readOnly: true });
    try {
      const facts = await beginSnapshot(session);
      const snapshot = await readSnapshot(session);
      const identity = await readIdentity(session);
      return new PostgresView(options, session, { token: await exportSnapshot(session), identity, snapshot, facts });
    } catch (error) {
      session.destroy();
      throw error;
    }
  }

  tables(): Promise<readonly CatalogTable[]> {
    return readTables(this.#query("reading the catalog"), this.#options.rowTypes, this.identity.encoding);
  }

  schema(): Promise<CapturedSchema> {
    return this.#options.captureSchema(this.#query("reading the schema"));
  }

  splits(table: TableFacts, parts: number, role?: string): Promise<readonly string[]> {
    const doing = `sampling ${table.schema}.${table.name}`;
    return this.#actingAs(role, doing, () => readSplits(this.#session, table, parts, this.#facts.databaseCollationIsC));
  }

  async ageDigests({ table, role, column, starts, seed, since }: AgeQuery): Promise<readonly RangeDigest[]> {
    const doing = `reading ages of ${table.schema}.${table.name}`;
    const options = {
      from: onlyTable(table),
      hash: new KeySql(table, this.#facts.databaseCollationIsC).hash(seed),
      changed: changedSql(since, this.#facts.xmax),
      first: ident(column),
      starts: starts.map(startLiteral),
    };
    try {
      return await this.#actingAs(role, doing, () => readDigests(this.#session, options, doing));
    } catch (error) {
      throw movedFailure(error, doing);
    }
  }

  async preflight(tables: readonly TableFacts[], role?: string): Promise<readonly string[]> {
    const doing = "checking rights";
    const query = this.#query(doing);
    const problem = role === undefined ? undefined : await roleProblem(query, role, this.#session.serverVersion);
    if (problem !== undefined) return [problem];
    return this.#actingAs(role, doing, () => readProblems(query, tables));
  }

  async flushed(): Promise<void> {
    if (this.identity.standby) return; // What a standby replays was flushed before.
    for (let polls = 0; polls < FLUSH_POLLS_MAX; polls++) {
      const [row] = await this.#session.query<{ flushed: boolean }>(
        "SELECT pg_current_wal_flush_lsn() >= $1::pg_lsn AS flushed",
        [this.snapshot.lsn],
        "waiting for the WAL to be flushed",
      );
      if (row?.flushed === true) return;
      if (polls === FLUSH_POLLS_BEFORE_NUDGE) await this.#nudge();
      await this.#session.query("SELECT pg_sleep($1)", [FLUSH_POLL_SECONDS]);
    }
    throw new Failure("DATABASE_LOST", `the server has not flushed its WAL up to ${this.snapshot.lsn}`, {
      hint: "check the disk that holds the server's WAL, then run again",
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session.close();
  }

  /**
   * On an idle server the end of the WAL may wait for the next commit for ever: be that commit. It changes no row, but
   * writes a message: a commit with nothing to write is not waited for, whatever synchronous_commit says.
   */
  async #nudge(): Promise<void> {
    await using session = await Session.open(this.#options.address, { readOnly: false });
    const doing = "waiting for the WAL to be flushed";
    await session.query("SET synchronous_commit = local", [], doing);
    await session.query("SELECT pg_logical_emit_message(true, 'lastgood', '')", [], doing);
  }

  /** Everything else that the view is asked is answered by the rights of who logged in. */
  async #actingAs<T>(role: string | undefined, doing: string, run: () => Promise<T>): Promise<T> {
    await this.#session.actAs(role, doing);
    const answer = await run();
    await this.#session.actAs(undefined, doing);
    return answer;
  }

  #query(doing: string): CatalogQuery {
    return async (sql, values = []) => {
      try {
        return await this.#session.query(sql, values, doing);
      } catch (error) {
        throw movedFailure(error, doing);
      }
    };
  }
}

/** The catalog's functions look an object up in today's caches; one that the snapshot shows may be gone from there. */
function movedFailure(error: unknown, doing: string): unknown {
  const sqlstate = isFailure(error) ? error.facts["sqlstate"] : undefined;
  if (typeof sqlstate !== "string" || !GONE_STATES.includes(sqlstate)) return error;
  return new Failure("SOURCE_MOVED", `something was dropped or changed while ${doing}: ${(error as Failure).message}`, {
    cause: error,
  });
}
