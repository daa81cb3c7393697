import { readFile } from "node:fs/promises";
import pg from "pg";
import type { CapturedSchema } from "../../../lib/model/schema.ts";
import { captureSchema } from "../../../lib/postgres/schema/capture-schema.ts";
import type { Query } from "../../../lib/postgres/schema/catalog.ts";

/** Loads an SQL file of test/zoo into a database. */
export async function load(url: string, name: string): Promise<void> {
  const sql = await readFile(new URL(`../../zoo/${name}.sql`, import.meta.url), "utf8");
  await withClient(url, (client) => client.query(sql));
}

/** Captures as a session of the source does: in a snapshot, with an empty search_path. */
export async function capture(url: string): Promise<CapturedSchema> {
  return withSnapshot(url, captureSchema);
}

export async function withSnapshot<T>(url: string, read: (query: Query) => Promise<T>): Promise<T> {
  return withClient(url, async (client) => {
    await client.query("SET search_path = ''; BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    return read(async (sql, params = []) => (await client.query<Record<string, unknown>>(sql, params)).rows);
  });
}

/** Runs the statements of a schema in their order; a failure names the statement. */
export async function restore(url: string, schema: CapturedSchema): Promise<void> {
  await withClient(url, async (client) => {
    await client.query("SET search_path = ''; SET check_function_bodies = off");
    for (const { sql, kind, name } of schema.statements) {
      try {
        await client.query(sql);
      } catch (error) {
        throw new Error(`${kind} ${name}: ${(error as Error).message}\n${sql}`, { cause: error });
      }
    }
  });
}

/** What two databases of the same schema have in common: everything but oids and where the sequences stand. */
export function comparable({ statements, sequences, uncovered }: CapturedSchema) {
  return {
    statements: statements.map(({ tableOid, ...statement }) => ({ ...statement, ofTable: tableOid !== 0 })),
    sequences: sequences.map(({ schema, name }) => ({ schema, name })),
    uncovered,
  };
}

async function withClient<T>(url: string, use: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return await use(client);
  } finally {
    await client.end();
  }
}
