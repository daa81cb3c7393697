import type { SourceDatabase } from "../ports/source-database.ts";
import type { DatabaseAddress } from "./connect.ts";
import { readDatabaseUrl } from "./database-url.ts";
import { PostgresReader } from "./reader.ts";
import { captureSchema } from "./schema/capture-schema.ts";
import { rowTypes } from "./schema/row-types.ts";
import { PostgresView } from "./view.ts";

/**
 * A PostgreSQL database (15 to 18) as a source. Nothing is connected before the first call.
 * @throws DATABASE_URL_INVALID
 */
export async function postgresSource(address: DatabaseAddress): Promise<SourceDatabase> {
  const { database } = typeof address === "string" ? await readDatabaseUrl(address) : address;
  return {
    database,
    openView: () => PostgresView.open({ address, captureSchema, rowTypes }),
    join: (token) => PostgresReader.join(address, token),
  };
}
