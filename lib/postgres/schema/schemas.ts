import { type Catalog, integer, notOfExtension, text, textOrNone, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Schemas. `public` is in every new database, so it is made only where somebody dropped it. */
export const readSchemas = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT n.oid, n.nspname AS schema, format('%I', n.nspname) AS name FROM pg_namespace n
     WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_namespace", "n.oid")}`,
  );
  return rows.map((row) => ({
    kind: "schema",
    address: addressOf("pg_namespace", integer(row, "oid")),
    schema: text(row, "schema"),
    name: text(row, "name"),
    tableOid: 0,
    sql: `CREATE SCHEMA ${text(row, "schema") === "public" ? "IF NOT EXISTS " : ""}${text(row, "name")}`,
  }));
};

/**
 * Extensions, each in its schema but without VERSION: a server of another major, or after a minor update, often no
 * longer ships the script of the old version, and then CREATE EXTENSION ... VERSION fails and with it the restore.
 * A schema that belongs to the extension itself (its script makes it) is not named, or the script would clash with it.
 */
export const readExtensions = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const rows = await query(
    `SELECT x.oid, format('%I', x.extname) AS name,
       CASE WHEN n.nspname <> 'pg_catalog' AND ${notOfExtension("pg_namespace", "n.oid")}
         THEN format(' WITH SCHEMA %I', n.nspname) WHEN n.nspname = 'pg_catalog' THEN ' WITH SCHEMA pg_catalog' END AS placed
     FROM pg_extension x JOIN pg_namespace n ON n.oid = x.extnamespace WHERE x.extname <> 'plpgsql'`,
  );
  return rows.map((row) => ({
    kind: "extension",
    address: addressOf("pg_extension", integer(row, "oid")),
    schema: "",
    name: text(row, "name"),
    tableOid: 0,
    sql: `CREATE EXTENSION IF NOT EXISTS ${text(row, "name")}${textOrNone(row, "placed") ?? ""}`,
  }));
};
