import { type ErrorCode, Failure } from "../model/errors.ts";
import type { DatabasePlace } from "./database-url.ts";

/** The fields of PostgreSQL's ErrorResponse that we read, as pg names them. */
interface ServerError {
  readonly message: string;
  readonly code: string;
  readonly severity?: string;
  readonly schema?: string;
  readonly table?: string;
  readonly constraint?: string;
}

interface Reading {
  readonly code: ErrorCode;
  readonly hint?: string;
}

const GRANT = "grant the role SELECT on what is named, and BYPASSRLS if the table has row security, then run again";
const RECOVERY = "set hot_standby_feedback = on at the standby, or read from the primary; then run again";

/** SQLSTATEs that mean something to an operator; any other is DATABASE_ERROR. */
const STATES: Readonly<Record<string, Reading>> = {
  "28P01": { code: "DATABASE_AUTH" },
  "28000": { code: "DATABASE_AUTH", hint: "check the user, PGPASSWORD, pg_hba.conf, and whether the server wants TLS" },
  "3D000": { code: "DATABASE_UNREACHABLE", hint: "check the name of the database in the URL" },
  "53300": { code: "DATABASE_UNREACHABLE", hint: "free a connection or raise max_connections, then run again" },
  "57P03": { code: "DATABASE_UNREACHABLE" },
  "42501": { code: "DATABASE_FORBIDDEN", hint: GRANT },
  "57P01": { code: "DATABASE_LOST" },
  "57P02": { code: "DATABASE_LOST" },
  "57P04": { code: "DATABASE_LOST" },
  "57P05": { code: "DATABASE_LOST" },
  "25P03": { code: "DATABASE_LOST" },
  "25P04": { code: "DATABASE_LOST" },
  "40001": { code: "DATABASE_LOST", hint: RECOVERY },
};

/** Whether the server itself reported the error (rather than the network or the driver). */
export const isServerError = (error: unknown): error is ServerError & Error =>
  error instanceof Error && /^[0-9A-Z]{5}$/.test((error as Partial<ServerError>).code ?? "") && "severity" in error;

/** Whether the server ends the connection after this error, without a ReadyForQuery. */
export const endsSession = (error: unknown): boolean =>
  !isServerError(error) || error.severity === "FATAL" || error.severity === "PANIC";

/**
 * Turns what pg threw on an open session into a Failure.
 *
 * Detail, context and the text of data exceptions (class 22) are left out, and the server's error is not kept as cause:
 * they quote row values.
 * @param doing  what was tried and on what, for instance `reading public.orders`
 */
export function sessionFailure(error: unknown, doing: string): Failure {
  if (error instanceof Failure) return error;
  if (isServerError(error)) return serverFailure(error, doing);
  return new Failure("DATABASE_LOST", `the connection was lost while ${doing}: ${textOf(error)}`, { cause: error });
}

/** Turns what pg threw while connecting into a Failure. */
export function connectFailure(error: unknown, place: DatabasePlace): Failure {
  if (error instanceof Failure) return error;
  const doing = `connecting to database ${place.database} at ${place.host}:${place.port} as ${place.user}`;
  if (isServerError(error)) return serverFailure(error, doing);
  // pg finds a missing password by itself, without asking the server, and says so in its own terms.
  if (textOf(error).includes("password"))
    return new Failure("DATABASE_AUTH", `failed ${doing}: the server asks for a password and none was given`, {
      cause: error,
    });
  if (isUntrusted(error))
    return new Failure("DATABASE_UNTRUSTED", `failed ${doing}: ${textOf(error)}`, { cause: error });
  return new Failure("DATABASE_UNREACHABLE", `failed ${doing}: ${textOf(error)}`, { cause: error });
}

function serverFailure(error: ServerError, doing: string): Failure {
  const reading = STATES[error.code] ?? { code: "DATABASE_ERROR" as const };
  const said = error.code.startsWith("22") ? "the server refused a value" : error.message;
  return new Failure(reading.code, `failed ${doing}: ${said} (SQLSTATE ${error.code})`, {
    ...(reading.hint === undefined ? {} : { hint: reading.hint }),
    facts: { sqlstate: error.code, schema: error.schema, table: error.table, constraint: error.constraint },
  });
}

/** OpenSSL's names for what is wrong with a certificate, Node's for a host name that is not in it, and pg for no TLS at all. */
const isUntrusted = (error: unknown): boolean =>
  /CERT|CRL|^UNABLE_TO_|^INVALID_(CA|PURPOSE)$|^PATH_LENGTH_|^HOSTNAME_/.test(
    String((error as Partial<ServerError>).code),
  ) || textOf(error).includes("does not support SSL");

function textOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(textOf).join("; "); // One for each address of the host.
  return error instanceof Error ? error.message : String(error);
}
