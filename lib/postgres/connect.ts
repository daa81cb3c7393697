import type { Duplex } from "node:stream";
import pg from "pg";
import { Failure, isFailure } from "../model/errors.ts";
import type { DatabaseCredentials, DatabaseLogin } from "../ports/database-login.ts";
import { type ConnectOptions, type DatabasePlace, readDatabaseUrl } from "./database-url.ts";
import { readingSocket } from "./reading-socket.ts";
import { connectFailure } from "./server-failure.ts";

const CONNECT_MS_MAX = 15_000;
const KEEP_ALIVE_DELAY_MS = 30_000; // Well under the 350 s after which AWS's load balancers forget an idle connection.

/** A URL as readDatabaseUrl reads it, or a login whose password changes. Only a URL can be handed to another thread. */
export type DatabaseAddress = string | DatabaseLogin;

export interface Connected {
  readonly client: pg.Client;
  readonly place: DatabasePlace;
}

/**
 * Connects, and tries once more when the server refuses a login that has others to try.
 * @throws DATABASE_URL_INVALID, DATABASE_UNREACHABLE, DATABASE_UNTRUSTED, DATABASE_AUTH, and what a login throws
 */
export async function connect(address: DatabaseAddress): Promise<Connected> {
  if (typeof address === "string") return connectOnce(await readDatabaseUrl(address));
  const credentials = await address.credentials();
  try {
    return await connectOnce(optionsOf(address, credentials));
  } catch (refusal) {
    if (!isFailure(refusal, "DATABASE_AUTH")) throw refusal;
    const others = await address.credentialsInstead(credentials);
    if (others === undefined) throw hinted(refusal, address);
    return await connectOnce(optionsOf(address, others)).catch((again: unknown) => {
      throw isFailure(again, "DATABASE_AUTH") ? hinted(again, address) : again;
    });
  }
}

/** Cuts a connection at once, whatever it is doing. */
export const cutOff = ({ connection }: pg.Client): void => {
  (connection as unknown as { readonly stream: Duplex }).stream.destroy();
};

async function connectOnce({ config, ...place }: ConnectOptions): Promise<Connected> {
  const client = new pg.Client({
    ...config,
    // TLS decrypts into buffers of its own, from a socket that pg makes.
    ...(config.ssl === false ? { stream: readingSocket } : {}),
    application_name: "lastgood",
    connectionTimeoutMillis: CONNECT_MS_MAX,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEP_ALIVE_DELAY_MS,
  });
  // A connection lost between two calls is reported here only; the next call then fails with DATABASE_LOST.
  client.on("error", () => {});
  try {
    await client.connect();
    return { client, place };
  } catch (error) {
    cutOff(client);
    throw connectFailure(error, place);
  }
}

function optionsOf(login: DatabaseLogin, { user, password }: DatabaseCredentials): ConnectOptions {
  const { host, port, database } = login;
  const place = { host, port, database, user };
  return { ...place, config: { ...place, password, ssl: { rejectUnauthorized: true, ca: login.authorities } } };
}

const hinted = ({ code, message, facts, cause }: Failure, { refusedHint }: DatabaseLogin): Failure =>
  new Failure(code, message, { hint: refusedHint, facts, cause });
