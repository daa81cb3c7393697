import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import type pg from "pg";
import { Failure } from "../model/errors.ts";
import { connect, cutOff, type DatabaseAddress } from "./connect.ts";
import type { DatabasePlace } from "./database-url.ts";
import { ident } from "./keys-sql.ts";
import { connectFailure, sessionFailure } from "./server-failure.ts";

const VERSION_MIN = 150_000;
const VERSION_END = 190_000;
const VERSION_WITH_TRANSACTION_TIMEOUT = 170_000;

/** What would change the bytes of a value or the meaning of our SQL, and what would end a long copy. */
const SETTINGS: Readonly<Record<string, string>> = {
  application_name: "lastgood",
  client_encoding: "UTF8",
  TimeZone: "UTC",
  DateStyle: "ISO, MDY",
  IntervalStyle: "postgres",
  extra_float_digits: "3",
  bytea_output: "hex",
  xmlbinary: "base64",
  lc_monetary: "C",
  search_path: "",
  standard_conforming_strings: "on",
  quote_all_identifiers: "off",
  transform_null_equals: "off",
  array_nulls: "on",
  row_security: "off", // A role that row security filters gets an error instead of a short copy.
  synchronize_seqscans: "off", // Or a table without a key would start in its middle while another session scans it.
  jit: "off",
  work_mem: "64MB",
  // Rows in the order of a key that lies at random: the server shall sort them, not fetch each from a page of its own. Its
  // default of 4 takes the whole table for cached (5.4 s of its processor for 1.4 million rows, sorting 3.8 s), and the 1.1
  // that is advised for SSDs does so for a table larger than memory. Rows that lie in their key's order are not affected.
  random_page_cost: "8",
  max_parallel_workers_per_gather: "0", // Workers would mix the storage order of a table without a key.
  statement_timeout: "0",
  lock_timeout: "0",
  idle_in_transaction_session_timeout: "0",
  idle_session_timeout: "0",
};

export interface SessionOptions {
  /** Transactions are read only unless they say otherwise. */
  readonly readOnly: boolean;
}

/** The part of pg's connection that the COPY readers and writers use. */
export interface Wire {
  readonly stream: Duplex;
  query(sql: string): void;
  sendCopyFail(why: string): void;
}

/** A statement that speaks the protocol itself; pg calls these methods as the server's messages arrive. */
export interface WireStatement {
  submit(wire: Wire): void;
  handleError(error: Error): void;
  handleReadyForQuery(): void;
  handleCommandComplete(message: { readonly text: string }): void;
  handleCopyInResponse(wire: Wire): void;
}

/** One connection to PostgreSQL under pinned settings. One call at a time. */
export class Session implements AsyncDisposable {
  readonly place: DatabasePlace;
  /** `server_version_num`. */
  readonly serverVersion: number;
  readonly #client: pg.Client;
  #open = true;
  #role: string | undefined;

  private constructor(client: pg.Client, place: DatabasePlace, serverVersion: number) {
    this.#client = client;
    this.place = place;
    this.serverVersion = serverVersion;
  }

  /**
   * @throws what connect throws, and DATABASE_VERSION
   */
  static async open(address: DatabaseAddress, options: SessionOptions): Promise<Session> {
    const { client, place } = await connect(address);
    try {
      const version = await supportedVersion(client);
      await pin(client, version, options);
      return new Session(client, place, version);
    } catch (error) {
      cutOff(client);
      throw connectFailure(error, place);
    }
  }

  /**
   * Runs one statement; values as pg parses them (int8 and numeric are strings).
   * @param doing  for the message if it fails, for instance `reading the catalog`
   */
  async query<Row extends pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
    doing = "running a statement",
  ): Promise<Row[]> {
    try {
      return (await this.#client.query<Row>(sql, values.length === 0 ? undefined : [...values])).rows;
    } catch (error) {
      throw sessionFailure(error, doing);
    }
  }

  /** Lets what follows run by the rights of a role, or of who logged in, until it is told again. */
  async actAs(role: string | undefined, doing: string): Promise<void> {
    if (role === this.#role) return;
    await this.query(role === undefined ? "RESET ROLE" : `SET ROLE ${ident(role)}`, [], doing);
    this.#role = role;
  }

  /** Hands the connection to a statement that speaks the protocol itself. */
  submit(statement: WireStatement): void {
    this.#client.query(statement as unknown as pg.Submittable);
  }

  /** Cuts the connection at once; the server then ends what it was doing when it next writes. */
  destroy(): void {
    this.#open = false;
    cutOff(this.#client);
  }

  async close(): Promise<void> {
    if (!this.#open) return;
    this.#open = false;
    const ended = this.#client.end();
    // The farewell is on its way; a server that is gone would never answer it.
    (this.#client.connection as unknown as { stream: Socket }).stream.destroySoon();
    await ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}

async function supportedVersion(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ version: string }>("SELECT current_setting('server_version_num') AS version");
  const version = Number(rows[0]?.version);
  if (version >= VERSION_MIN && version < VERSION_END) return version;
  throw new Failure("DATABASE_VERSION", `the server is PostgreSQL ${Math.floor(version / 10_000)}, expected 15 to 18`);
}

// After the connection is made, not in its start-up packet: poolers refuse start-up settings they do not know.
async function pin(client: pg.Client, version: number, { readOnly }: SessionOptions): Promise<void> {
  const settings = {
    ...SETTINGS,
    default_transaction_read_only: readOnly ? "on" : "off",
    ...(version >= VERSION_WITH_TRANSACTION_TIMEOUT ? { transaction_timeout: "0" } : {}),
  };
  await client.query("SELECT set_config(name, value, false) FROM unnest($1::text[], $2::text[]) AS s (name, value)", [
    Object.keys(settings),
    Object.values(settings),
  ]);
}
