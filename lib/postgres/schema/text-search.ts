import { type Catalog, type CatalogRow, integer, json, notOfExtension, text, USER_SCHEMA } from "./catalog.ts";
import { addressOf, type SchemaObject } from "./schema-object.ts";

/** Text search dictionaries and configurations: generated columns and indexes name them. Parsers and templates need C code. */
export const readTextSearch = async ({ query }: Catalog): Promise<readonly SchemaObject[]> => {
  const dictionaries = await query(
    `SELECT d.oid, n.nspname AS schema, format('%I.%I', n.nspname, d.dictname) AS name,
       format('TEMPLATE = %I.%I', tn.nspname, m.tmplname) || coalesce(', ' || d.dictinitoption, '') AS options
     FROM pg_ts_dict d JOIN pg_namespace n ON n.oid = d.dictnamespace JOIN pg_ts_template m ON m.oid = d.dicttemplate
       JOIN pg_namespace tn ON tn.oid = m.tmplnamespace
     WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_ts_dict", "d.oid")}`,
  );
  const configurations = await query(
    `SELECT f.oid, n.nspname AS schema, format('%I.%I', n.nspname, f.cfgname) AS name,
       format('PARSER = %I.%I', pn.nspname, p.prsname) AS options,
       (SELECT json_agg(m.step ORDER BY m.token) FROM (
         SELECT tk.tokid AS token, format('ADD MAPPING FOR %I WITH %s', tk.alias,
           string_agg(format('%I.%I', dn.nspname, d.dictname), ', ' ORDER BY fm.mapseqno)) AS step
         FROM pg_ts_config_map fm JOIN ts_token_type(f.cfgparser) tk ON tk.tokid = fm.maptokentype
           JOIN pg_ts_dict d ON d.oid = fm.mapdict JOIN pg_namespace dn ON dn.oid = d.dictnamespace
         WHERE fm.mapcfg = f.oid GROUP BY tk.tokid, tk.alias) m) AS mappings
     FROM pg_ts_config f JOIN pg_namespace n ON n.oid = f.cfgnamespace JOIN pg_ts_parser p ON p.oid = f.cfgparser
       JOIN pg_namespace pn ON pn.oid = p.prsnamespace
     WHERE ${USER_SCHEMA} AND ${notOfExtension("pg_ts_config", "f.oid")}`,
  );
  return [
    ...dictionaries.map((row) => made("text search dictionary", "pg_ts_dict", row)),
    ...configurations.flatMap((row) => {
      const configuration = made("text search configuration", "pg_ts_config", row);
      return [
        configuration,
        ...json<string>(row, "mappings").map(
          (step): SchemaObject => ({
            kind: "text search mapping",
            needs: [addressOf("pg_ts_config", integer(row, "oid"))],
            schema: configuration.schema,
            name: configuration.name,
            tableOid: 0,
            sql: `ALTER TEXT SEARCH CONFIGURATION ${configuration.name} ${step}`,
          }),
        ),
      ];
    }),
  ];
};

const made = (
  kind: "text search dictionary" | "text search configuration",
  catalog: string,
  row: CatalogRow,
): SchemaObject => ({
  kind,
  address: addressOf(catalog, integer(row, "oid")),
  schema: text(row, "schema"),
  name: text(row, "name"),
  tableOid: 0,
  sql: `CREATE ${kind.toUpperCase()} ${text(row, "name")} (${text(row, "options")})`,
});
