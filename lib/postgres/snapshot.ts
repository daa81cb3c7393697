import { Failure } from "../model/errors.ts";
import type { SourceIdentity, SourceSnapshot } from "../model/source.ts";
import type { Session } from "./session.ts";

/** What every reader of a view needs to know. */
export interface ViewFacts {
  /** No row that the snapshot shows has a transaction id from here on; 64 bits, decimal. */
  readonly xmax: string;
  /** Whether the database's own collation orders text by its UTF-8 bytes. */
  readonly databaseCollationIsC: boolean;
}

const TOKEN = /^[0-9A-F]{8}-[0-9A-F]{8}-[0-9]+$/;
const SNAPSHOT_GONE_STATES = ["22023", "42704"]; // 22023 on 15, 42704 on 18.

// The builtin provider's locales (17 and later) all order by code point.
const VIEW_FACTS = `
  SELECT pg_snapshot_xmax(pg_current_snapshot())::text AS xmax,
    coalesce((datlocprovider = 'c' AND datcollate IN ('C', 'POSIX')) OR datlocprovider::text = 'b', false)
      AND pg_encoding_to_char(encoding) = 'UTF8' AS "databaseCollationIsC"
  FROM pg_database WHERE datname = current_database()`;

/** Starts a read-only transaction that shows one snapshot: a new one, or that of the given token. */
export async function beginSnapshot(session: Session, token?: string): Promise<ViewFacts> {
  await session.query("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY");
  if (token !== undefined) await importSnapshot(session, token);
  const [facts] = await session.query<ViewFacts & Record<string, unknown>>(VIEW_FACTS);
  if (facts === undefined) throw new TypeError("pg_database does not hold the current database");
  return facts;
}

async function importSnapshot(session: Session, token: string): Promise<void> {
  if (!TOKEN.test(token)) throw new TypeError("a view's token is the name of an exported snapshot");
  try {
    await session.query(`SET TRANSACTION SNAPSHOT '${token}'`, [], "joining a view");
  } catch (cause) {
    const sqlstate = cause instanceof Failure ? cause.facts["sqlstate"] : undefined;
    if (typeof sqlstate !== "string" || !SNAPSHOT_GONE_STATES.includes(sqlstate)) throw cause;
    throw new Failure("DATABASE_LOST", "the view is closed, or belongs to another server or database", { cause });
  }
}

export async function exportSnapshot(session: Session): Promise<string> {
  const [row] = await session.query<{ token: string }>("SELECT pg_export_snapshot() AS token", [], "opening a view");
  return (row as { token: string }).token;
}

// A standby cannot name its WAL file; it follows one line of history, whose timeline its control file tells.
const IDENTITY = `
  SELECT s.system_identifier::text AS "systemIdentifier",
    CASE WHEN pg_is_in_recovery() THEN greatest(c.timeline_id, r.min_recovery_end_timeline)
      ELSE ('x' || left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))::bit(32)::int END AS timeline,
    d.oid AS "databaseOid", d.datname AS database, current_setting('server_version_num')::int AS "serverVersion",
    to_char(pg_postmaster_start_time(), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS "serverStartedAt",
    pg_is_in_recovery() AS standby, pg_encoding_to_char(d.encoding) AS encoding
  FROM pg_control_system() s, pg_control_checkpoint() c, pg_control_recovery() r, pg_database d
  WHERE d.datname = current_database()`;

export async function readIdentity(session: Session): Promise<SourceIdentity> {
  const [row] = await session.query<SourceIdentity & Record<string, unknown>>(IDENTITY, [], "identifying the server");
  if (row === undefined) throw new TypeError("pg_database does not hold the current database");
  return row;
}

// The insert position, read when the snapshot is already taken, lies behind the commit of every row that it shows.
const SNAPSHOT = `
  SELECT pg_snapshot_xmin(s)::text AS xmin, pg_snapshot_xmax(s)::text AS xmax,
    ARRAY(SELECT pg_snapshot_xip(s)::text) AS "inProgress",
    CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() ELSE pg_current_wal_insert_lsn() END::text AS lsn,
    floor(extract(epoch FROM clock_timestamp()) * 1000)::float8 AS "takenAt"
  FROM pg_current_snapshot() s`;

export async function readSnapshot(session: Session): Promise<SourceSnapshot> {
  const [row] = await session.query<SourceSnapshot & Record<string, unknown>>(SNAPSHOT, [], "reading the snapshot");
  if (row === undefined) throw new TypeError("the server gave no snapshot");
  return row;
}
