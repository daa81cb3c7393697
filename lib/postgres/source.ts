import type { SourceDatabase } from "../ports/source-database.ts";
import { readDatabaseUrl } from "./database-url.ts";
import { PostgresReader } from "./reader.ts";
import { captureSchema } from "./schema/capture-schema.ts";
import { rowTypes } from "./schema/row-types.ts";
import { PostgresView } from "./view.ts";

/**
 * A PostgreSQL database (15 to 18) as a source. Nothing is connected before the first call.
 * @param url  see readDatabaseUrl
 * @throws DATABASE_URL_INVALID
 */
export async function postgresSource(url: string): Promise<SourceDatabase> {
  const { database } = await readDatabaseUrl(url);
  return {
    database,
    openView: () => PostgresView.open({ url, captureSchema, rowTypes }),
    join: (token) => PostgresReader.join(url, token),
  };
}
