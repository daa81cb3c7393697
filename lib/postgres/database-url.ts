import { readFile } from "node:fs/promises";
import type { ClientConfig } from "pg";
import { Failure } from "../model/errors.ts";
import { passwordFromFile } from "./password-file.ts";

const PARAMETERS = ["host", "sslmode", "sslrootcert"];
const SSL_MODES = ["disable", "verify-full"];

/** Where a database is and who asks, for messages: host, port, database and user; never the password. */
export interface DatabasePlace {
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

export interface ConnectOptions extends DatabasePlace {
  /** Options for pg; holds the password, so it is never logged. */
  readonly config: ClientConfig;
}

/**
 * Reads `postgres://user:password@host:port/database?sslmode=verify-full&sslrootcert=ca.pem`.
 *
 * TLS is either off (`disable`, the default) or proves the server (`verify-full`): the modes between encrypt without
 * knowing for whom, and pg and libpq disagree on what they mean. `host` as a parameter names a socket directory.
 * The password may come from PGPASSWORD or the password file instead; the user from PGUSER. Nothing else is read from
 * the environment, so that a URL means the same everywhere.
 * @throws DATABASE_URL_INVALID  the message never repeats the URL, which may hold a password
 */
export async function readDatabaseUrl(text: string, env: NodeJS.ProcessEnv = process.env): Promise<ConnectOptions> {
  const url = parse(text);
  const parameter = (name: string): string | undefined => url.searchParams.get(name) ?? undefined;
  for (const name of url.searchParams.keys())
    if (!PARAMETERS.includes(name)) throw invalid(`has parameter ${name}, expected ${PARAMETERS.join(", ")}`);

  const host = decode(parameter("host") ?? url.hostname.replace(/^\[(.*)\]$/, "$1"), "host");
  const user = decode(url.username, "user") || (env["PGUSER"] ?? "");
  const database = decode(url.pathname.slice(1), "database");
  if (host === "") throw invalid("names no host");
  if (user === "") throw invalid("names no user, and PGUSER is not set");
  if (database === "" || database.includes("/")) throw invalid("names no database");

  const port = url.port === "" ? 5432 : Number(url.port);
  const place = { host, port, database, user };
  const password = decode(url.password, "password") || env["PGPASSWORD"] || (await passwordFromFile(place, env));
  const ssl = await tls(parameter("sslmode"), parameter("sslrootcert"));
  // An empty password keeps pg from looking for one by itself: its search is deprecated and warns on stderr.
  return { ...place, config: { ...place, password: password ?? "", ssl } };
}

function parse(text: string): URL {
  // The error of URL repeats its input, password and all, so it is not kept as a cause.
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined) throw invalid("cannot be read as a URL");
  if (url.protocol !== "postgres:" && url.protocol !== "postgresql:")
    throw invalid("does not begin with postgres:// or postgresql://");
  return url;
}

function decode(text: string, part: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalid(`has a ${part} with a % that begins no escape; write %25 for it`);
  }
}

async function tls(mode = "disable", rootCertificate?: string): Promise<ClientConfig["ssl"]> {
  if (!SSL_MODES.includes(mode)) throw invalid(`has sslmode ${mode}, expected ${SSL_MODES.join(" or ")}`);
  if (mode === "disable") return false;
  if (rootCertificate === undefined) return { rejectUnauthorized: true };
  try {
    return { rejectUnauthorized: true, ca: await readFile(rootCertificate, "utf8") };
  } catch (cause) {
    throw new Failure("DATABASE_URL_INVALID", `sslrootcert ${rootCertificate} cannot be read`, { cause });
  }
}

const invalid = (why: string): Failure => new Failure("DATABASE_URL_INVALID", `the database URL ${why}`);
