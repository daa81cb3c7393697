import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { embeddedBinaries, startPostgres } from "../local/postgres-server.ts";
import { Session } from "../postgres/session.ts";

/** A connection to a database of our own server. */
export interface OwnSession extends AsyncDisposable {
  /** Runs statements in one transaction, `public` in the search path. */
  run(sql: string): Promise<void>;
  rows<Row extends object>(sql: string): Promise<readonly Row[]>;
}

export interface OwnServer {
  /** Everything of the server lies here, and is gone afterwards. */
  readonly directory: string;
  readonly serverVersion: string;
  url(database: string): string;
  /** Connects to a database; makes it if there is none. */
  connect(database: string): Promise<OwnSession>;
}

/**
 * Starts a PostgreSQL for the length of a call.
 * @throws NO_POSTGRES  its binaries are not installed
 */
export const withOwnServer = async <T>(use: (server: OwnServer) => Promise<T>): Promise<T> => {
  const directory = await mkdtemp(join(tmpdir(), "lastgood-server-"));
  try {
    // The server may have to run as another user (it refuses root), who must reach its data below this directory.
    await chmod(directory, 0o755);
    await using server = await startPostgres({ binaries: embeddedBinaries(), directory: join(directory, "postgres") });
    const admin = server.url("postgres");
    const connect = async (database: string): Promise<OwnSession> => {
      const [there] = await once(admin, (session) =>
        session.query("SELECT 1 FROM pg_database WHERE datname = $1", [database]),
      );
      if (there === undefined) await once(admin, (session) => session.query(`CREATE DATABASE "${database}"`));
      return openSession(server.url(database));
    };
    const [version] = await once(admin, (session) => session.query<{ server_version: string }>("SHOW server_version"));
    return await use({
      directory,
      serverVersion: version?.server_version ?? "?",
      url: (database) => server.url(database),
      connect,
    });
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
};

const openSession = async (url: string): Promise<OwnSession> => {
  const session = await Session.open(url, { readOnly: false });
  await session.query("SET search_path = public");
  return {
    run: async (sql) => void (await session.query(sql)),
    rows: <Row extends object>(sql: string) => session.query(sql) as Promise<unknown> as Promise<readonly Row[]>,
    [Symbol.asyncDispose]: () => session.close(),
  };
};

const once = async <T>(url: string, use: (session: Session) => Promise<T>): Promise<T> => {
  await using session = await Session.open(url, { readOnly: false });
  return await use(session);
};
